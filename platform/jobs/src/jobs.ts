/** The queue and its one runner per process. */
import type { Kysely, Selectable } from 'kysely';
import { newId, type Clock, type Json, type JobId } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 5 * 60_000;
const POLL_MS = 1_000;
const LIST_MAX = 200;
/** Ended jobs kept for the console. */
const KEPT_MAX = 1_000;

export interface JobView {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly progress: number | null;
  readonly created: number;
  readonly started: number | null;
  readonly ended: number | null;
  readonly error: string | null;
}
export interface JobRun {
  readonly signal: AbortSignal;
  /** 0 to 1; kept in memory and saved at the end. */
  progress(ratio: number): void;
}
export interface JobKind {
  /** In words, for the list; gets the payload. */
  readonly title: (payload: Json) => string;
  readonly attemptsMax: number;
  /** Must be safe to run again: a kill in the middle starts it anew. */
  run(payload: Json, run: JobRun): Promise<void>;
}
export interface Jobs {
  define(kind: string, work: JobKind): void;
  /** Saved with `tx` when given, else at once. */
  enqueue(tx: Tx | null, kind: string, payload: Json): Promise<JobId>;
  start(): Promise<void>;
  stop(): Promise<void>;
  list(): Promise<readonly JobView[]>;
  /** Makes a failed job wait again; null when there is no failed job of that id. */
  retry(id: string): Promise<JobView | null>;
  onChange(listener: (job: { readonly id: string; readonly state: JobView['state'] }) => void): void;
}

interface Tables {
  'jobs.job': JobTable;
}
interface JobTable {
  id: string;
  kind: string;
  title: string;
  payload: string;
  state: JobView['state'];
  attempts: number;
  attempts_max: number;
  progress: number | null;
  created: number;
  not_before: number;
  started: number | null;
  ended: number | null;
  error: string | null;
}
type JobRow = Selectable<JobTable>;

export interface JobsOptions {
  readonly sql: Sql;
  readonly log: Log;
  readonly clock: Clock;
}

export const createJobs = (options: JobsOptions): Jobs => new JobQueue(options);

