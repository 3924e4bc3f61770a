/** Many records in SQL with one statement for each table. */
import { sql as raw } from 'kysely';
import type { RecordMedia } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { KeyId } from '../keys/keyring.ts';

type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
export const placeOf = (subject: string, category: string): string => `${subject} ${category}`;

export async function subjectKeys(reader: Reader, subjects: readonly string[]): Promise<Map<string, KeyId>> {
  const { rows } = await raw<{ id: string; key: KeyId }>`select id, key from vault.subject
    where id = any(${subjects}::text[]) and key is not null`.execute(reader.for());
  return new Map(rows.map(({ id, key }) => [id, key]));
}
/** By `placeOf`. */
export async function categoryKeys(reader: Reader, subjects: readonly string[]): Promise<Map<string, KeyId>> {
  const { rows } = await raw<{
    subject: string;
    name: string;
    key: KeyId;
  }>`select subject, name, key from vault.category
    where subject = any(${subjects}::text[]) and key is not null`.execute(reader.for());
  return new Map(rows.map(({ subject, name, key }) => [placeOf(subject, name), key]));
}
export const addSubjects = async (
  ...[reader, subjects, keys]: readonly [Reader, readonly string[], readonly KeyId[]]
): Promise<void> =>
  void (await raw`insert into vault.subject (id, key)
    select * from unnest(${subjects}::text[], ${keys}::text[])
    on conflict (id) do update set key = excluded.key`.execute(reader.for()));
export const addCategories = async (
  ...[reader, places, keys]: readonly [
    Reader,
    readonly { readonly subject: string; readonly category: string }[],
    readonly KeyId[],
  ]
): Promise<void> =>
  void (await raw`insert into vault.category (subject, name, key)
    select * from unnest(${places.map(({ subject }) => subject)}::text[],
      ${places.map(({ category }) => category)}::text[], ${keys}::text[])
    on conflict (subject, name) do update set key = excluded.key`.execute(reader.for()));

export interface BulkRow {
  readonly record: string;
  readonly subject: string;
  readonly category: string;
  readonly media: RecordMedia;
  readonly key: KeyId;
  readonly bytes: number;
  readonly sealed: Buffer;
}
/** Their first versions. */
export async function addRecords(
  tx: Tx,
  rows: readonly BulkRow[],
  { at, by }: { readonly at: number; readonly by: string },
): Promise<void> {
  const db = tx.for();
  const column = <Key extends keyof BulkRow>(name: Key): BulkRow[Key][] => rows.map((row) => row[name]);
  const records = column('record');
  await raw`insert into vault.record (id, subject, category, created)
    select id, subject, category, ${at}::bigint
    from unnest(${records}::text[], ${column('subject')}::text[], ${column('category')}::text[])
      as put (id, subject, category)`.execute(db);
  // One value with all ciphertext, cut up by SQL: thousands of values cost more than their bytes.
  const lengths = rows.map(({ sealed }) => sealed.length);
  let next = 1;
  const starts = lengths.map((length) => (next += length) - length);
  await raw`insert into vault.version (record, version, key, media, bytes, at, by_whom, content)
    select record, 1, key, media, bytes, ${at}::bigint, ${by},
      substring(${Buffer.concat(column('sealed'))}::bytea from start for length)
    from unnest(${records}::text[], ${column('key')}::text[], ${column('media')}::text[], ${column('bytes')}::int[],
      ${starts}::int[], ${lengths}::int[]) as put (record, key, media, bytes, start, length)`.execute(db);
}
