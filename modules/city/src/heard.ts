/** What was heard of devices, kept over restarts: written now and then, because losing some minutes of it does no harm. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import type { Heard, Runtime } from './runtime.ts';
import { loadHeard, saveHeard } from './store.ts';

const SAVE_MS = 2 * 60_000;
const HEARD_MAX_BYTES = 256 * 1_048_576;
const pack = promisify(gzip);
const unpack = promisify(gunzip);

export interface HeardKeeper {
  recall(): Promise<void>;
  start(): void;
  /** Writes once more. */
  stop(): Promise<void>;
}

export function createHeardKeeper(parts: { sql: Sql; clock: Clock; log: Log; runtime: Runtime }): HeardKeeper {
  const { sql, clock, log, runtime } = parts;
  let timer: NodeJS.Timeout | null = null;
  let saving: Promise<void> = Promise.resolve();
  const save = async (): Promise<void> => {
    const body = await pack(JSON.stringify(runtime.heard()));
    await saveHeard(sql, { at: clock(), body });
  };
  const saveSoon = (): void => {
    saving = saving
      .then(save)
      .catch((error: unknown) => log.warn('last seen of devices not saved', { error: String(error) }));
  };
  return {
    async recall() {
      const row = await loadHeard(sql);
      if (!row) return;
      try {
        const text = await unpack(row.body, { maxOutputLength: HEARD_MAX_BYTES });
        runtime.recall(JSON.parse(text.toString('utf8')) as Heard);
      } catch (error) {
        log.warn('last seen of devices cannot be read; every device is unknown until it is heard', {
          error: String(error),
        });
      }
    },
    start() {
      timer ??= setInterval(saveSoon, SAVE_MS).unref();
    },
    async stop() {
      if (!timer) return;
      clearInterval(timer);
      timer = null;
      saveSoon();
      await saving;
    },
  };
}
