/** What is in the archive, in SQL. */
import { sql as raw, type Kysely } from 'kysely';
import { ARCHIVES_SHOWN_MAX, type ArchiveShown } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { VersionRef } from '../copies/copy.ts';

type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
interface ArchiveRow {
  id: string;
  subject: string;
  at: number;
  versions: number;
  manifest: string;
  signature: string;
}
const db = (reader: Reader): Kysely<{ 'vault.archive': ArchiveRow }> => reader.for();

/** Of what is to be archived: its categories, and when it was last written. */
export interface Aged {
  readonly categories: readonly string[];
  readonly before: number;
}
/** People with records of these categories that were last written before then and are still in SQL. */
export async function subjectsDue(reader: Reader, { categories, before }: Aged, limit: number): Promise<string[]> {
  const { rows } = await raw<{ subject: string }>`select distinct r.subject from vault.record r
    where r.category = any(${categories}::text[]) and r.destroyed_at is null and r.created < ${before}
      and not exists (select 1 from vault.version v where v.record = r.id and v.at >= ${before})
      and exists (select 1 from vault.version v where v.record = r.id and v.content is not null)
    limit ${limit}`.execute(db(reader));
  return rows.map(({ subject }) => subject);
}

export interface Due extends VersionRef {
  readonly category: string;
  readonly content: Buffer;
}
/** Of a person, whole records one after the other, as much as goes at once. */
export async function dueOf(
  reader: Reader,
  { subject, categories, before }: Aged & { readonly subject: string },
  limit: number,
): Promise<Due[]> {
  const { rows } = await raw<Due>`select v.record, v.version, r.category, v.content
    from vault.version v join vault.record r on r.id = v.record
    where r.subject = ${subject} and r.category = any(${categories}::text[]) and r.destroyed_at is null
      and v.content is not null
      and not exists (select 1 from vault.version w where w.record = r.id and w.at >= ${before})
    order by v.record, v.version limit ${limit}`.execute(db(reader));
  return rows;
}

export const addArchive = async (tx: Tx, row: ArchiveRow): Promise<void> =>
  void (await db(tx).insertInto('vault.archive').values(row).execute());
/** Of what is still as it was when it was put there: from then on it is in the archive and nowhere else. Answers what that is. */
export async function moveOut(
  tx: Tx,
  archive: string,
  moved: readonly (VersionRef & { readonly sha256: string })[],
): Promise<VersionRef[]> {
  const { rows } = await raw<VersionRef>`update vault.version as v
    set content = null, archived = put.sha256, archive = ${archive}
    from unnest(${moved.map(({ record }) => record)}::text[], ${moved.map(({ version }) => version)}::int[],
      ${moved.map(({ sha256 }) => sha256)}::text[]) as put (record, version, sha256)
    where v.record = put.record and v.version = put.version and v.content is not null
    returning v.record, v.version`.execute(db(tx));
  return rows;
}

export async function listArchives(reader: Reader): Promise<ArchiveShown[]> {
  const { rows } = await raw<ArchiveShown>`select a.id, a.at, a.versions, count(r.id)::int as here
    from (select id, at, versions from vault.archive order by at desc, id limit ${ARCHIVES_SHOWN_MAX}) as a
      left join vault.version v on v.archive = a.id
      left join vault.record r on r.id = v.record and r.destroyed_at is null
    group by a.id, a.at, a.versions order by a.at desc, a.id`.execute(db(reader));
  return rows.map((row) => ({ ...row, at: Number(row.at) }));
}
export async function readArchive(reader: Reader, id: string): Promise<ArchiveRow | null> {
  const row = await db(reader).selectFrom('vault.archive').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** Of these objects, the ones that no open row and no version names. */
export async function strays(reader: Reader, hashes: readonly string[]): Promise<string[]> {
  const { rows } = await raw<{ hash: string }>`select hash from unnest(${hashes}::text[]) as there (hash)
    where not exists (select 1 from vault.copy c
        where c.kind = 'archive' and c.place = 'object:' || hash and c.closed_at is null)
      and not exists (select 1 from vault.version v where v.archived = hash)`.execute(db(reader));
  return rows.map(({ hash }) => hash);
}
