/** The SQL index over the log: which entry has which type, subject and mentions. */
import { sql as raw, type Kysely } from 'kysely';
import { textArray, type Sql } from '@cityward/sql';
import { mentionsOf } from './domain/mentions.ts';
import type { StoredRecord } from './read-back.ts';

interface LedgerTables {
  'ledger.entry': {
    index: number;
    fact_id: string;
    module: string;
    type: string;
    actor: string;
    subject: string;
    at: number;
    personal: boolean;
    mentions: string[];
  };
  'ledger.seen': { one: boolean; size: number; root: string };
}

/** What an entry is looked for by; without a part, by none. */
export interface EntryFilter {
  readonly type?: string;
  /** Any of these. */
  readonly types?: readonly string[];
  readonly subject?: string;
  readonly actor?: string;
  /** Milliseconds since 1970, both included. */
  readonly from?: number;
  readonly to?: number;
}
export interface MentionQuery {
  readonly types: readonly string[];
  /** `null` for anybody. */
  readonly actors: readonly string[] | null;
  /** Milliseconds since 1970, both included. */
  readonly from: number;
  readonly to: number;
  /** What the mentioned ids begin with, e.g. `rec-`. */
  readonly prefix: string;
}
export interface Mention {
  readonly type: string;
  readonly subject: string;
  readonly mention: string;
}
export interface EntryWindow {
  /** Only entries below this index. */
  readonly before: number;
  readonly limit: number;
}

export interface IndexStore {
  migrate(): Promise<void>;
  /** Indexed entries, without gaps from 0. */
  size(): Promise<number>;
  /** Adds the next entries and notes the checkpoint they stand under; again with the same ones changes nothing. */
  add(records: readonly StoredRecord[], seen: Seen): Promise<void>;
  seen(): Promise<Seen | null>;
  /** Forgets everything, so that it is filled again. */
  clear(): Promise<void>;
  /** Indices, newest first. */
  find(filter: EntryFilter, window: EntryWindow): Promise<number[]>;
  /** What facts of these types mention, each once for a subject, by these actors or by anybody. */
  mentions(query: MentionQuery): Promise<readonly Mention[]>;
  /** Indices of what speaks of these ids, or is about them, oldest first. */
  about(ids: readonly string[], limit: number): Promise<number[]>;
  /** Indices of facts of these types about these subjects, oldest first. @param types as SQL patterns, e.g. `finding.%` */
  ofSubjects(subjects: readonly string[], types: readonly string[], limit: number): Promise<number[]>;
}

export interface Seen {
  readonly size: number;
  readonly root: string;
}

const MIGRATIONS = new URL('../migrations/', import.meta.url);

export function createIndexStore(sql: Sql): IndexStore {
  const db = (): Kysely<LedgerTables> => sql.for<LedgerTables>();
  return {
    migrate: () => sql.migrate({ module: 'ledger', folder: MIGRATIONS }),
    size: async () => {
      const row = await db()
        .selectFrom('ledger.entry')
        .select((select) => select.fn.max('index').as('last'))
        .executeTakeFirst();
      return row?.last === null || row?.last === undefined ? 0 : row.last + 1;
    },
    add: (records, seen) => sql.transact((tx) => addRows(tx.for<LedgerTables>(), records, seen)),
    seen: async () => (await db().selectFrom('ledger.seen').select(['size', 'root']).executeTakeFirst()) ?? null,
    clear: () =>
      sql.transact(async (tx) => {
        await tx.for<LedgerTables>().deleteFrom('ledger.entry').execute();
        await tx.for<LedgerTables>().deleteFrom('ledger.seen').execute();
      }),
    find: async ({ type, types, subject, actor, from, to }, { before, limit }) => {
      let query = db().selectFrom('ledger.entry').select('index').where('index', '<', before);
      if (type !== undefined) query = query.where('type', '=', type);
      if (types !== undefined) query = query.where('type', 'in', types);
      if (subject !== undefined) query = query.where('subject', '=', subject);
      if (actor !== undefined) query = query.where('actor', '=', actor);
      if (from !== undefined) query = query.where('at', '>=', from);
      if (to !== undefined) query = query.where('at', '<=', to);
      const rows = await query.orderBy('index', 'desc').limit(limit).execute();
      return rows.map((row) => row.index);
    },
    ofSubjects: async (subjects, types, limit) => {
      const { rows } = await raw<{ index: number }>`select index from ledger.entry
        where subject = any(${textArray(subjects)}) and type like any(${textArray(types)}) order by index limit ${limit}`.execute(
        db(),
      );
      return rows.map((row) => row.index);
    },
    mentions: async ({ types, actors, from, to, prefix }) => {
      const by = actors === null ? raw`true` : raw`actor = any(${textArray(actors)})`;
      const { rows } = await raw<Mention>`select distinct type, subject, mention from ledger.entry,
        unnest(mentions) as mention where at between ${from} and ${to} and type = any(${textArray(types)}) and ${by}
        and starts_with(mention, ${prefix})`.execute(db());
      return rows;
    },
    about: async (ids, limit) => {
      const list = textArray(ids);
      const { rows } = await raw<{ index: number }>`select index from ledger.entry
        where subject = any(${list}) or mentions && ${list} order by index limit ${limit}`.execute(db());
      return rows.map((row) => row.index);
    },
  };
}

/** One parameter for all rows: a parameter for each column of each row is slower and reaches the protocol's limit. */
async function addRows(db: Kysely<LedgerTables>, records: readonly StoredRecord[], seen: Seen): Promise<void> {
  const rows = records.map(({ index, body }) => ({
    index,
    fact_id: body.id,
    module: body.module,
    type: body.type,
    actor: body.actor,
    subject: body.subject,
    at: body.at,
    personal: body.personal,
    mentions: mentionsOf(body),
  }));
  await raw`insert into ledger.entry (index, fact_id, module, type, actor, subject, at, personal, mentions)
    select index, fact_id, module, type, actor, subject, at, personal, array(select jsonb_array_elements_text(mentions))
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row(index bigint, fact_id text, module text, type text, actor text, subject text, at bigint, personal boolean, mentions jsonb)
    on conflict (index) do nothing`.execute(db);
  await raw`insert into ledger.seen (size, root) values (${seen.size}, ${seen.root})
    on conflict (one) do update set size = excluded.size, root = excluded.root`.execute(db);
}
