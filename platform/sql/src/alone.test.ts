/** Two city servers over one PostgreSQL database: the second is refused, for as long as the first lives. */
import { fileURLToPath } from 'node:url';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '@cityward/log';
import { HOLDER_NAME } from './alone.ts';
import { openSql } from './open.ts';
import { openTestSql, type TestSql } from './testing.ts';

const SERVER = process.env['TEST_DATABASE_URL'];
const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PATIENT_MS = 60_000;

describe.skipIf(SERVER === undefined)('a server on PostgreSQL (skipped without TEST_DATABASE_URL)', () => {
  let sql: TestSql;
  let databaseUrl: string;
  beforeAll(async () => {
    sql = await openTestSql();
    const { rows } = await raw<{ name: string }>`select current_database() as name`.execute(sql.for());
    const url = new URL(SERVER!);
    url.pathname = `/${rows[0]!.name}`;
    databaseUrl = url.href;
  });
  afterAll(() => sql.stop());
  const open = () => openSql({ folder: FOLDER, databaseUrl, log: silentLog });
  /** Its connections that hold the lock, or wait to. */
  const holders = async (): Promise<number[]> => {
    const { rows } = await raw<{ pid: number }>`select pid from pg_stat_activity join pg_locks using (pid)
      where application_name = ${HOLDER_NAME} and datname = current_database() and locktype = 'advisory' and granted`.execute(
      sql.for(),
    );
    return rows.map(({ pid }) => pid);
  };

  it(
    'has it for itself, takes it again when its line was lost, and leaves it when it stops',
    async () => {
      const first = await open();
      const [before] = await holders();
      await raw`select pg_terminate_backend(${before})`.execute(sql.for());
      let [now] = await holders();
      while (now === undefined || now === before) [now] = await holders();
      await expect(open()).rejects.toThrow(
        /^open the database "cityward_test_\w+": another city server has it; stop that server or name another database$/,
      );
      await first.stop();
      const next = await open();
      await next.stop();
    },
    PATIENT_MS,
  );
});
