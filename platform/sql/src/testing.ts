/** A fresh database for a test file: PGlite by default, PostgreSQL where TEST_DATABASE_URL names a server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { silentLog } from '@cityward/log';
import { openPglite, openPostgres } from './open.ts';
import type { SqlWithCommits } from './sql.ts';

export interface TestSql extends SqlWithCommits {
  /** Empties every table of every module; migrations stay. */
  reset(): Promise<void>;
}

const LIST_TABLES = `select string_agg(format('%I.%I', schemaname, tablename), ', ') as list from pg_tables
  where schemaname not in ('pg_catalog', 'information_schema') and tablename <> 'migration'`;

/** Beside the installed packages, so that `npm ci` also forgets it. */
const templateCache = (): string => fileURLToPath(new URL('../../../node_modules/.cache/cityward', import.meta.url));

/** Opens an empty database that vanishes with `stop()`. */
export async function openTestSql(): Promise<TestSql> {
  const server = process.env['TEST_DATABASE_URL'];
  return server ? openOnServer(server) : openEmbedded();
}

async function openEmbedded(): Promise<TestSql> {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-sql-'));
  const sql = await openPglite({ folder, cache: templateCache(), log: silentLog });
  return withReset(sql, () => {
    rmSync(folder, { recursive: true, force: true });
    return Promise.resolve();
  });
}

async function openOnServer(server: string): Promise<TestSql> {
  const name = `cityward_test_${randomBytes(6).toString('hex')}`;
  const administer = async (text: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(text);
    await client.end();
  };
  await administer(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const sql = await openPostgres(url.href, silentLog);
  return withReset(sql, () => administer(`drop database ${name} with (force)`));
}

function withReset(sql: SqlWithCommits, remove: () => Promise<void>): TestSql {
  return {
    ...sql,
    reset: () =>
      sql.transact(async (tx) => {
        const { sql: raw } = await import('kysely');
        const { rows } = await raw.raw<{ list: string | null }>(LIST_TABLES).execute(tx.for());
        if (rows[0]?.list) await raw.raw(`truncate ${rows[0].list} restart identity cascade`).execute(tx.for());
      }),
    stop: async () => {
      await sql.stop();
      await remove();
    },
  };
}
