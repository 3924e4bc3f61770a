/** Brings to SQL, in order and again until it succeeds, what is already in force and durable elsewhere. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';

const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 60_000;
const WORKS_PER_TRANSACTION = 200;

export interface Saver {
  /**
   * Resolves once SQL has it, or once SQL has failed it for the first time: it is tried again, and is in force either way.
   * @param onSaved called once SQL has it
   */
  save(work: (tx: Tx) => Promise<void>, onSaved?: () => void): Promise<void>;
  unsaved(): number;
  /** Waits for the transaction under way; what is left is found again at the next start. */
  stop(): Promise<void>;
}

interface Item {
  readonly work: (tx: Tx) => Promise<void>;
  readonly settle: () => void;
  readonly onSaved: (() => void) | undefined;
}

export function createSaver(sql: Sql, log: Log): Saver {
  let queue: Item[] = [];
  let running: Promise<void> | null = null;
  const stopping = new AbortController();

  const run = async (): Promise<void> => {
    let waitMs = RETRY_FIRST_MS;
    while (queue.length > 0 && !stopping.signal.aborted) {
      const batch = queue.slice(0, WORKS_PER_TRANSACTION);
      try {
        await sql.transact(async (tx) => {
          for (const item of batch) await item.work(tx);
        });
        queue = queue.slice(batch.length);
        for (const item of batch) {
          item.onSaved?.();
          item.settle();
        }
        waitMs = RETRY_FIRST_MS;
      } catch (fault) {
        log.error('save what is in force failed; it stays in force and is saved again', {
          fault: String(fault),
          waitMs,
        });
        for (const item of queue) item.settle();
        await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        waitMs = Math.min(RETRY_LAST_MS, waitMs * 2);
      }
    }
    running = null;
  };

  return {
    save: (work, onSaved) =>
      new Promise((settle) => {
        queue.push({ work, settle, onSaved });
        running ??= run();
      }),
    unsaved: () => queue.length,
    stop: async () => {
      stopping.abort();
      await running;
      for (const item of queue) item.settle();
    },
  };
}
