/** Nodes over a real database that hear of each other by its word alone: no turn comes by itself here. */
import { sql as raw } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MS } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { MIGRATIONS } from '../opening.ts';
import { VaultNode } from './node.ts';
import { sqlNodeStore } from './node-store.ts';

const PATIENT_MS = 20_000;
const QUIET = { error: () => undefined, warn: () => undefined };

describe.skipIf(!process.env['TEST_DATABASE_URL'])('word of another node (skipped without TEST_DATABASE_URL)', () => {
  let sql: TestSql;
  const started: VaultNode[] = [];
  beforeAll(async () => {
    sql = await openTestSql();
    await sql.migrate(MIGRATIONS);
  });
  afterEach(async () => {
    for (const node of started.splice(0)) await node.stop();
    await sql.reset();
  });
  afterAll(() => sql.stop());

  async function start(id: string) {
    const applied: string[] = [];
    let [wake, calls] = [(): void => undefined, 0];
    const until = async (isSo: () => boolean): Promise<void> => {
      while (!isSo()) await new Promise<void>((resolve) => (wake = resolve));
    };
    const store = sqlNodeStore(sql);
    const node = new VaultNode({
      ...{ id, now: Date.now, monotonic: () => performance.now(), log: QUIET, turnMs: HOUR_MS },
      store: {
        ...store,
        onTold: (hear, own) =>
          store.onTold(() => {
            hear();
            calls++;
            wake();
          }, own),
      },
      apply: ({ body }) => {
        applied.push(body);
        wake();
        return Promise.resolve();
      },
    });
    started.push(node);
    await node.start();
    /** The line to the database is open, and what it missed was looked for. */
    const isListening = async (times = 1): Promise<void> => {
      await until(() => calls >= times);
      await node.turn();
    };
    await isListening();
    return { node, applied, until, isListening };
  }

  it(
    'is heard at once, and so confirmed without waiting for a lease to end',
    async () => {
      const [first, second] = [await start('1'.repeat(16)), await start('2'.repeat(16))];
      const told = first.node.tell(['taken back']);
      await second.until(() => second.applied.length > 0);
      await told;
      expect([first.applied, second.applied]).toEqual([[], ['taken back']]);
    },
    PATIENT_MS,
  );

  it(
    'is caught up with when the line was cut meanwhile',
    async () => {
      const [first, second] = [await start('1'.repeat(16)), await start('2'.repeat(16))];
      await raw`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'cityward-listener' and datname = current_database()`.execute(sql.for());
      const told = first.node.tell(['taken back']);
      await second.isListening(2);
      expect(second.applied).toEqual(['taken back']);
      await told;
    },
    PATIENT_MS,
  );
});
