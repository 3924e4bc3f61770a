/**
 * Word from other processes over the same PostgreSQL, by LISTEN and NOTIFY: a hint to look, never the thing itself, which is in a table.
 * It is lost while the line is cut; so whoever listens is also called whenever the line is there again, and looks by turns besides.
 */
import pg from 'pg';
import type { Log } from '@cityward/log';

/** Of PostgreSQL itself: 8,000. A hint names a row at most. */
export const NOTE_MAX_BYTES = 200;
const CHANNEL = /^[a-z][a-z_]{0,40}$/;
export const LISTENERS_MAX = 100;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;
const CONNECT_MAX_MS = 10_000;
/** How the line is called among the database's own. */
export const LINE_NAME = 'cityward-listener';

/** `from` is what the teller wrote with it; `null` where the line is new, and more may have been missed. */
export type Hear = (from: string | null) => void;

export function checkNote(channel: string, from: string): void {
  if (!CHANNEL.test(channel))
    throw new Error(`use channel "${channel}": wanted a small letter and at most 40 small letters or underlines`);
  if (Buffer.byteLength(from) > NOTE_MAX_BYTES)
    throw new Error(`notify "${channel}": wanted at most ${NOTE_MAX_BYTES} bytes, got ${Buffer.byteLength(from)}`);
}

interface Listener {
  readonly channel: string;
  readonly hear: Hear;
}

/** Not waited for: a line that is cut never says that it has ended. */
function leave(client: pg.Client): void {
  client.end().catch(() => undefined);
}

/** One connection of its own, opened when somebody first listens, and again for as long as somebody does. */
export class NoteLine {
  readonly #url: string;
  readonly #log: Pick<Log, 'warn'>;
  readonly #listeners = new Set<Listener>();
  #client: pg.Client | null = null;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #opening: Promise<void> | null = null;

  constructor(url: string, log: Pick<Log, 'warn'>) {
    this.#url = url;
    this.#log = log;
  }

  listen(channel: string, hear: Hear): () => void {
    if (this.#listeners.size >= LISTENERS_MAX)
      throw new Error(`listen to "${channel}": ${LISTENERS_MAX} listen already`);
    const listener = { channel, hear };
    this.#listeners.add(listener);
    const client = this.#client;
    if (!client) this.#open();
    else
      this.#subscribe(client, channel).then(
        () => hear(null),
        () => this.#lost(client, 'it does not listen'),
      );
    return () => void this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
    await this.#opening;
    const client = this.#client;
    this.#client = null;
    if (client) leave(client);
  }

  #open(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#opening ??= this.#connect().finally(() => (this.#opening = null));
  }
  async #connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_MAX_MS,
      keepAlive: true,
      application_name: LINE_NAME,
    });
    client.on('error', (fault) => this.#lost(client, fault.message));
    client.on('end', () => this.#lost(client, 'it ended'));
    client.on('notification', ({ channel, payload = '' }) => this.#tell(channel, payload));
    try {
      await client.connect();
      // From here on whatever is told is heard; what was told before is looked for by whoever is called below.
      const heard = new Set<string>();
      for (let next = this.#unheard(heard); next !== null; next = this.#unheard(heard)) {
        await this.#subscribe(client, next);
        heard.add(next);
      }
    } catch (fault) {
      leave(client);
      return this.#later(String(fault));
    }
    if (this.#isStopped) return leave(client);
    this.#client = client;
    this.#failures = 0;
    for (const { hear } of [...this.#listeners]) hear(null);
  }
  /** Somebody may begin to listen while the line is being opened. */
  #unheard(heard: ReadonlySet<string>): string | null {
    for (const { channel } of this.#listeners) if (!heard.has(channel)) return channel;
    return null;
  }
  #subscribe(client: pg.Client, channel: string): Promise<unknown> {
    return client.query(`listen "${channel}"`);
  }

  #tell(channel: string, payload: string): void {
    // Anybody with the database may notify: longer than ours is not ours, and a hint all the same.
    const from = Buffer.byteLength(payload) > NOTE_MAX_BYTES ? null : payload;
    for (const listener of [...this.#listeners]) if (listener.channel === channel) listener.hear(from);
  }

  #lost(client: pg.Client, why: string): void {
    if (this.#client !== client) return;
    this.#client = null;
    leave(client);
    this.#later(why);
  }
  #later(why: string): void {
    if (this.#isStopped) return;
    const ms = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures++);
    this.#log.warn('the line on which the database tells of changes was lost; they are looked for by turns meanwhile', {
      ...{ why, againInMs: ms },
    });
    this.#timer = setTimeout(() => this.#open(), ms).unref();
  }
}
