/** Facts about refused enrolments and reporters, few enough that nobody can fill the ledger by knocking. */
import { isId, MINUTE_MS, type Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';

const FACTS_PER_MINUTE_MAX = 60;
const KEYS_MAX = 2_000;

export interface RefusalNotes {
  /** Records that `claimed` was refused with `code`: the first at once, then at most one a minute with how many there were. */
  note(claimed: string, code: string, address: string): void;
}

interface RefusalParts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly type?: 'reporter.refused' | 'service.refused';
}

export function createRefusalNotes({ sql, clock, log, type = 'reporter.refused' }: RefusalParts): RefusalNotes {
  const keys = new Map<string, { at: number; more: number }>();
  let minute = 0;
  let written = 0;

  return {
    note: (claimed, code, address) => {
      const now = clock();
      const subject = isId(claimed) ? claimed : 'unknown'; // what a stranger types never enters a fact
      const key = `${subject} ${code}`;
      const last = keys.get(key);
      if (last && now - last.at < MINUTE_MS) {
        last.more++;
        return;
      }
      if (Math.floor(now / MINUTE_MS) !== minute) [minute, written] = [Math.floor(now / MINUTE_MS), 0];
      if (written >= FACTS_PER_MINUTE_MAX) return;
      written++;
      keys.delete(key);
      const oldest = keys.size >= KEYS_MAX ? keys.keys().next() : null;
      if (oldest && !oldest.done) keys.delete(oldest.value);
      keys.set(key, { at: now, more: 0 });
      const data = { code, address, moreBefore: last?.more ?? 0 };
      sql
        .transact((tx) => {
          tx.record({ module: 'identity', type, actor: subject, subject, at: now, data });
          return Promise.resolve();
        })
        .catch((fault: unknown) => log.warn('record refusal failed', { subject, fault: String(fault) }));
    },
  };
}
