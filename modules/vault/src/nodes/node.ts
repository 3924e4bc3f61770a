/**
 * One of several processes that serve records over one database. It serves while it holds a lease, which it renews several times
 * within its length; what is taken back anywhere is confirmed once every node has it in force, or has been seen to stand still for
 * longer than a lease. Nobody's wall clock is asked: a node counts its lease from before it asked for it, others count from when they
 * first saw it.
 */
import { HOUR_MS, OperationalFault } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { NodeStore, SeenNode, SharedChange } from './node-store.ts';

export const NODE_LEASE_MS = 500;
/** A node stops so much before others may take it for ended: for clocks of different speed, and for a write under way. */
export const NODE_MARGIN_MS = 100;
export const TURN_MS = 100;
/** How often agreement is looked for while somebody waits for it. */
const LOOK_MS = 5;
/** Who waited so long is told that it is not confirmed. */
export const CONFIRM_MAX_MS = 10_000;
const CHANGES_PER_READ = 500;
/** A node that was away for longer starts anew. */
const KEPT_MS = 24 * HOUR_MS;
const HOUSEKEEPING_TURNS = 600;
/** A node that stood still for so long has its row removed; one that comes back makes it anew. */
const GONE_MS = 60_000;
/** Told by this process, and not in SQL yet. */
const OUTGOING_MAX = 10_000;

export interface NodeParts {
  readonly id: string;
  readonly store: NodeStore;
  readonly now: () => number;
  readonly monotonic: () => number;
  /** Makes a change of another node be in force here; it may come again after a restart. */
  readonly apply: (change: SharedChange) => Promise<void>;
  readonly log: Pick<Log, 'error' | 'warn'>;
  readonly wait?: (ms: number) => Promise<void>;
  /** Test seam: `TURN_MS` without it. */
  readonly turnMs?: number;
}
interface Outgoing {
  readonly bodies: readonly string[];
  readonly resolve: (sequence: number) => void;
}
interface Sighting {
  readonly turn: number;
  readonly since: number;
}

export class VaultNode {
  readonly #parts: NodeParts;
  /** Own numbers, never those of a row: a row that was removed and made again is another one. */
  #turn = 0;
  #applied = 0;
  /** By the clock that only grows, and by the other: while a whole machine sleeps, the first may stand still. */
  #servesUntil = { monotonic: -Infinity, wall: -Infinity };
  #isLost = false;
  #isStopped = false;
  #hasBegun = false;
  #outgoing: Outgoing[] = [];
  readonly #seen = new Map<string, Sighting>();
  #turning: Promise<void> | null = null;
  #isWanted = false;
  #timer: NodeJS.Timeout | undefined;
  #deafen = (): void => undefined;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /** Asked right before anything is sent. */
  mayServe(): boolean {
    const { monotonic, wall } = this.#servesUntil;
    return !this.#isStopped && this.#parts.monotonic() < monotonic && this.#parts.now() < wall;
  }

