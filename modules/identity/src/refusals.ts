/**
 * Facts about what was refused at any door: told at once, and a flood of the same as one fact a minute with how many there were, so
 * that nobody can fill the ledger by knocking and every refusal is counted in it.
 */
import type { FactType } from '@cityward/contracts';
import { isId, MINUTE_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';

/** Who, where and why: what is told apart in a minute; what is more is counted together. */
const KEYS_MAX = 100;
const OTHERS: Refused = { way: 'any', code: 'MANY_DIFFERENT' };
const UNKNOWN = 'unknown';
const WORD_MAX_CHARS = 60;

export interface Refused {
  /** The door: `EST`, `MQTT`, … */
  readonly way: string;
  readonly code: string;
  readonly address?: string;
}
export type RefusalListener = (claimed: string, refused: Refused) => void;
export interface RefusalNotes {
  /** What `claimed` sent was refused. */
  note(claimed: string, refused: Refused): void;
  /** Told of every single one. */
  onNoted(listener: RefusalListener): () => void;
  /** Tells what is counted, and ends. */
  stop(): Promise<void>;
}

interface RefusalParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly type?: Extract<FactType, 'reporter.refused' | 'service.refused'>;
  /** Calls back again and again until the answer is called; for tests. Default: an interval that keeps no process alive. */
  readonly every?: (ms: number, act: () => void) => () => void;
}

interface Kept {
  readonly subject: string;
  readonly refused: Refused;
  began: number;
  untold: number;
}

const byInterval = (ms: number, act: () => void): (() => void) => {
  const timer = setInterval(act, ms).unref();
  return () => clearInterval(timer);
};
const keyOf = (subject: string, { way, code }: Refused): string => `${subject} ${way} ${code}`;

export function createRefusalNotes(parts: RefusalParts): RefusalNotes {
  const { clock, every = byInterval } = parts;
  const kept = new Map<string, Kept>();
  const listeners = new Set<RefusalListener>();
  const writer = createWriter(parts);
  let cease: (() => void) | null = null;
  const sweep = (all: boolean): void => {
    const now = clock();
    for (const [key, one] of kept) {
      // A clock that was set back must not keep what is counted for ever.
      if (!all && now >= one.began && now - one.began < MINUTE_MS) continue;
      if (one.untold > 0) writer.write(one, now);
      // One that goes on is not told at once again, but at the end of each minute.
      if (one.untold > 0 && !all) [one.began, one.untold] = [now, 0];
      else kept.delete(key);
    }
    if (kept.size > 0) return;
    cease?.();
    cease = null;
  };
  return {
    note: (claimed, refused) => {
      const subject = isId(claimed) ? claimed : UNKNOWN; // what a stranger types never enters a fact
      for (const listener of listeners) listener(subject, refused);
      const isRoom = kept.has(keyOf(subject, refused)) || kept.size < KEYS_MAX;
      const what = isRoom ? { subject, refused } : { subject: UNKNOWN, refused: OTHERS };
      const key = keyOf(what.subject, what.refused);
      const known = kept.get(key);
      if (known) return void known.untold++;
      const one: Kept = { ...what, began: clock(), untold: isRoom ? 0 : 1 };
      kept.set(key, one);
      cease ??= every(MINUTE_MS, () => sweep(false));
      if (isRoom) writer.write({ ...one, untold: 1 }, one.began);
    },
    onNoted: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: async () => {
      sweep(true);
      await writer.idle();
    },
  };
}

/** One after the other, so that the ledger has them in the order in which they were refused. */
function createWriter({ sql, log, type = 'reporter.refused' }: RefusalParts) {
  let written: Promise<unknown> = Promise.resolve();
  return {
    write: ({ subject, refused, untold: times }: Kept, at: number): void => {
      const { way, code, address = '' } = refused;
      const data = { way, code: code.slice(0, WORD_MAX_CHARS), address: address.slice(0, WORD_MAX_CHARS), times };
      const record = () =>
        sql.transact((tx) => {
          tx.record({ module: 'identity', type, actor: subject, subject, at, data });
          return Promise.resolve();
        });
      written = written
        .then(record)
        .catch((fault: unknown) => log.warn('record refusal failed', { subject, times, fault: String(fault) }));
    },
    idle: async (): Promise<void> => void (await written),
  };
}
