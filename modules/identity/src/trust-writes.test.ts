/** How often trust writes: many rows a statement at first, and nothing at all while the same is said again. */
import { sql as kyselySql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { SignalDraft } from './domain/trust.ts';
import { removeFolder, testClock, testFolder, testIdentity } from './testing.ts';
import { TrustService } from './trust.ts';
import type { TrustTables } from './trust-store.ts';

const DEVICES = 12_000;
const ROWS_PER_TRANSACTION = 5_000;
/** Two signals and a level of each device. */
const TRANSACTIONS_MAX = Math.ceil((2 * DEVICES) / ROWS_PER_TRANSACTION) + 1;

describe('what is said of a whole city', () => {
  let sql: TestSql;
  let transactions = 0;
  const folder = testFolder();
  const clock = testClock();
  beforeAll(async () => {
    sql = await openTestSql();
    // The module's tables.
    const identity = testIdentity(sql, { folder, clock });
    await identity.start();
    await identity.stop();
  });
  afterAll(async () => {
    await sql.stop();
    removeFolder(folder);
  });

  const counting = (): Sql =>
    new Proxy<Sql>(sql, {
      get: (target, name) => {
        const own = Reflect.get(target, name) as unknown;
        if (typeof own !== 'function') return own;
        return (...given: unknown[]) => {
          if (name === 'transact') transactions++;
          return (own as (...all: unknown[]) => unknown).apply(target, given);
        };
      },
    });
  const open = (): Promise<TrustService> => TrustService.open({ sql: counting(), clock, log: silentLog });
  /** As after a start: each device runs what was signed for it, behaves, and nobody has more to say of its health. */
  const sayAll = async (trust: TrustService): Promise<void> => {
    const drafts = (id: string): SignalDraft[] => {
      const about = { subject: { kind: 'device', id }, expires: clock() + 14 * DAY_MS } as const;
      const nothing = { ...about, value: null, reason: '', expires: clock() } as const;
      return [
        { ...about, kind: 'firmware', source: 'fleet', value: 100, reason: 'it runs what was signed' },
        { ...nothing, kind: 'firmware', source: 'health' },
        { ...about, kind: 'behaviour', source: 'watch', value: 100, reason: 'nothing unusual' },
      ];
    };
    const saved: Promise<void>[] = [];
    for (let device = 0; device < DEVICES; device++)
      for (const draft of drafts(`lamp-${String(device).padStart(5, '0')}`)) {
        const put = trust.put(draft);
        if (!put.ok) throw new Error(put.error.message);
        saved.push(put.value);
      }
    await Promise.all(saved);
  };
  /** A row that is written anew lies somewhere else afterwards. */
  const places = async (): Promise<ReadonlySet<string>> => {
    const rows = await sql
      .for<TrustTables>()
      .selectFrom('identity.signal')
      .select(kyselySql<string>`ctid::text`.as('place'))
      .execute();
    return new Set(rows.map(({ place }) => place));
  };

  it('is written in bulk, and not one row of it again after a restart, nor an hour later', async () => {
    const first = await open();
    await sayAll(first);
    expect(transactions).toBeLessThanOrEqual(TRANSACTIONS_MAX);
    const before = await places();
    expect(before.size).toBe(2 * DEVICES);
    await first.stop();
    transactions = 0;
    const second = await open();
    await sayAll(second);
    clock.add(HOUR_MS);
    await sayAll(second);
    await second.stop();
    expect(await places()).toEqual(before);
    // The one that each stop makes, with nothing in it.
    expect(transactions).toBeLessThanOrEqual(1);
  }, 120_000);
});
