/**
 * One city server to a PostgreSQL database, as the embedded one has its folder locked: a second would have a ledger, people and keys of
 * its own over the same tables. The lock lives as long as its connection, so a killed server leaves none.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '@cityward/log';

const SERVER_LOCK = 7_201_536;
export const HOLDER_NAME = 'cityward-server';
/** The database may take a moment to notice that a killed server is gone. */
const TAKE_MAX_MS = 2_000;
const TAKE_POLL_MS = 100;
const CONNECT_MAX_MS = 10_000;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;

export interface Alone {
  release(): void;
}

/** Rejects where another server has the database. A lock that is lost with its connection is taken again. */
export async function holdAlone(url: string, log: Pick<Log, 'warn' | 'error'>): Promise<Alone> {
  const hold = new Hold(url, log);
  await hold.take(TAKE_MAX_MS);
  return { release: () => hold.release() };
}

class Hold {
  readonly #url: string;
  readonly #log: Pick<Log, 'warn' | 'error'>;
  #client: pg.Client | null = null;
  #isReleased = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(url: string, log: Pick<Log, 'warn' | 'error'>) {
    this.#url = url;
    this.#log = log;
  }

  async take(waitMs: number): Promise<void> {
    const client = new pg.Client({
      ...{ connectionString: this.#url, connectionTimeoutMillis: CONNECT_MAX_MS, keepAlive: true },
      application_name: HOLDER_NAME,
    });
    client.on('error', (fault) => this.#lost(client, fault.message));
    client.on('end', () => this.#lost(client, 'it ended'));
    try {
      await client.connect();
      await lock(client, waitMs);
    } catch (fault) {
      leave(client);
      throw fault;
    }
    if (this.#isReleased) return leave(client);
    this.#client = client;
    this.#failures = 0;
  }
  release(): void {
    this.#isReleased = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    if (client) leave(client);
  }

  #lost(client: pg.Client, why: string): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#log.warn('the lock of this server on its database was lost and is taken again', { why });
    this.#again();
  }
  #again(): void {
    if (this.#isReleased) return;
    const ms = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures++);
    this.#timer = setTimeout(() => {
      this.take(0).catch((fault: unknown) => {
        this.#log.error('the lock of this server on its database is not back', { fault: String(fault) });
        this.#again();
      });
    }, ms).unref();
  }
}

async function lock(client: pg.Client, waitMs: number): Promise<void> {
  for (let waited = 0; ; waited += TAKE_POLL_MS) {
    const { rows } = await client.query<{ taken: boolean; name: string }>(
      'select pg_try_advisory_lock($1) as taken, current_database() as name',
      [SERVER_LOCK],
    );
    if (rows[0]!.taken) return;
    if (waited >= waitMs)
      throw new Error(
        `open the database "${rows[0]!.name}": another city server has it; stop that server or name another database`,
      );
    await delay(TAKE_POLL_MS);
  }
}
function leave(client: pg.Client): void {
  client.end().catch(() => undefined);
}
