/** Exports and the datasets they are of, in SQL. */
import { sql as raw, type Kysely } from 'kysely';
import {
  EXPORT_BUDGETS_MAX,
  EXPORTS_SHOWN_MAX,
  type Export,
  type ExportDraft,
  type ExportManifest,
  type RecordMedia,
} from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { KeyId } from '../keys/keyring.ts';

interface Tables {
  'vault.export_dataset': { category: string; key: string; releases: number; book: Buffer | null };
  'vault.export': {
    id: string;
    category: string;
    draft: string;
    state: string;
    asked_at: number;
    asked_by: string;
    decided_at: number | null;
    decided_by: string | null;
    decided_why: string | null;
    manifest: string | null;
    marks: string | null;
    file: Buffer | null;
    bytes: number | null;
    fetched_at: number | null;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

const PLACE = 'export:';
/** Where its copy is in the register. */
export const copyAt = (id: string) => ({ kind: 'export', place: `${PLACE}${id}` }) as const;
export const exportAt = (place: string): string => place.slice(PLACE.length);

export interface Dataset {
  readonly category: string;
  readonly key: KeyId;
  readonly releases: number;
  /** Sealed. */
  readonly book: Buffer | null;
}
export async function readDataset(reader: Reader, category: string): Promise<Dataset | null> {
  const row = await db(reader)
    .selectFrom('vault.export_dataset')
    .selectAll()
    .where('category', '=', category)
    .executeTakeFirst();
  return row ? { ...row, key: row.key as KeyId } : null;
}
/** Of each category of which something was asked for and looked at: its releases, and how long its sealed book is. */
export async function readBookSizes(
  reader: Reader,
): Promise<readonly { readonly category: string; readonly releases: number; readonly bytes: number }[]> {
  const rows = await db(reader)
    .selectFrom('vault.export_dataset')
    .select(['category', 'releases', raw<number>`coalesce(octet_length(book), 0)`.as('bytes')])
    .orderBy('category')
    .limit(EXPORT_BUDGETS_MAX)
    .execute();
  return rows;
}
export const addDataset = async (reader: Reader, category: string, key: KeyId): Promise<void> =>
  void (await db(reader)
    .insertInto('vault.export_dataset')
    .values({ category, key, releases: 0, book: null })
    .execute());
/** False where another release came first. */
export async function saveBook(tx: Tx, { category, releases }: Dataset, book: Buffer): Promise<boolean> {
  const done = await db(tx)
    .updateTable('vault.export_dataset')
    .set({ book, releases: releases + 1 })
    .where('category', '=', category)
    .where('releases', '=', releases)
    .executeTakeFirst();
  return Number(done.numUpdatedRows) === 1;
}

type Row = Omit<Tables['vault.export'], 'file' | 'marks'> & { readonly has_file: boolean };
const exportOf = (row: Row): Export => ({
  id: row.id,
  draft: JSON.parse(row.draft) as ExportDraft,
  state: row.state as Export['state'],
  asked: { at: row.asked_at, by: row.asked_by },
  decided: row.decided_at === null ? null : { at: row.decided_at, by: row.decided_by!, why: row.decided_why },
  manifest: row.manifest === null ? null : (JSON.parse(row.manifest) as ExportManifest),
  bytes: row.has_file ? row.bytes : null,
  fetched: row.fetched_at,
});
const shown = (reader: Reader) =>
  db(reader)
    .selectFrom('vault.export')
    .select(['id', 'category', 'draft', 'state', 'asked_at', 'asked_by', 'decided_at', 'decided_by', 'decided_why'])
    .select(['manifest', 'bytes', 'fetched_at'])
    .select(raw<boolean>`file is not null`.as('has_file'));

export async function readExport(reader: Reader, id: string): Promise<Export | null> {
  const row = await shown(reader).where('id', '=', id).executeTakeFirst();
  return row ? exportOf(row) : null;
}
export const readExports = async (reader: Reader): Promise<Export[]> =>
  (
    await shown(reader)
      .orderBy(raw`state <> 'asked'`)
      .orderBy('asked_at', 'desc')
      .limit(EXPORTS_SHOWN_MAX)
      .execute()
  ).map(exportOf);
export async function addExport(tx: Tx, { id, draft, asked }: Pick<Export, 'id' | 'draft' | 'asked'>): Promise<void> {
  const nothing = { decided_at: null, decided_by: null, decided_why: null, manifest: null, marks: null };
  await db(tx)
    .insertInto('vault.export')
    .values({
      ...{ id, category: draft.category, draft: JSON.stringify(draft), state: 'asked' },
      ...{ asked_at: asked.at, asked_by: asked.by, file: null, bytes: null, fetched_at: null },
      ...nothing,
    })
    .execute();
}

export interface ReleasedExport {
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly manifest: ExportManifest;
  readonly marks: readonly string[];
  /** `null` where the city has lost it. */
  readonly file: Buffer | null;
  readonly bytes: number;
}
/** False where it is not asked for any more. */
export async function saveReleased(
  tx: Tx,
  { id, at, by, manifest, marks, file, bytes }: ReleasedExport,
): Promise<boolean> {
  const done = await db(tx)
    .updateTable('vault.export')
    .set({ state: 'released', decided_at: at, decided_by: by, manifest: JSON.stringify(manifest) })
    .set({ marks: JSON.stringify(marks), file, bytes })
    .where('id', '=', id)
    .where('state', '=', 'asked')
    .executeTakeFirst();
  return Number(done.numUpdatedRows) === 1;
}
export async function saveRefused(
  tx: Tx,
  {
    id,
    from,
    ...decided
  }: {
    readonly id: string;
    readonly from: 'asked' | 'released';
    readonly at: number;
    readonly by: string;
    readonly why: string;
  },
): Promise<boolean> {
  const done = await db(tx)
    .updateTable('vault.export')
    .set({ state: from === 'asked' ? 'refused' : 'withdrawn', decided_why: decided.why, file: null })
    .$if(from === 'asked', (query) => query.set({ decided_at: decided.at, decided_by: decided.by }))
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst();
  return Number(done.numUpdatedRows) === 1;
}
/** Its file, fetched from then on: in one statement, so that whoever drops it meanwhile finds it fetched or leaves nothing to fetch. */
export async function fetchFile(tx: Tx, id: string, at: number): Promise<Buffer | null> {
  const { rows } = await raw<{ file: Buffer }>`update vault.export set fetched_at = coalesce(fetched_at, ${at}::bigint)
    where id = ${id} and file is not null returning file`.execute(db(tx));
  return rows[0]?.file ?? null;
}
/** Answers when it was fetched; `null` for never. */
export async function dropFile(reader: Reader, id: string): Promise<number | null> {
  const row = await db(reader)
    .updateTable('vault.export')
    .set({ file: null })
    .where('id', '=', id)
    .returning('fetched_at')
    .executeTakeFirst();
  return row?.fetched_at ?? null;
}
export const markFetched = async (tx: Tx, id: string, at: number): Promise<void> =>
  void (await db(tx)
    .updateTable('vault.export')
    .set({ fetched_at: at })
    .where('id', '=', id)
    .where('fetched_at', 'is', null)
    .execute());
export async function readMarks(
  reader: Reader,
  category: string,
): Promise<{ id: string; recipient: string; marks: string[] }[]> {
  const rows = await db(reader)
    .selectFrom('vault.export')
    .select(['id', 'draft', 'marks'])
    .where('category', '=', category)
    .where('marks', 'is not', null)
    .orderBy('asked_at', 'desc')
    .limit(EXPORTS_SHOWN_MAX)
    .execute();
  return rows.map(({ id, draft, marks }) => ({
    id,
    recipient: (JSON.parse(draft) as ExportDraft).recipient.name,
    marks: JSON.parse(marks!) as string[],
  }));
}

/** A person's newest record of a category, in its newest version. */
export interface NewestRecord {
  readonly id: string;
  readonly subject: string;
  readonly version: number;
  readonly key: KeyId;
  readonly media: RecordMedia;
  readonly content: Buffer | null;
  /** Where its content is in the archive. */
  readonly archived: string | null;
}
/** In the order of the people, those after `after`. */
export async function newestRecords(
  reader: Reader,
  { category, after, limit }: { readonly category: string; readonly after: string; readonly limit: number },
): Promise<readonly NewestRecord[]> {
  const { rows } = await raw<NewestRecord>`
    select distinct on (r.subject) r.id, r.subject, v.version, v.key, v.media, v.content, v.archived
    from vault.record as r join vault.version as v on v.record = r.id
    where r.category = ${category} and r.subject > ${after} and r.destroyed_at is null and (v.content is not null or v.archived is not null)
    order by r.subject, r.created desc, r.id, v.version desc
    limit ${limit}`.execute(db(reader));
  return rows;
}
