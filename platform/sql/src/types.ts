/** What modules see of the database: one dialect, one transaction at a time per call, facts saved with the state they tell of. */
import type { Kysely } from 'kysely';
import type { Fact, NewFact } from '@cityward/contracts';
import type { Hear } from './notes.ts';

export type SqlEngine = 'pglite' | 'postgres';

export interface Sql {
  readonly engine: SqlEngine;
  /** One sentence for /health: what `committed` means here. */
  readonly promise: string;
  /** Reads and single statements. `Tables` maps `schema.table` to its row type, e.g. `{ 'city.device': DeviceTable }`. */
  for<Tables>(): Kysely<Tables>;
  /**
   * Runs `work` in one transaction; facts recorded in it are written to the outbox with it, or not at all. Inside `work` use only
   * `tx`: using `Sql` there throws instead of waiting for ever. Throwing rolls back.
   */
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Calls `hear` soon after a transaction of any process has notified this channel and committed, and whenever something may have been
   * missed. A hint, never a promise: the embedded engine, which has one process, never calls. Answers how to stop.
   */
  listen(channel: string, hear: Hear): () => void;
  /** Applies the migrations of one module, once each, in name order; throws when an applied one has changed since. */
  migrate(migrations: Migrations): Promise<void>;
  stop(): Promise<void>;
}

export interface Tx {
  for<Tables>(): Kysely<Tables>;
  /** Saves a fact with this transaction; it reaches ledger, modules and screens after the commit. Returns the fact's id. */
  record(fact: NewFact): string;
  /** Tells whoever listens to the channel, in other processes too, once this is committed; `from` has at most 200 bytes. */
  notify(channel: string, from: string): Promise<void>;
}

export interface Migrations {
  /** The module, which is also its schema. */
  readonly module: string;
  /** A folder of `0001-what.sql` files; each may hold several statements. */
  readonly folder: URL;
}

/** A named reader of the outbox with a durable place in it. Facts come in order, at least once; be idempotent by `fact.id`. */
export interface FactHandler {
  readonly name: string;
  handle(facts: readonly Fact[]): Promise<void>;
}

export interface Dispatcher {
  start(): Promise<void>;
  /** Resolves when every fact committed before the call has been handled by all handlers. */
  drained(): Promise<void>;
  /** Facts committed but not yet handled, by handler name. */
  behind(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}
