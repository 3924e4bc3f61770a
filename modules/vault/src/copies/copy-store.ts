/** The copy register in SQL. */
import { sql as raw, type Kysely } from 'kysely';
import type { CopyKind, CopyOutcome } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import { packedIds, packedVersions } from '../packed.ts';
import { someAtATime } from '../some-at-a-time.ts';
import type { Copy, Found, Holding, NewCopy, Outcome, VersionRef } from './copy.ts';

export interface CopyRow {
  id: string;
  kind: string;
  place: string;
  custodian: string;
  basis: string;
  scope: string;
  opened_by: string;
  bytes: number | null;
  sha256: string | null;
  created: number;
  expires: number | null;
  closed_at: number | null;
  closed_why: string | null;
  verified_at: number | null;
  verified: string | null;
}
interface ItemRow {
  copy: string;
  record: string;
  version: number;
  outcome: string | null;
  outcome_at: number | null;
  why: string | null;
}
interface Tables {
  'vault.copy': CopyRow;
  'vault.copy_item': ItemRow;
  'vault.version': { record: string; version: number; key: string };
  'vault.record': { id: string; subject: string; category: string };
  'vault.subject': { id: string; key: string };
  'vault.category': { subject: string; name: string; key: string };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();
/** Rows in one statement. */
export const ROWS_PER_STATEMENT = 10_000;

const copyOf = (row: CopyRow): Copy => ({
  id: row.id,
  kind: row.kind as CopyKind,
  place: row.place,
  custodian: row.custodian,
  basis: row.basis,
  holding:
    row.scope === 'versions'
      ? { of: 'versions', versions: [] }
      : { of: row.scope as Exclude<Holding['of'], 'versions'> },
  openedBy: row.opened_by === 'own' ? 'own' : row.opened_by.split(' '),
  bytes: row.bytes,
  sha256: row.sha256,
  created: row.created,
  expires: row.expires,
  closed: row.closed_at === null ? null : { at: row.closed_at, why: row.closed_why! },
  verified: row.verified_at === null ? null : { at: row.verified_at, found: row.verified as Found },
});

export interface StoredCopy extends NewCopy {
  readonly id: string;
  readonly created: number;
}
/** A row that is there stays as it is. */
export async function addCopy(reader: Reader, copy: StoredCopy): Promise<void> {
  const { id, kind, place, custodian, basis, holding, openedBy, bytes = null, sha256 = null, created, expires } = copy;
  const opened_by = openedBy === 'own' ? 'own' : openedBy.join(' ');
  const ended = { closed_at: null, closed_why: null, verified_at: null, verified: null };
  const row = { id, kind, place, custodian, basis, scope: holding.of, opened_by, bytes, sha256, created, expires };
  await db(reader)
    .insertInto('vault.copy')
    .values({ ...row, ...ended })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  if (holding.of === 'versions') await addItems(reader, id, holding.versions);
}

/** Open rows of a kind. */
export async function openOfKind(reader: Reader, kind: CopyKind): Promise<{ id: string; place: string }[]> {
  return db(reader)
    .selectFrom('vault.copy')
    .select(['id', 'place'])
    .where('kind', '=', kind)
    .where('closed_at', 'is', null)
    .execute();
}
/** The oldest open row of a kind at a place. */
export async function openAt(
  reader: Reader,
  { kind, place }: { readonly kind: CopyKind; readonly place: string },
): Promise<string | null> {
  const row = await db(reader)
    .selectFrom('vault.copy')
    .select('id')
    .where('kind', '=', kind)
    .where('place', '=', place)
    .where('closed_at', 'is', null)
    .orderBy('created')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}
/** Who answers for the open copy at a place from then on, or when its time is over. */
export const changeAt = async (
  tx: Tx,
  { kind, place }: { readonly kind: CopyKind; readonly place: string },
  change: { readonly custodian: string } | { readonly expires: number },
): Promise<void> =>
  void (await db(tx)
    .updateTable('vault.copy')
    .set(change)
    .where('kind', '=', kind)
    .where('place', '=', place)
    .where('closed_at', 'is', null)
    .execute());
/** Of these places, the ones that a row names, closed or not. */
export async function placesKnown(reader: Reader, places: readonly string[]): Promise<ReadonlySet<string>> {
  if (places.length === 0) return new Set();
  const { rows } = await raw<{ place: string }>`select distinct place from vault.copy
    where place = any(${places}::text[])`.execute(db(reader));
  return new Set(rows.map(({ place }) => place));
}

/** Versions that it holds by name, and of whose end nothing is known or asked yet. */
export async function heldIn(reader: Reader, copy: string, limit: number): Promise<VersionRef[]> {
  return db(reader)
    .selectFrom('vault.copy_item')
    .select(['record', 'version'])
    .where('copy', '=', copy)
    .where('outcome', 'is', null)
    .orderBy('record')
    .orderBy('version')
    .limit(limit)
    .execute();
}
/** Open copies of a kind whose time is over, and of which something is still held. */
export async function overdue(
  reader: Reader,
  { kind, now, limit }: { readonly kind: CopyKind; readonly now: number; readonly limit: number },
): Promise<readonly Copy[]> {
  const { rows } = await raw<CopyRow>`select * from vault.copy
    where kind = ${kind} and closed_at is null and expires <= ${now}::bigint
      and exists (select 1 from vault.copy_item as item where item.copy = vault.copy.id and item.outcome is null)
    order by id limit ${limit}`.execute(db(reader));
  return rows.map(copyOf);
}

export async function addItems(reader: Reader, copy: string, versions: readonly VersionRef[]): Promise<void> {
  for (const some of someAtATime(versions, ROWS_PER_STATEMENT)) {
    await raw`insert into vault.copy_item (copy, record, version)
      select ${copy}::text, record, version
      from ${packedVersions(some)} as held (record, version)
      on conflict (record, version, copy) do update set outcome = null, outcome_at = null, why = null`.execute(
      db(reader),
    );
  }
}

const UNSETTLED = raw`(item.outcome is null or item.outcome in ('asked', 'pending'))`;

export interface Holder {
  readonly copy: Copy;
  readonly versions: readonly VersionRef[];
}
/** Copies that hold some of these by name, each with the ones it holds and whose end is not settled; or all of it. */
export async function holders(reader: Reader, versions: readonly VersionRef[]): Promise<readonly Holder[]> {
  const counts = new Map<string, number>();
  for (const some of someAtATime(versions, ROWS_PER_STATEMENT)) {
    const { rows } = await raw<{ copy: string; count: number }>`select item.copy, count(*)::int as count
      from vault.copy_item as item
      join ${packedVersions(some)}
        as asked (record, version) using (record, version)
      where ${UNSETTLED} group by item.copy`.execute(db(reader));
    for (const { copy, count } of rows) counts.set(copy, (counts.get(copy) ?? 0) + count);
  }
  const held: Holder[] = [];
  for (const copy of await copiesBy(reader, [...counts.keys()])) {
    // Most hold all of it, which need not come back row by row.
    const isAll = counts.get(copy.id) === versions.length;
    held.push({ copy, versions: isAll ? versions : await heldBy(reader, copy.id, versions) });
  }
  return held;
}
async function heldBy(reader: Reader, copy: string, versions: readonly VersionRef[]): Promise<VersionRef[]> {
  const held: VersionRef[] = [];
  for (const some of someAtATime(versions, ROWS_PER_STATEMENT)) {
    const { rows } = await raw<VersionRef>`select item.record, item.version from vault.copy_item as item
      join ${packedVersions(some)}
        as asked (record, version) using (record, version)
      where item.copy = ${copy} and ${UNSETTLED}`.execute(db(reader));
    held.push(...rows);
  }
  return held;
}

async function copiesBy(reader: Reader, ids: readonly string[]): Promise<Copy[]> {
  if (ids.length === 0) return [];
  const rows = await db(reader).selectFrom('vault.copy').selectAll().where('id', 'in', ids).orderBy('id').execute();
  return rows.map(copyOf);
}

export async function readCopy(reader: Reader, id: string): Promise<Copy | null> {
  return (await copiesBy(reader, [id]))[0] ?? null;
}

/** Copies that are open and name no version. */
export async function openStanding(reader: Reader): Promise<Copy[]> {
  const rows = await db(reader)
    .selectFrom('vault.copy')
    .selectAll()
    .where('closed_at', 'is', null)
    .where('scope', '<>', 'versions')
    .orderBy('id')
    .execute();
  return rows.map(copyOf);
}

/** Of these, the ones whose content the database had to the end: what was moved to the archive has a copy of its own. */
export async function heldInSql(reader: Reader, versions: readonly VersionRef[]): Promise<readonly VersionRef[]> {
  const { rows } = await raw<VersionRef>`select record, version from vault.version
    where archived is not null and record = any(${packedIds(versions.map(({ record }) => record))})`.execute(
    db(reader),
  );
  if (rows.length === 0) return versions;
  const moved = new Set(rows.map(({ record, version }) => `${record} ${version}`));
  return versions.filter(({ record, version }) => !moved.has(`${record} ${version}`));
}

/** Open copies that hold some version of these records by name, or have it in the database. */
export async function openNamed(reader: Reader, records: readonly string[]): Promise<Copy[]> {
  if (records.length === 0) return [];
  const { rows } = await raw<CopyRow>`select * from vault.copy where closed_at is null and id in (
      select copy from vault.copy_held
      where record = any(${packedIds(records)}) and (outcome is null or outcome in ('asked', 'pending')))
    order by id`.execute(db(reader));
  return rows.map(copyOf);
}

/** Records that a key, of whatever rank, opens. */
export async function recordsOfKey(reader: Reader, key: string): Promise<string[]> {
  const { rows } = await raw<{ record: string }>`
    select record from vault.version where key = ${key}
    union select r.id from vault.record r join vault.category c on c.subject = r.subject and c.name = r.category
      where c.key = ${key}
    union select r.id from vault.record r join vault.subject s on s.id = r.subject where s.key = ${key}`.execute(
    db(reader),
  );
  return rows.map(({ record }) => record);
}
export async function recordsOfSubject(reader: Reader, subject: string): Promise<string[]> {
  const rows = await db(reader).selectFrom('vault.record').select('id').where('subject', '=', subject).execute();
  return rows.map(({ id }) => id);
}
export async function firstStored(reader: Reader, records: readonly string[]): Promise<number> {
  const { rows } = await raw<{ first: number | null }>`
    select min(created)::bigint as first from vault.record where id = any(${packedIds(records)})`.execute(db(reader));
  return Number(rows[0]?.first ?? 0);
}

export interface Settling {
  readonly copy: string;
  readonly versions: readonly VersionRef[];
  readonly outcome: Outcome;
  readonly at: number;
}
/** What became of these in a copy; the row closes with its last item, unless more may still be put there. A recipient's closes by its own word alone. */
export async function settle(tx: Tx, { copy, versions, outcome: { is, why }, at }: Settling): Promise<void> {
  for (const some of someAtATime(versions, ROWS_PER_STATEMENT)) {
    await raw`update vault.copy_item as item set outcome = ${is}::text, outcome_at = ${at}::bigint, why = ${why}::text
      from ${packedVersions(some)} as done (record, version)
      where item.copy = ${copy} and item.record = done.record and item.version = done.version
        and (item.outcome is distinct from ${is}::text or item.why is distinct from ${why}::text)`.execute(db(tx));
  }
  await raw`update vault.copy set closed_at = ${at}::bigint, closed_why = ${why}::text
    where id = ${copy} and closed_at is null and scope = 'versions'
      and not exists (select 1 from vault.copy_item as item
        where item.copy = vault.copy.id and (item.outcome is null or item.outcome in ('asked', 'pending')
            or (vault.copy.kind = 'recipient' and item.outcome = 'beyond')))`.execute(db(tx));
}

export async function markVerified(
  reader: Reader,
  { id, found, at }: { readonly id: string; readonly found: Found; readonly at: number },
): Promise<void> {
  await db(reader).updateTable('vault.copy').set({ verified: found, verified_at: at }).where('id', '=', id).execute();
}
/** False where it is closed, or never was. */
export async function closeCopy(
  reader: Reader,
  { id, why, at }: { readonly id: string; readonly why: string; readonly at: number },
): Promise<boolean> {
  const done = await db(reader)
    .updateTable('vault.copy')
    .set({ closed_at: at, closed_why: why })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return Number(done.numUpdatedRows) === 1;
}

export interface Unsettled {
  readonly copy: Copy;
  readonly record: string;
  readonly version: number;
  readonly outcome: CopyOutcome;
  readonly why: string;
  readonly at: number;
}
/** What was asked for and is not done, oldest first. */
export async function unsettled(reader: Reader, limit: number): Promise<Unsettled[]> {
  const rows = await db(reader)
    .selectFrom('vault.copy_item')
    .selectAll()
    .where('outcome', 'in', ['asked', 'pending'])
    .orderBy('outcome_at')
    .limit(limit)
    .execute();
  const copies = new Map((await copiesBy(reader, [...new Set(rows.map(({ copy }) => copy))])).map((c) => [c.id, c]));
  return rows.map(({ copy, record, version, outcome, why, outcome_at }) => ({
    copy: copies.get(copy)!,
    record,
    version,
    outcome: outcome as CopyOutcome,
    why: why ?? '',
    at: outcome_at!,
  }));
}
