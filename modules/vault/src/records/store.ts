/** Records and their ciphertext in SQL; ids of keys, never a key. */
import { sql as raw, type Kysely } from 'kysely';
import type { HeldRecord, RecordMedia } from '@cityward/contracts';
import { HOLDINGS_SHOWN_MAX } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import { packedVersions } from '../packed.ts';
import { someAtATime } from '../some-at-a-time.ts';
import type { KeyId } from '../keys/keyring.ts';

interface Tables {
  'vault.subject': { id: string; key: string | null };
  'vault.category': { subject: string; name: string; key: string | null };
  'vault.record': {
    id: string;
    subject: string;
    category: string;
    created: number;
    destroyed_at: number | null;
    destroyed_by: string | null;
    destroyed_reason: string | null;
  };
  'vault.version': {
    record: string;
    version: number;
    key: string;
    media: string;
    bytes: number;
    at: number;
    by_whom: string;
    content: Buffer | null;
    archived: string | null;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export async function subjectKey(reader: Reader, subject: string): Promise<KeyId | null> {
  const row = await db(reader).selectFrom('vault.subject').select('key').where('id', '=', subject).executeTakeFirst();
  return (row?.key as KeyId | undefined) ?? null;
}
export async function categoryKey(reader: Reader, subject: string, category: string): Promise<KeyId | null> {
  const row = await db(reader)
    .selectFrom('vault.category')
    .select('key')
    .where('subject', '=', subject)
    .where('name', '=', category)
    .executeTakeFirst();
  return (row?.key as KeyId | undefined) ?? null;
}
export const addSubject = async (reader: Reader, id: string, key: KeyId): Promise<void> =>
  void (await db(reader)
    .insertInto('vault.subject')
    .values({ id, key })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ key }))
    .execute());
export const addCategory = async (
  reader: Reader,
  { subject, name, key }: { readonly subject: string; readonly name: string; readonly key: KeyId },
): Promise<void> =>
  void (await db(reader)
    .insertInto('vault.category')
    .values({ subject, name, key })
    .onConflict((conflict) => conflict.columns(['subject', 'name']).doUpdateSet({ key }))
    .execute());

export interface RecordHead {
  readonly id: string;
  readonly subject: string;
  readonly category: string;
  readonly isDestroyed: boolean;
}
export async function readHead(reader: Reader, id: string): Promise<RecordHead | null> {
  const row = await db(reader).selectFrom('vault.record').selectAll().where('id', '=', id).executeTakeFirst();
  return row
    ? { id: row.id, subject: row.subject, category: row.category, isDestroyed: row.destroyed_at !== null }
    : null;
}

export interface NewVersion {
  readonly record: string;
  readonly version: number;
  readonly key: KeyId;
  readonly media: RecordMedia;
  readonly bytes: number;
  readonly at: number;
  readonly by: string;
  readonly content: Buffer;
}
export async function addVersion(tx: Tx, head: RecordHead, { by, ...version }: NewVersion): Promise<void> {
  const { id, subject, category } = head;
  if (version.version === 1)
    await db(tx)
      .insertInto('vault.record')
      .values({
        id,
        subject,
        category,
        created: version.at,
        destroyed_at: null,
        destroyed_by: null,
        destroyed_reason: null,
      })
      .execute();
  await db(tx)
    .insertInto('vault.version')
    .values({ ...version, by_whom: by })
    .execute();
}

/** Until the transaction ends nobody marks it as destroyed; `false` where somebody has. */
export async function lockLive(tx: Tx, record: string): Promise<boolean> {
  const row = await db(tx)
    .selectFrom('vault.record')
    .select('destroyed_at')
    .where('id', '=', record)
    .forUpdate()
    .executeTakeFirst();
  return row?.destroyed_at === null;
}

