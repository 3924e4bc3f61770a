/** Opens the engine that the configuration names. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Log } from '@cityward/log';
import { holdAlone } from './alone.ts';
import { lockFolder } from './lock.ts';
import { openPgliteClient } from './pglite-client.ts';
import { NoteLine } from './notes.ts';
import { createSql, type Engine, type SqlWithCommits } from './sql.ts';
import { createCluster } from './template.ts';

const POSTGRES_CONNECTIONS_MAX = 10;
const POSTGRES_CONNECT_MAX_MS = 10_000;
/** PGlite runs no autovacuum, so we do. */
const VACUUM_EVERY_MS = 10 * 60_000;
const INT8 = 20;

export interface SqlOptions {
  /** Holds the embedded database; unused with `databaseUrl`. */
  readonly folder: string;
  /** Where the empty template cluster is cached; default `<folder>/../.cache`. */
  readonly cache?: string;
  readonly databaseUrl?: string | undefined;
  readonly log: Log;
}

/** For a city server, which has the database for itself. */
export const openSql = (options: SqlOptions): Promise<SqlWithCommits> =>
  options.databaseUrl ? openAlone(options.databaseUrl, options.log) : openPglite(options);

async function openAlone(url: string, log: Log): Promise<SqlWithCommits> {
  const alone = await holdAlone(url, log);
  try {
    const sql = await openPostgres(url, log);
    return {
      ...sql,
      stop: async () => {
        await sql.stop();
        alone.release();
      },
    };
  } catch (fault) {
    alone.release();
    throw fault;
  }
}

/** Opens or makes the embedded database; refuses a folder that another process has open. */
export async function openPglite({ folder, cache, log }: Omit<SqlOptions, 'databaseUrl'>): Promise<SqlWithCommits> {
  await mkdir(folder, { recursive: true });
  const lock = lockFolder(folder, 'the database');
  try {
    const cluster = join(folder, 'cluster');
    if (!existsSync(cluster)) await createCluster(cache ?? join(folder, '..', '.cache'), cluster);
    const client = await openPgliteClient(cluster);
    const kysely = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite: client }) });
    // Through kysely's only connection, so that no other statement falls into the middle.
    const execute = (text: string): Promise<void> => kysely.connection().execute(() => client.execute(text));
    const timer = setInterval(() => {
      execute('vacuum analyze').catch((error: unknown) => log.warn('vacuum failed', { error: String(error) }));
    }, VACUUM_EVERY_MS);
    timer.unref();
    const stop = async (): Promise<void> => {
      clearInterval(timer);
      await kysely.destroy();
      await client.close();
      lock.release();
    };
    const promise =
      'Embedded PGlite: a killed process loses nothing; a power cut may lose the newest rows, which the stream, the journal and the ledger still hold';
    return await createSql({ name: 'pglite', promise, kysely, execute, notes: null, stop });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Opens PostgreSQL 15 or later, beside whoever else has it open. */
export async function openPostgres(url: string, log: Log): Promise<SqlWithCommits> {
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === INT8 ? parseInt8 : pg.types.getTypeParser(oid, format),
  };
  const pool = new pg.Pool({
    connectionString: url,
    max: POSTGRES_CONNECTIONS_MAX,
    connectionTimeoutMillis: POSTGRES_CONNECT_MAX_MS,
    types: types as unknown as pg.CustomTypesConfig,
  });
  const lost = (error: Error): void => log.warn('a database connection was lost', { error: error.message });
  pool.on('error', lost);
  // One that is in use when it is lost tells nobody but its own listeners, and without any it ends the process.
  pool.on('connect', (client) => client.on('error', lost));
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const execute = async (text: string): Promise<void> => {
    const client = await pool.connect();
    let fault: Error | undefined;
    try {
      await client.query(text);
    } catch (error) {
      fault = error as Error;
      throw error;
    } finally {
      client.release(fault);
    }
  };
  const notes = new NoteLine(url, log);
  const engine: Engine = {
    name: 'postgres',
    promise: 'PostgreSQL: what is committed is durable',
    ...{ kysely, execute, notes },
    stop: async () => {
      await notes.stop();
      await kysely.destroy();
    },
  };
  try {
    return await createSql(engine);
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

/** As PGlite does it: a number, or a BigInt where a number would lose digits. */
function parseInt8(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
