/**
 * Several nodes of the real vault (decision, journal, open views, leases, agreement) over a simulated database, disk and clock: every
 * call takes as long as the run says, a node may freeze, be cut off or crash, and a crash takes from the disk what was not synced.
 * Looks for a piece or a lease that is sent after the taking back of its consent was confirmed. What is not in it: SQL itself, HTTP, signatures.
 */
import { seeded, type Random } from '@cityward/kernel';
import type { NodeStore, SeenNode, SharedChange } from '../node-store.ts';

/** Something under way for one node. */
interface Pending {
  readonly node: number;
  readonly run: () => void;
}
export interface Found {
  readonly steps: number;
  readonly served: number;
  /** Leases, on streams of pages. */
  readonly pushed: number;
  readonly confirmed: number;
  readonly crashes: number;
  readonly servedAfterRevoke: number;
}

export class World {
  readonly random: Random;
  now = 1_800_000_000_000;
  readonly pending: Pending[] = [];
  readonly frozen = new Set<number>();
  readonly cut = new Set<number>();
  readonly changes: SharedChange[] = [];
  readonly rows = new Map<string, SeenNode>();
  /** In SQL: who took it back, or that it stands. */
  readonly consents = new Map<string, 'standing' | 'taken-back'>();
  /** Whose taking back somebody was told of. */
  readonly confirmed = new Set<string>();
  served = 0;
  pushed = 0;
  servedAfterRevoke = 0;
  crashes = 0;

  constructor(seed: string) {
    this.random = seeded(seed);
  }

  /** Runs later, if the node is still the one it was. */
  later<T>(node: number, work: () => T, isAlive: () => boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        if (!isAlive()) return;
        try {
          resolve(work());
        } catch (fault) {
          reject(fault as Error);
        }
      };
      this.pending.push({ node, run });
    });
  }

  /** One of what is under way, in any order; a frozen node hears nothing. */
  deliver(): void {
    if (this.pending.length === 0) return;
    const at = this.random.int(this.pending.length);
    const one = this.pending[at]!;
    if (this.frozen.has(one.node)) return;
    this.pending[at] = this.pending.at(-1)!;
    this.pending.pop();
    one.run();
  }
  forget(node: number): void {
    const left = this.pending.filter((one) => one.node !== node);
    this.pending.splice(0, this.pending.length, ...left);
  }

  /** The database as one node reaches it: what it asks is done at one moment, and it hears of it at a later one. */
  storeFor(node: number, isAlive: () => boolean): NodeStore {
    const call = async <T>(work: () => T): Promise<T> => {
      // Under way already, it is done whatever becomes of the node; its answer is lost with it.
      const value = await this.later(
        node,
        () => {
          if (this.cut.has(node)) throw new Error('cut off');
          return work();
        },
        isAlive,
      );
      return this.later(
        node,
        () => {
          if (this.cut.has(node)) throw new Error('cut off before the answer');
          return value;
        },
        isAlive,
      );
    };
    return {
      announce: ({ node: by, bodies }) => call(() => this.tell(by, bodies)),
      renew: (row) => call(() => void this.rows.set(row.id, row)),
      nodes: () => call(() => [...this.rows.values()]),
      changesAfter: (sequence, limit) => call(() => this.changes.slice(Math.max(0, sequence), sequence + limit)),
      lastChange: () => call(() => this.changes.length),
      onTold: () => () => undefined,
      remove: ({ id, turn }) => call(() => void (this.rows.get(id)?.turn === turn && this.rows.delete(id))),
      prune: () => Promise.resolve(),
    };
  }
  tell(node: string, bodies: readonly string[]): number {
    for (const body of bodies) this.changes.push({ sequence: this.changes.length + 1, node, body });
    return this.changes.length;
  }
}
