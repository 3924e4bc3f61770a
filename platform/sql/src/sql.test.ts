/** One suite for both engines: set TEST_DATABASE_URL to run it on PostgreSQL. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fact, NewFact } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { createDispatcher } from './dispatcher.ts';
import { openTestSql, type TestSql } from './testing.ts';

interface Tables {
  'thing.box': {
    id: number;
    note: string | null;
    big: number | bigint;
    bytes: Uint8Array | null;
    at: Date | null;
    body: unknown;
  };
}
const MIGRATION = `create table thing.box (id int primary key, note text, big bigint not null default 0, bytes bytea, at timestamptz, body jsonb, constraint note_short check (length(note) < 10)); create index on thing.box (note);`;

function migrationsWith(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-migrations-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { module: 'thing', folder: pathToFileURL(`${folder}/`) };
}
const fact = (subject: string): NewFact => ({
  module: 'server',
  type: 'server.started',
  actor: 'system',
  subject,
  at: 1,
  data: { n: 1 },
});

let sql: TestSql;
beforeAll(async () => {
  sql = await openTestSql();
  await sql.migrate(migrationsWith({ '0001-box.sql': MIGRATION }));
});
afterAll(() => sql.stop());
beforeEach(() => sql.reset());
const boxes = () => sql.for<Tables>().selectFrom('thing.box').selectAll().orderBy('id').execute();

describe('types', () => {
  it('come back the same from both engines', async () => {
    const at = new Date('2026-11-22T03:00:00Z');
    const row = {
      id: 1,
      note: 'é',
      big: 9_007_199_254_740_991,
      bytes: new Uint8Array([0, 255]),
      at,
      body: JSON.stringify({ a: [1, null] }),
    };
    await sql.for<Tables>().insertInto('thing.box').values(row).execute();
    const [got] = await boxes();
    expect({ ...got, bytes: [...got!.bytes!] }).toEqual({ ...row, bytes: [0, 255], body: { a: [1, null] } });
  });
  it('bring back bytes as they were, whatever lies beside them in memory', async () => {
    const all = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 251));
    for (const bytes of [all, all.subarray(3, 260), new Uint8Array(0)]) {
      await sql
        .for<Tables>()
        .insertInto('thing.box')
        .values({ id: 1, bytes, note: null, at: null, body: null, big: 0 })
        .execute();
      const [got] = await boxes();
      expect(Buffer.from(got!.bytes!).equals(bytes)).toBe(true);
      expect(got!.bytes!.buffer.byteLength).toBeLessThan(2 * all.length + 1);
      await sql.reset();
    }
  });
  it('keep digits of large integers', async () => {
    const { rows } = await raw<{ big: bigint }>`select 9007199254740993::bigint as big`.execute(sql.for());
    expect(rows[0]!.big).toBe(9007199254740993n);
  });
  it('name the constraint that refused', async () => {
    const insert = sql
      .for<Tables>()
      .insertInto('thing.box')
      .values({ id: 1, note: 'far too long', big: 0, bytes: null, at: null, body: null });
    await expect(insert.execute()).rejects.toMatchObject({ code: '23514', constraint: 'note_short' });
  });
});

describe('transactions', () => {
  const box = (id: number) => ({ id, note: null, big: 0, bytes: null, at: null, body: null });
  it('roll back state and facts together', async () => {
    const failing = sql.transact(async (tx) => {
      await tx.for<Tables>().insertInto('thing.box').values(box(1)).execute();
      tx.record(fact('a'));
      throw new Error('stop here');
    });
    await expect(failing).rejects.toThrow('stop here');
    expect(await boxes()).toEqual([]);
    expect((await raw`select * from platform.outbox`.execute(sql.for())).rows).toEqual([]);
  });
  it('refuse the outer handle and a second transaction inside instead of waiting for ever', async () => {
    await expect(sql.transact(() => boxes())).rejects.toThrow('use its tx instead');
    await expect(sql.transact(() => sql.transact(() => Promise.resolve(1)))).rejects.toThrow('pass its tx down');
  });
  it('run fifty at once without mixing', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, id) =>
        sql.transact((tx) => tx.for<Tables>().insertInto('thing.box').values(box(id)).execute()),
      ),
    );
    expect(await boxes()).toHaveLength(50);
  });
});

describe('migrations', () => {
  it('are applied once and refuse a later change', async () => {
    await sql.migrate(migrationsWith({ '0001-box.sql': MIGRATION }));
    await expect(sql.migrate(migrationsWith({ '0001-box.sql': `${MIGRATION} ` }))).rejects.toThrow(
      '"0001-box.sql" was changed after it was applied',
    );
  });
  it('leave nothing behind when one fails', async () => {
    const broken = migrationsWith({
      '0001-box.sql': MIGRATION,
      '0002-broken.sql': 'create table thing.half (id int); select nonsense;',
    });
    await expect(sql.migrate(broken)).rejects.toThrow('"0002-broken.sql" failed');
    await expect(raw`select * from thing.half`.execute(sql.for())).rejects.toMatchObject({ code: '42P01' });
  });
});

describe('dispatcher', () => {
  it('hands facts on in order, and again from the right place after a failure and a restart', async () => {
    const seen: string[] = [];
    let failures = 2;
    const flaky = {
      name: 'flaky',
      handle: (facts: readonly Fact[]) => {
        if (failures-- > 0) return Promise.reject(new Error('not now'));
        seen.push(...facts.map((one) => one.subject));
        return Promise.resolve();
      },
    };
    const steady: string[] = [];
    const other = {
      name: 'steady',
      handle: (facts: readonly Fact[]) => Promise.resolve(void steady.push(...facts.map((one) => one.subject))),
    };
    const first = createDispatcher({ sql, handlers: [flaky, other], log: silentLog });
    await first.start();
    for (const subject of ['a', 'b', 'c']) await sql.transact((tx) => Promise.resolve(tx.record(fact(subject))));
    await first.drained();
    await first.stop();
    await sql.transact((tx) => Promise.resolve(tx.record(fact('d'))));
    const second = createDispatcher({ sql, handlers: [flaky, other], log: silentLog });
    await second.start();
    await second.drained();
    expect(await second.behind()).toEqual({ flaky: 0, steady: 0 });
    await second.stop();
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(steady).toEqual(['a', 'b', 'c', 'd']);
  });
});
