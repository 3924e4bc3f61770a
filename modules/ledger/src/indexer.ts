/** Fills the SQL index behind the log, in batches, and gives way while the log is busy. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@cityward/log';
import type { StoredRecord } from './read-back.ts';
import type { IndexStore, Seen } from './store.ts';

const BATCH_ENTRIES = 1_000;
/** Above so many new entries during a batch the log is busy, and the index waits. */
const BUSY_ENTRIES = 500;
const BUSY_PAUSE_FACTOR = 4;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;

export interface IndexerNeeds {
  readonly store: IndexStore;
  readonly log: Log;
  /** Entries that a checkpoint covers, and its root. */
  published(): Seen;
  size(): number;
  read(indices: readonly number[]): Promise<StoredRecord[]>;
}

export interface Indexer {
  /** Entries that SQL knows. */
  readonly indexed: number;
  /** To be called when there is more. */
  poke(): void;
  stop(): Promise<void>;
}

/** @param indexed entries that SQL knows already */
export function createIndexer(needs: IndexerNeeds, indexed: number): Indexer {
  const stopping = new AbortController();
  let done = indexed;
  let running: Promise<void> | null = null;
  let failures = 0;
  const pause = (ms: number): Promise<unknown> =>
    delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  const step = async (): Promise<void> => {
    const [began, before] = [performance.now(), needs.size()];
    const seen = needs.published();
    const count = Math.min(BATCH_ENTRIES, seen.size - done);
    await needs.store.add(await needs.read(Array.from({ length: count }, (_, i) => done + i)), seen);
    done += count;
    failures = 0;
    if (needs.size() - before > BUSY_ENTRIES) await pause((performance.now() - began) * BUSY_PAUSE_FACTOR);
  };
  const run = async (): Promise<void> => {
    // So that `running` is set before this can end.
    await Promise.resolve();
    while (!stopping.signal.aborted && done < needs.published().size) {
      try {
        await step();
      } catch (error) {
        needs.log.warn('the index of the ledger could not be filled and is tried again', { error: String(error) });
        await pause(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures++));
      }
    }
    running = null;
  };
  return {
    get indexed() {
      return done;
    },
    poke: () => {
      if (!stopping.signal.aborted) running ??= run();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