  /** Everything that others told is in force here when it resolves. */
  async start(): Promise<void> {
    await this.#once();
    // Turns come by themselves too: to keep the lease, and for what was told while nobody was heard.
    this.#timer = setInterval(() => void this.turn(), this.#parts.turnMs ?? TURN_MS).unref();
    this.#deafen = this.#parts.store.onTold(() => void this.turn(), this.#parts.id);
  }
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#deafen();
    await this.#turning;
    await this.#parts.store.remove({ id: this.#parts.id, turn: this.#turn }).catch(() => undefined);
  }

  /** Renews the lease, one turn after the other; one that is asked for meanwhile comes right after. */
  turn(): Promise<void> {
    this.#isWanted = true;
    this.#turning ??= this.#turns().finally(() => (this.#turning = null));
    return this.#turning;
  }
  async #turns(): Promise<void> {
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      try {
        await this.#once();
      } catch (fault) {
        this.#parts.log.warn('a turn of this node failed; it serves until its lease ends', { fault: String(fault) });
      }
    }
  }

  async #once(): Promise<void> {
    const { id, store, monotonic, now } = this.#parts;
    if (this.#isLost) return;
    await this.#flush();
    const began = { monotonic: monotonic(), wall: now() };
    const told = this.#applied;
    await store.renew({ id, turn: ++this.#turn, applied: told });
    // Read after the lease was renewed: who saw it ended has told before, and is heard now.
    await this.#catchUp();
    if (this.#isLost) return;
    const servesMs = NODE_LEASE_MS - NODE_MARGIN_MS;
    this.#servesUntil = { monotonic: began.monotonic + servesMs, wall: began.wall + servesMs };
    // Somebody may wait to hear that it is in force here.
    if (this.#applied > told) this.#isWanted = true;
    this.#see(await store.nodes());
    if (this.#turn % HOUSEKEEPING_TURNS === 0) await this.#clean();
  }
  async #clean(): Promise<void> {
    const { store, now, monotonic } = this.#parts;
    await store.prune(now() - KEPT_MS);
    for (const [id, { turn, since }] of this.#seen)
      if (id !== this.#parts.id && monotonic() - since > GONE_MS) await store.remove({ id, turn });
  }

  async #flush(): Promise<void> {
    const { id, store, now } = this.#parts;
    // A copy: more may be told while these are under way.
    const sent = [...this.#outgoing];
    if (sent.length === 0) return;
    const last = await store.announce({ node: id, at: now(), bodies: sent.flatMap(({ bodies }) => bodies) });
    this.#outgoing = this.#outgoing.slice(sent.length);
    for (const { resolve } of sent) resolve(last);
  }

  async #catchUp(): Promise<void> {
    const { id, store, apply, log } = this.#parts;
    for (;;) {
      // The last that is known comes again: where it does not, changes were pruned meanwhile, or the database was put back.
      const found = await store.changesAfter(this.#hasBegun ? this.#applied - 1 : this.#applied, CHANGES_PER_READ);
      const known = this.#hasBegun && this.#applied > 0 ? 1 : 0;
      const changes = found.slice(known);
      if (known > 0 && found[0]?.sequence !== this.#applied) {
        this.#isLost = true;
        this.#servesUntil = { monotonic: -Infinity, wall: -Infinity };
        log.error(
          'this node was away for too long, or the database was put back: it serves nothing until started again',
        );
        return;
      }
      for (const change of changes) {
        if (change.node !== id) await apply(change);
        this.#applied = change.sequence;
      }
      if (found.length < CHANGES_PER_READ) break;
    }
    this.#hasBegun = true;
  }

  /** Told to all, and in force with all when it resolves. Rejects where that is not known in time: it is told as soon as it can be. */
  async tell(bodies: readonly string[]): Promise<void> {
    if (this.#outgoing.length >= OUTGOING_MAX)
      throw new OperationalFault(`tell the other nodes: ${OUTGOING_MAX} changes wait already; restore the database`);
    const told = new Promise<number>((resolve) => this.#outgoing.push({ bodies, resolve }));
    void this.turn();
    await this.#inTime(told.then((sequence) => this.#agreed(sequence)));
  }

  /** Resolves once all that anybody has told so far is in force with all. */
  async settled(): Promise<void> {
    await this.#inTime(this.#parts.store.lastChange().then((sequence) => this.#agreed(sequence)));
  }

  async #agreed(sequence: number): Promise<void> {
    const { store } = this.#parts;
    while (!this.#isStopped) {
      const nodes = await store.nodes();
      this.#see(nodes);
      const isHere = this.#applied >= sequence;
      if (isHere && nodes.every((node) => node.applied >= sequence || this.#isOver(node))) return;
      await this.#wait(LOOK_MS);
    }
    throw new OperationalFault('confirm a change: this node is stopping');
  }

  #see(nodes: readonly SeenNode[]): void {
    const now = this.#parts.monotonic();
    const ids = new Set(nodes.map(({ id }) => id));
    for (const id of [...this.#seen.keys()]) if (!ids.has(id)) this.#seen.delete(id);
    for (const { id, turn } of nodes) if (this.#seen.get(id)?.turn !== turn) this.#seen.set(id, { turn, since: now });
  }
  /** Seen to stand still for longer than a lease, or this very node, which knows by itself what it has in force. */
  #isOver({ id, turn }: SeenNode): boolean {
    if (id === this.#parts.id) return true;
    const sighting = this.#seen.get(id);
    return sighting?.turn === turn && this.#parts.monotonic() - sighting.since >= NODE_LEASE_MS;
  }

  #wait(ms: number): Promise<void> {
    return this.#parts.wait?.(ms) ?? new Promise((resolve) => setTimeout(resolve, ms));
  }
  async #inTime(work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(notConfirmed()), CONFIRM_MAX_MS).unref();
    });
    await Promise.race([work, late]).finally(() => clearTimeout(timer));
  }
}

/** On disk and in force here; whether it is so everywhere is not known yet. */
export class NotConfirmed extends OperationalFault {}
const notConfirmed = (): Error =>
  new NotConfirmed(
    `confirm a change: not every node of the vault has answered within ${CONFIRM_MAX_MS} ms; it is in force here and is told on, ask again`,
  );