class JobQueue implements Jobs {
  readonly #options: JobsOptions;
  readonly #db: Kysely<Tables>;
  readonly #kinds = new Map<string, JobKind>();
  readonly #listeners: ((job: { readonly id: string; readonly state: JobView['state'] }) => void)[] = [];
  readonly #progress = new Map<string, number>();
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #busy = false;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#db = options.sql.for<Tables>();
  }

  define(kind: string, work: JobKind): void {
    if (this.#kinds.has(kind)) throw new Error(`define job kind "${kind}": it is defined already`);
    this.#kinds.set(kind, work);
  }

  async enqueue(tx: Tx | null, kind: string, payload: Json): Promise<JobId> {
    const work = this.#kinds.get(kind);
    if (!work) throw new Error(`enqueue a job of kind "${kind}": no such kind is defined`);
    const now = this.#options.clock();
    const id = newId<JobId>('job');
    const row = {
      id,
      kind,
      title: work.title(payload),
      payload: JSON.stringify(payload),
      state: 'waiting' as const,
      attempts_max: work.attemptsMax,
      created: now,
      not_before: now,
      attempts: 0,
    };
    const db = tx ? tx.for<Tables>() : this.#db;
    await db
      .insertInto('jobs.job')
      .values({ ...row, progress: null, started: null, ended: null, error: null })
      .execute();
    this.#tell(id, 'waiting');
    if (!tx) this.#poke();
    return id;
  }

  async start(): Promise<void> {
    await this.#options.sql.migrate({ module: 'jobs', folder: new URL('../migrations/', import.meta.url) });
    this.#stopping = new AbortController();
    // One process runs jobs, so whatever is still "running" was cut off by a kill.
    await this.#db.updateTable('jobs.job').set({ state: 'waiting' }).where('state', '=', 'running').execute();
    await this.#forgetOld();
    this.#timer = setInterval(() => this.#poke(), POLL_MS);
    this.#timer.unref();
    this.#poke();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#running;
  }

  async list(): Promise<readonly JobView[]> {
    const rows = await this.#db
      .selectFrom('jobs.job')
      .selectAll()
      .orderBy('created', 'desc')
      .orderBy('id')
      .limit(LIST_MAX)
      .execute();
    return rows.map((row) => viewOf(row, this.#progress.get(row.id)));
  }

  async retry(id: string): Promise<JobView | null> {
    const row = await this.#db
      .updateTable('jobs.job')
      .set({ state: 'waiting', attempts: 0, ended: null, error: null, not_before: this.#options.clock() })
      .where('id', '=', id)
      .where('state', '=', 'failed')
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    this.#tell(id, 'waiting');
    this.#poke();
    return viewOf(row, undefined);
  }

  onChange(listener: (job: { readonly id: string; readonly state: JobView['state'] }) => void): void {
    this.#listeners.push(listener);
  }

  #tell(id: string, state: JobView['state']): void {
    for (const listener of this.#listeners) listener({ id, state });
  }

  #poke(): void {
    if (this.#busy || this.#stopping.signal.aborted || !this.#timer) return;
    this.#busy = true;
    this.#running = this.#drain()
      .catch((error: unknown) =>
        this.#options.log.warn('the job queue could not be read and will be tried again', { error: String(error) }),
      )
      .finally(() => (this.#busy = false));
  }

  async #drain(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const row = await this.#next();
      if (!row) return;
      await this.#runOne(row);
    }
  }

  async #next(): Promise<JobRow | undefined> {
    const now = this.#options.clock();
    const due = this.#db
      .selectFrom('jobs.job')
      .select('id')
      .where('state', '=', 'waiting')
      .where('not_before', '<=', now)
      .orderBy('not_before')
      .limit(1);
    const taken = this.#db
      .updateTable('jobs.job')
      .set((set) => ({ state: 'running', started: now, attempts: set('attempts', '+', 1) }))
      .where('id', 'in', due);
    return (await taken.returningAll().executeTakeFirst()) as JobRow | undefined;
  }

  async #runOne(row: JobRow): Promise<void> {
    this.#tell(row.id, 'running');
    const signal = this.#stopping.signal;
    try {
      const work = this.#kinds.get(row.kind);
      if (!work) throw new Error(`run a job of kind "${row.kind}": no such kind is defined in this version`);
      await work.run(row.payload as unknown as Json, {
        signal,
        progress: (ratio) => this.#progress.set(row.id, ratio),
      });
      await this.#end(row, { state: 'done', ended: this.#options.clock(), error: null, progress: 1 });
    } catch (error) {
      if (signal.aborted) await this.#end(row, { state: 'waiting', attempts: row.attempts - 1 });
      else await this.#fail(row, error as Error);
    }
    this.#progress.delete(row.id);
  }

  async #fail(row: JobRow, error: Error): Promise<void> {
    const now = this.#options.clock();
    this.#options.log.warn('a job failed', {
      job: row.id,
      kind: row.kind,
      attempt: row.attempts,
      error: error.message,
    });
    if (row.attempts >= row.attempts_max) return this.#end(row, { state: 'failed', ended: now, error: error.message });
    const wait = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (row.attempts - 1));
    return this.#end(row, { state: 'waiting', not_before: now + wait, error: error.message });
  }

  async #end(row: JobRow, change: Partial<JobRow> & { state: JobView['state'] }): Promise<void> {
    await this.#db.updateTable('jobs.job').set(change).where('id', '=', row.id).execute();
    this.#tell(row.id, change.state);
  }

  async #forgetOld(): Promise<void> {
    const kept = this.#db.selectFrom('jobs.job').select('id').orderBy('created', 'desc').limit(KEPT_MAX);
    await this.#db
      .deleteFrom('jobs.job')
      .where('state', 'in', ['done', 'failed'])
      .where('id', 'not in', kept)
      .execute();
  }
}

const viewOf = (row: JobRow, progress: number | undefined): JobView => ({
  id: row.id,
  kind: row.kind,
  title: row.title,
  state: row.state,
  attempts: row.attempts,
  attemptsMax: row.attempts_max,
  progress: progress ?? row.progress,
  created: row.created,
  started: row.started,
  ended: row.ended,
  error: row.error,
});