export interface StoredVersion {
  readonly version: number;
  readonly key: KeyId;
  readonly media: RecordMedia;
  readonly content: Buffer;
}
/** With where its content is: here, or in the archive by its SHA-256; nowhere where it is destroyed. */
export interface VersionRow extends Omit<StoredVersion, 'content'> {
  readonly content: Buffer | null;
  readonly archived: string | null;
}
/** The newest without a number; `null` where there is no such version. */
export async function readVersion(reader: Reader, record: string, version?: number): Promise<VersionRow | null> {
  const row = await db(reader)
    .selectFrom('vault.version')
    .select(['version', 'key', 'media', 'content', 'archived'])
    .where('record', '=', record)
    .$if(version !== undefined, (query) => query.where('version', '=', version!))
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? { ...row, key: row.key as KeyId, media: row.media as RecordMedia } : null;
}
export async function lastVersion(reader: Reader, record: string): Promise<number> {
  const row = await db(reader)
    .selectFrom('vault.version')
    .select((select) => select.fn.max('version').as('last'))
    .where('record', '=', record)
    .executeTakeFirst();
  return row?.last ?? 0;
}
/** How many of these still have their content. */
export async function contentLeft(
  reader: Reader,
  versions: readonly { readonly record: string; readonly version: number }[],
): Promise<number> {
  if (versions.length === 0) return 0;
  const { rows } = await raw<{ left: number }>`select count(*)::int as left from vault.version
    join ${packedVersions(versions)} as asked (record, version) using (record, version)
    where content is not null`.execute(db(reader));
  return rows[0]!.left;
}

export async function readRecords(
  reader: Reader,
  of: { readonly subject: string } | { readonly id: string },
): Promise<HeldRecord[]> {
  const rows = await db(reader)
    .selectFrom('vault.record')
    .selectAll()
    .$if('subject' in of, (query) => query.where('subject', '=', (of as { subject: string }).subject))
    .$if('id' in of, (query) => query.where('id', '=', (of as { id: string }).id))
    .orderBy('created', 'desc')
    .limit(HOLDINGS_SHOWN_MAX)
    .execute();
  const ids = rows.map(({ id }) => id);
  const versions =
    ids.length === 0
      ? []
      : await db(reader)
          .selectFrom('vault.version')
          .select(['record', 'version', 'media', 'bytes', 'at', 'by_whom'])
          .where('record', 'in', ids)
          .orderBy('version')
          .execute();
  const byRecord = Map.groupBy(versions, ({ record }) => record);
  return rows.map((row) => ({
    id: row.id,
    subject: row.subject,
    category: row.category,
    versions: (byRecord.get(row.id) ?? []).map(({ version, media, bytes, at, by_whom: by }) => ({
      version,
      media: media as RecordMedia,
      bytes,
      at,
      by,
    })),
    destroyed:
      row.destroyed_at === null ? null : { at: row.destroyed_at, by: row.destroyed_by!, reason: row.destroyed_reason! },
  }));
}

/** Of these records, where there are such. */
export async function categoriesOf(reader: Reader, records: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const some of someAtATime(records)) {
    const rows = await db(reader)
      .selectFrom('vault.record')
      .select(['id', 'category'])
      .where('id', 'in', some)
      .execute();
    for (const { id, category } of rows) found.set(id, category);
  }
  return found;
}

export interface HeldVersion {
  readonly record: string;
  readonly version: number;
  readonly category: string;
  readonly media: RecordMedia;
  readonly bytes: number;
  readonly at: number;
}
/** What is not destroyed of what is held about somebody, record by record and oldest version first. */
export async function versionsAfter(
  ...[reader, subject, { after, limit }]: readonly [
    Reader,
    string,
    { readonly after: string | undefined; readonly limit: number },
  ]
): Promise<HeldVersion[]> {
  const rows = await db(reader)
    .selectFrom('vault.version as version')
    .innerJoin('vault.record as record', 'record.id', 'version.record')
    .select(['version.record', 'version.version', 'record.category', 'version.media', 'version.bytes', 'version.at'])
    .where('record.subject', '=', subject)
    .where('record.destroyed_at', 'is', null)
    .$if(after !== undefined, (query) => query.where('version.record', '>', after!))
    .orderBy('version.record')
    .orderBy('version.version')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, media: row.media as RecordMedia }));
}
