/** The database as modules see it, the same over both engines. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { sql as raw, type Kysely, type KyselyPlugin } from 'kysely';
import { newId } from '@cityward/kernel';
import type { NewFact } from '@cityward/contracts';
import { applyMigrations } from './migrate.ts';
import { checkNote, type NoteLine } from './notes.ts';
import { appendFacts, type PlatformTables } from './outbox.ts';
import type { Sql, SqlEngine, Tx } from './types.ts';

export interface Engine {
  readonly name: SqlEngine;
  readonly promise: string;
  readonly kysely: Kysely<unknown>;
  /** Several statements at once, no parameters, apart from any transaction. */
  execute(text: string): Promise<void>;
  /** `null` where no other process has this database. */
  readonly notes: Pick<NoteLine, 'listen'> | null;
  stop(): Promise<void>;
}

/** A Sql that also tells when facts were committed, for the dispatcher. */
export interface SqlWithCommits extends Sql {
  onCommit(listener: () => void): () => void;
}

const PLATFORM = { module: 'platform', folder: new URL('../migrations/', import.meta.url) };

/** Wraps an engine and applies the platform's own migrations. */
export async function createSql(engine: Engine): Promise<SqlWithCommits> {
  const inside = new AsyncLocalStorage<true>();
  const listeners = new Set<() => void>();
  const guarded = engine.kysely.withPlugin(refuseInside(inside));

  const transact = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    if (inside.getStore()) throw new Error('begin a transaction: one is open here already; pass its tx down');
    const facts: (NewFact & { id: string })[] = [];
    const value = await engine.kysely.transaction().execute((handle) =>
      inside.run(true, async () => {
        const done = await work(txOver(engine, handle, facts));
        if (facts.length > 0) await appendFacts(handle as unknown as Kysely<PlatformTables>, facts);
        return done;
      }),
    );
    if (facts.length > 0) for (const listener of listeners) listener();
    return value;
  };

  const database: SqlWithCommits = {
    engine: engine.name,
    promise: engine.promise,
    for: <Tables>() => guarded as unknown as Kysely<Tables>,
    transact,
    listen: (channel, hear) => {
      checkNote(channel, '');
      return engine.notes?.listen(channel, hear) ?? (() => undefined);
    },
    migrate: (migrations) => applyMigrations(engine, migrations),
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => engine.stop(),
  };
  await database.migrate(PLATFORM);
  return database;
}

function txOver({ notes }: Engine, handle: Kysely<unknown>, facts: (NewFact & { id: string })[]): Tx {
  return {
    for: <Tables>() => handle as unknown as Kysely<Tables>,
    record: (fact) => {
      const id = newId<string>('evt');
      facts.push({ ...fact, id });
      return id;
    },
    notify: async (channel, from) => {
      checkNote(channel, from);
      if (notes) await raw`select pg_notify(${channel}, ${from})`.execute(handle);
    },
  };
}

/** On one connection a query beside an open transaction would wait for it, and it for the query: for ever (seen). */
function refuseInside(inside: AsyncLocalStorage<true>): KyselyPlugin {
  return {
    transformQuery: ({ node }) => {
      if (inside.getStore()) throw new Error('query the database: a transaction is open here; use its tx instead');
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
}
