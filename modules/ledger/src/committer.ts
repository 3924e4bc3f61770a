/** Group commit: facts that arrive while one group is being synced share the next fdatasync. */
import { OperationalFault } from '@cityward/kernel';
import { prepareGroup, type PreparedFact, type PreparedGroup, type Ticket } from './group.ts';
import { GROUP_FACTS_MAX } from './wal-frame.ts';

/** Facts that wait for their turn; above it callers are told to come back (backpressure). */
export const PENDING_FACTS_MAX = 100_000;

interface Batch {
  readonly group: PreparedGroup;
  readonly facts: readonly PreparedFact[];
  /** Callers whose facts others have sent: they wait for the newest batch under way. */
  readonly followers: Ticket[];
}

/** Makes a group durable and answers the index of its first entry; throws when it is not durable. */
export type CommitGroup = (group: PreparedGroup) => Promise<number>;

export class Committer {
  readonly #commit: CommitGroup;
  readonly #pending = new Set<string>();
  #queue: PreparedFact[] = [];
  #newest: Batch | null = null;
  #running: Promise<void> | null = null;

  constructor(commit: CommitGroup) {
    this.#commit = commit;
  }

  /** True while a fact with this id is on its way to the disk. */
  isPending = (id: string): boolean => this.#pending.has(id);

  /**
   * Queues the facts that are not on their way already; the ticket is answered when all of them are durable, with the index of the
   * last of them, or with -1 where there is nothing to wait for.
   */
  enqueue(facts: readonly PreparedFact[], ticket: Ticket): void {
    if (this.#pending.size + facts.length > PENDING_FACTS_MAX)
      return ticket.reject(
        new OperationalFault(`append to the ledger: ${this.#pending.size} facts wait already; try again`),
      );
    for (const fact of facts) {
      if (this.#pending.has(fact.id)) continue;
      this.#pending.add(fact.id);
      this.#queue.push(fact);
    }
    const last = this.#queue.at(-1);
    if (last) last.tickets = last.tickets.length === 0 ? [ticket] : [...last.tickets, ticket];
    else if (this.#newest) this.#newest.followers.push(ticket);
    else ticket.resolve(-1);
    if (last) this.#running ??= this.#run();
  }

  /** Resolves when nothing is waiting or being written. */
  async drained(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // Those who append in the same turn share the first group.
    await new Promise((resolve) => setImmediate(resolve));
    let writing: Promise<boolean> | null = null;
    for (;;) {
      if (writing && this.#queue.length < GROUP_FACTS_MAX) {
        await writing;
        writing = null;
      }
      if (this.#queue.length === 0) break;
      // This group is prepared while the disk still works on the one before.
      const batch = this.#take();
      const isSound: boolean = writing ? await writing : true;
      if (isSound) writing = this.#write(batch);
      else this.#fail(batch, new OperationalFault('append to the ledger: the write before this one failed'));
    }
    this.#running = null;
  }

  #take(): Batch {
    const group = prepareGroup(this.#queue);
    const facts = this.#queue.slice(0, group.count);
    this.#queue = this.#queue.slice(group.count);
    this.#newest = { group, facts, followers: [] };
    return this.#newest;
  }

  /** True when the group is durable. On failure everybody who waits is told, so that order and answers stay true. */
  async #write(batch: Batch): Promise<boolean> {
    try {
      const first = await this.#commit(batch.group);
      this.#settle(batch);
      let index = first;
      for (const { tickets } of batch.facts) {
        for (const ticket of tickets) ticket.resolve(index);
        index++;
      }
      for (const ticket of batch.followers) ticket.resolve(-1);
      return true;
    } catch (error) {
      this.#fail(batch, error);
      const rest = this.#queue;
      this.#queue = [];
      this.#reject(rest, error);
      return false;
    }
  }

  #fail(batch: Batch, error: unknown): void {
    this.#settle(batch);
    this.#reject(batch.facts, error);
    for (const ticket of batch.followers) ticket.reject(error);
  }

  #reject(facts: readonly PreparedFact[], error: unknown): void {
    for (const { id, tickets } of facts) {
      this.#pending.delete(id);
      for (const ticket of tickets) ticket.reject(error);
    }
  }

  #settle(batch: Batch): void {
    for (const { id } of batch.facts) this.#pending.delete(id);
    if (this.#newest === batch) this.#newest = null;
  }
}
