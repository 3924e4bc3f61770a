/** Destroyed records in SQL: their keys' ids before, and that they are gone after. */
import { sql as raw, type Kysely } from 'kysely';
import type { LifeReason, RecordMedia } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { RecordBinding } from '../domain/binding.ts';
import type { KeyId } from '../keys/keyring.ts';
import { packedIds, unpacked, unpackedInOrder } from '../packed.ts';
import type { DestructionAsked } from '../vault-journal.ts';

const MODULE = 'vault';
/** Up to so many, each destroyed record is a fact of its own; above, one fact names some hundreds. */
const FACT_EACH_MAX = 100;
const RECORDS_PER_FACT = 500;
/** Rows in one statement: ids are random, so that each one reads the tables from end to end. */
const ROWS_PER_STATEMENT = 100_000;

interface Tables {
  'vault.subject': { id: string; key: string | null };
  'vault.category': { subject: string; name: string; key: string | null };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export interface VersionKey {
  readonly record: string;
  readonly version: number;
  readonly key: KeyId;
}
/** All numbers of one length: the order of the lines is that of records and versions. */
const VERSION_KEY = raw`concat_ws(' ', v.record, lpad(v.version::text, 10, '0'), v.key)`;
const versionKeys = (packed: string | null | undefined): VersionKey[] =>
  unpackedInOrder(packed).map(([record, version, key]) => ({
    record: record!,
    version: Number(version),
    key: key as KeyId,
  }));
interface Packed {
  readonly packed: string | null;
}
/** By record and version. */
export async function keysOf(reader: Reader, records: readonly string[]): Promise<VersionKey[]> {
  const { rows } = await raw<Packed>`
    select string_agg(${VERSION_KEY}, E'\\n') as packed
    from vault.version v where v.record = any(${packedIds(records)})`.execute(db(reader));
  return versionKeys(rows[0]?.packed);
}
export async function countVersions(reader: Reader, records: readonly string[]): Promise<number> {
  const { rows } = await raw<{ count: number }>`select count(*)::int as count from vault.version
    where record = any(${packedIds(records)})`.execute(db(reader));
  return rows[0]!.count;
}
export async function versionsOfDestruction(reader: Reader, destruction: string): Promise<VersionKey[]> {
  const { rows } = await raw<Packed>`select string_agg(r.id, E'\\n') as packed
    from vault.destruction d join vault.record r on r.subject = d.subject and r.destruction = d.id
    where d.id = ${destruction}`.execute(db(reader));
  const records = unpacked(rows[0]?.packed).map(([id]) => id!);
  // By name: a join takes one after the other while nobody has counted them for SQL.
  return records.length === 0 ? [] : keysOf(reader, records);
}

export interface Sample extends RecordBinding {
  readonly key: KeyId;
  readonly content: Buffer;
}
/** Here, or in the archive. */
export interface SampleRow extends Omit<Sample, 'content'> {
  readonly content: Buffer | null;
  readonly archived: string | null;
}
/** The newest ciphertext of some of these. */
export async function samplesOf(reader: Reader, records: readonly string[], most: number): Promise<SampleRow[]> {
  const step = Math.max(1, Math.floor(records.length / most));
  const some = records.filter((_, i) => i % step === 0).slice(0, most);
  const { rows } = await raw<SampleRow & { media: RecordMedia }>`
    select v.record, v.version, v.key, v.media, v.content, v.archived, r.subject, r.category
    from vault.version v join vault.record r on r.id = v.record
    where v.record = any(${some}::text[]) and (v.content is not null or v.archived is not null)
      and v.version = (select max(version) from vault.version where record = v.record)`.execute(db(reader));
  return rows;
}

export async function keysAbove(reader: Reader, subject: string): Promise<KeyId[]> {
  const { rows } = await raw<{ key: KeyId }>`
    select key from vault.subject where id = ${subject} and key is not null
    union all select key from vault.category where subject = ${subject} and key is not null`.execute(db(reader));
  return rows.map(({ key }) => key);
}

/** Of these, the ones that SQL has and not as destroyed. */
export async function notDestroyed(reader: Reader, records: readonly string[]): Promise<string[]> {
  const { rows } = await raw<{ id: string }>`select id from vault.record
    where id = any(${packedIds(records)}) and destroyed_at is null`.execute(db(reader));
  return rows.map(({ id }) => id);
}

/** Marks what is asked for and tells of it; what SQL has as destroyed already is left as it is. */
export async function saveDestroyed(
  tx: Tx,
  asked: DestructionAsked,
  tested: { readonly tried: number; readonly opened: number },
): Promise<void> {
  const { subject, keys } = asked;
  const fresh = await markDestroyed(tx, asked, tested);
  const above = packedIds(keys);
  // Keys of the person themself were among them: whatever is stored next gets new ones.
  await raw`update vault.subject set key = null where id = ${subject} and key = any(${above})`.execute(db(tx));
  await raw`update vault.category set key = null
    where subject = ${subject} and key = any(${above})`.execute(db(tx));
  tell(tx, asked, fresh);
}

/** As SQL had it where it is behind; tells of nothing. Answers the records that it did not have as destroyed. */
export async function markDestroyed(
  ...[tx, asked, tested]: readonly [
    Tx,
    Omit<DestructionAsked, 'keys'>,
    { readonly tried: number; readonly opened: number },
  ]
): Promise<string[]> {
  const { destruction, subject, records, at, by, code, clause, reason } = asked;
  await raw`insert into vault.destruction (id, subject, by_whom, reason_code, clause, reason, at, state, tried, opened)
    values (${destruction}, ${subject}, ${by}, ${code}, ${clause}, ${reason}, ${at}::bigint, 'copies-left',
      ${tested.tried}::int, ${tested.opened}::int)
    on conflict (id) do nothing`.execute(db(tx));
  const fresh: string[] = [];
  for (let from = 0; from < records.length; from += ROWS_PER_STATEMENT)
    fresh.push(...(await mark(tx, asked, records.slice(from, from + ROWS_PER_STATEMENT))));
  return fresh;
}

async function mark(tx: Tx, { destruction, at, by, reason }: Omit<DestructionAsked, 'keys'>, some: readonly string[]) {
  const ids = packedIds(some);
  const { rows } = await raw<Packed>`with fresh as (
      update vault.record
      set destroyed_at = ${at}::bigint, destroyed_by = ${by}, destroyed_reason = ${reason}, destruction = ${destruction}
      where id = any(${ids}) and destroyed_at is null returning id)
    select string_agg(id, E'\\n') as packed from fresh`.execute(db(tx));
  await raw`update vault.version set content = null
    where record = any(${ids}) and content is not null`.execute(db(tx));
  await raw`delete from vault.blind_version where record = any(${ids})`.execute(db(tx));
  await raw`delete from vault.life where record = any(${ids})`.execute(db(tx));
  return unpacked(rows[0]?.packed).map(([id]) => id!);
}

function tell(
  tx: Tx,
  { destruction, subject, at, by, reason, code, clause }: DestructionAsked,
  fresh: readonly string[],
): void {
  const fact = { module: MODULE, actor: by, subject, at, personal: true } as const;
  const why = { reason, destruction, code, clause };
  if (fresh.length <= FACT_EACH_MAX) {
    for (const record of fresh) tx.record({ ...fact, type: 'record.destroyed', data: { record, ...why } });
    return;
  }
  for (let from = 0; from < fresh.length; from += RECORDS_PER_FACT) {
    const records = fresh.slice(from, from + RECORDS_PER_FACT);
    tx.record({ ...fact, type: 'records.destroyed', data: { records, ...why } });
  }
}

export interface StoredDestruction {
  readonly id: string;
  readonly subject: string;
  readonly by: string;
  readonly code: LifeReason;
  readonly clause: string;
  readonly reason: string;
  readonly at: number;
}
