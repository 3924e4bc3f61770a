/** Group commit: facts that arrive while one group is being synced share the next fdatasync. */
import { OperationalFault } from '@cityward/kernel';
import { prepareGroup, type PreparedFact, type PreparedGroup } from './group.ts';
import { GROUP_FACTS_MAX } from './wal-frame.ts';

/** Facts that wait for their turn; above it callers are told to come back (backpressure). */
export const PENDING_FACTS_MAX = 100_000;

export interface Ticket {
  /** Called with the index of the last of the caller's facts; -1 where all were on their way already. */
  readonly resolve: (last: number) => void;
  readonly reject: (error: unknown) => void;
}

interface Item {
  readonly fact: PreparedFact;
  tickets: Ticket[] | null;
}

interface Batch {
  readonly group: PreparedGroup;
  readonly items: readonly Item[];
  /** Callers whose facts others have sent: they wait for the newest batch under way. */
  readonly followers: Ticket[];
}

/** Makes a group durable and answers the index of its first entry; throws when it is not durable. */
export type CommitGroup = (group: PreparedGroup) => Promise<number>;

export class Committer {
  readonly #commit: CommitGroup;
  readonly #pending = new Set<string>();
  #queue: Item[] = [];
  #newest: Batch | null = null;
  #running: Promise<void> | null = null;

  constructor(commit: CommitGroup) {
    this.#commit = commit;
  }

  /** True while a fact with this id is on its way to the disk. */
  isPending = (id: string): boolean => this.#pending.has(id);

  /** Queues the facts that are not on their way already; the ticket is answered when all of them are durable. */
  enqueue(facts: readonly PreparedFact[], ticket: Ticket): void {
    if (this.#pending.size + facts.length > PENDING_FACTS_MAX)
      return ticket.reject(
        new OperationalFault(`append to the ledger: ${this.#pending.size} facts wait already; try again`),
      );
    for (const fact of facts) {
      if (this.#pending.has(fact.id)) continue;
      this.#pending.add(fact.id);
      this.#queue.push({ fact, tickets: null });
    }
    const last = this.#queue.at(-1);
    if (last) (last.tickets ??= []).push(ticket);
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
    const group = prepareGroup(this.#queue.slice(0, GROUP_FACTS_MAX).map((item) => item.fact));
    const items = this.#queue.slice(0, group.count);
    this.#queue = this.#queue.slice(group.count);
    this.#newest = { group, items, followers: [] };
    return this.#newest;
  }

  /** True when the group is durable. On failure everybody who waits is told, so that order and answers stay true. */
  async #write(batch: Batch): Promise<boolean> {
    try {
      const first = await this.#commit(batch.group);
      this.#settle(batch);
      batch.items.forEach(({ tickets }, at) => tickets?.forEach((ticket) => ticket.resolve(first + at)));
      for (const ticket of batch.followers) ticket.resolve(-1);
      return true;
    } catch (error) {
      this.#fail(batch, error);
      const rest = this.#queue;
      this.#queue = [];
      for (const { fact, tickets } of rest) {
        this.#pending.delete(fact.id);
        tickets?.forEach((ticket) => ticket.reject(error));
      }
      return false;
    }
  }

  #fail(batch: Batch, error: unknown): void {
    this.#settle(batch);
    for (const { tickets } of batch.items) tickets?.forEach((ticket) => ticket.reject(error));
    for (const ticket of batch.followers) ticket.reject(error);
  }

  #settle(batch: Batch): void {
    for (const { fact } of batch.items) this.#pending.delete(fact.id);
    if (this.#newest === batch) this.#newest = null;
  }
}
