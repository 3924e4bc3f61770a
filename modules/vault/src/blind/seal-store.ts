/** Sealed keys of blind versions in SQL. */
import { sql as raw, type RawBuilder } from 'kysely';
import type { RecordMedia, VersionSeal } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { Grant } from '../domain/grant.ts';
import type { KeyId } from '../keys/keyring.ts';
import type { Seal } from './sealing.ts';

type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
interface Place {
  readonly record: string;
  readonly version: number;
}

export async function addVersion(tx: Tx, { record, version }: Place, seals: readonly Seal[]): Promise<void> {
  await raw`insert into vault.blind_version (record, version) values (${record}, ${version})`.execute(tx.for());
  for (const seal of seals) await addSeal(tx, { record, version }, seal);
}
/** Where there is one already, it stays. */
export async function addSeal(tx: Tx, { record, version }: Place, seal: Seal): Promise<void> {
  const { use, to, under, from, sealed } = seal;
  await raw`insert into vault.blind_seal (record, version, use, to_whom, under, from_whom, sealed)
    values (${record}, ${version}, ${use}, ${to}, ${under}, ${from}, ${sealed})
    on conflict do nothing`.execute(tx.for());
}
/** With its sealed keys. */
export const removeVersion = async (tx: Tx, { record, version }: Place): Promise<void> =>
  void (await raw`delete from vault.blind_version where record = ${record} and version = ${version}`.execute(tx.for()));

export const isBlind = async (reader: Reader, { record, version }: Place): Promise<boolean> =>
  (await raw`select 1 from vault.blind_version where record = ${record} and version = ${version}`.execute(reader.for()))
    .rows.length > 0;

/** Of one version, for this person. */
export async function sealsOf(
  reader: Reader,
  { record, version }: Place,
  { use, to, under }: Pick<Seal, 'use' | 'to' | 'under'>,
): Promise<Seal[]> {
  const { rows } = await raw<Seal>`select use, to_whom as to, under, from_whom as from, sealed from vault.blind_seal
    where record = ${record} and version = ${version} and use = ${use} and to_whom = ${to} and under = ${under}
    order by from_whom`.execute(reader.for());
  return rows;
}

/** By which consents this person was given the key of a version; of the newest without one. */
export async function consentsWithKey(
  reader: Reader,
  { record, version }: { readonly record: string; readonly version: number | undefined },
  to: string,
): Promise<ReadonlySet<string>> {
  const { rows } = await raw<{ under: string }>`select under from vault.blind_seal
    where record = ${record} and to_whom = ${to} and use = 'consent' and version = coalesce(${version ?? null}::int,
      (select max(version) from vault.version where record = ${record}))`.execute(reader.for());
  return new Set(rows.map(({ under }) => under));
}

export interface OwnSeal extends VersionSeal {
  readonly category: string;
  readonly media: RecordMedia;
}
/** Keys sealed to their owner, of versions that have none for that consent yet; without a consent all of them. */
export async function unsharedSeals(
  ...[reader, subject, { consent, limit }]: readonly [
    Reader,
    string,
    { readonly consent: Pick<Grant, 'id' | 'scope'> | null; readonly limit: number },
  ]
): Promise<OwnSeal[]> {
  const { rows } = await raw<OwnSeal>`select s.record, s.version, s.sealed, r.category, v.media from vault.blind_seal s
    join vault.record r on r.id = s.record join vault.version v on v.record = s.record and v.version = s.version
    where s.use = 'own' and s.to_whom = ${subject} and r.subject = ${subject} and r.destroyed_at is null
      ${consent === null ? raw`` : raw`and ${reachedBy(consent)}`}
    order by s.record, s.version limit ${limit}`.execute(reader.for());
  return rows;
}
const reachedBy = ({ id, scope }: Pick<Grant, 'id' | 'scope'>): RawBuilder<unknown> => raw`${
  scope.of === 'categories'
    ? raw`r.category = any(${scope.categories}::text[])`
    : raw`s.record = any(${scope.records}::text[])`
} and not exists (select 1 from vault.blind_seal g where g.record = s.record and g.version = s.version
    and g.use = 'consent' and g.under = ${id})`;
/** Keys sealed to their owner, of versions of which somebody who should has no share. */
export async function unsplitSeals(
  reader: Reader,
  subject: string,
  { holders, limit }: { readonly holders: number; readonly limit: number },
): Promise<VersionSeal[]> {
  const { rows } = await raw<VersionSeal>`select s.record, s.version, s.sealed from vault.blind_seal s
    join vault.record r on r.id = s.record
    where s.use = 'own' and s.to_whom = ${subject} and r.subject = ${subject} and r.destroyed_at is null
      and (select count(*) from vault.blind_seal g where g.record = s.record and g.version = s.version
        and g.use = 'share') < ${holders}::int
    order by s.record, s.version limit ${limit}`.execute(reader.for());
  return rows;
}
/** Shares of two splits do not go together: what was released of the one before goes with it. */
export const dropShares = async (tx: Tx, { record, version }: Place): Promise<void> =>
  void (await raw`delete from vault.blind_seal where record = ${record} and version = ${version}
    and use in ('share', 'release')`.execute(tx.for()));
export interface GivenSeal {
  readonly record: string;
  readonly subject: string;
  readonly category: string;
  readonly media: RecordMedia;
  readonly use: 'consent' | 'release';
  readonly under: string;
}
/** Each record once for what it was given by, with its newest version. */
export async function givenSeals(reader: Reader, person: string, limit: number): Promise<GivenSeal[]> {
  const { rows } = await raw<GivenSeal>`select distinct on (s.record, s.use, s.under)
      s.record, r.subject, r.category, v.media, s.use, s.under from vault.blind_seal s
    join vault.record r on r.id = s.record join vault.version v on v.record = s.record and v.version = s.version
    where s.to_whom = ${person} and s.use in ('consent', 'release') and r.destroyed_at is null
    order by s.record, s.use, s.under, s.version desc limit ${limit}`.execute(reader.for());
  return rows;
}
/** To whom shares are released in which emergency. */
interface ReleasedTo {
  readonly to: string;
  readonly glass: string;
}
export interface HeldShare extends VersionSeal {
  readonly released: boolean;
}
/** Shares of versions of these records that a holder has, those first that the holder has not released so. */
export async function sharesOf(
  ...[reader, holder, { records, to, glass, limit }]: readonly [
    Reader,
    string,
    ReleasedTo & { readonly records: readonly string[]; readonly limit: number },
  ]
): Promise<HeldShare[]> {
  const { rows } = await raw<HeldShare>`select record, version, sealed, exists (select 1 from vault.blind_seal g
        where g.record = s.record and g.version = s.version and g.use = 'release' and g.to_whom = ${to}
        and g.under = ${glass} and g.from_whom = ${holder}) as released from vault.blind_seal s
    where use = 'share' and to_whom = ${holder} and record = any(${records}::text[])
    order by released, record, version desc limit ${limit}`.execute(reader.for());
  return rows;
}
export const dropReleases = async (tx: Tx, { to, glass }: ReleasedTo): Promise<void> =>
  void (await raw`delete from vault.blind_seal
    where to_whom = ${to} and use = 'release' and under = ${glass}`.execute(tx.for()));

export interface StoredContent extends Place {
  readonly category: string;
  readonly media: RecordMedia;
  readonly key: KeyId;
  /** `null` where it lies in the archive. */
  readonly content: Buffer | null;
}
/** Versions that the city can still read, but for what its desk writes. */
const fromClear = (except: readonly string[]): RawBuilder<unknown> => raw`from vault.version v
    join vault.record r on r.id = v.record
    where r.destroyed_at is null and (v.content is not null or v.archived is not null)
      and r.category <> all(${except}::text[])
      and not exists (select 1 from vault.blind_version b where b.record = v.record and b.version = v.version)`;
/** Who chose that the city cannot read their records, and has one that it can. */
export async function subjectsWithClear(reader: Reader, except: readonly string[]): Promise<string[]> {
  const { rows } = await raw<{ subject: string }>`select distinct r.subject ${fromClear(except)}
    and r.subject in (select subject from vault.blind_mode where state = 'on')`.execute(reader.for());
  return rows.map(({ subject }) => subject);
}
/** The next one; `null` where none is left. */
export async function nextClear(
  ...[reader, subject, { except, after }]: readonly [
    Reader,
    string,
    { readonly except: readonly string[]; readonly after: Place | null },
  ]
): Promise<StoredContent | null> {
  const { rows } = await raw<StoredContent>`
    select v.record, v.version, v.key, v.media, v.content, r.category ${fromClear(except)} and r.subject = ${subject}
      and (v.record, v.version) > (${after?.record ?? ''}::text, ${after?.version ?? 0}::int)
    order by v.record, v.version limit 1`.execute(reader.for());
  return rows[0] ?? null;
}
export async function countClear(reader: Reader, subject: string, except: readonly string[]): Promise<number> {
  const { rows } = await raw<{ count: number }>`select count(*)::int as count ${fromClear(except)}
    and r.subject = ${subject}`.execute(reader.for());
  return rows[0]!.count;
}
export async function countBlind(reader: Reader, subject: string): Promise<number> {
  const { rows } = await raw<{ count: number }>`select count(*)::int as count from vault.blind_version b
    join vault.record r on r.id = b.record where r.subject = ${subject} and r.destroyed_at is null`.execute(
    reader.for(),
  );
  return rows[0]!.count;
}
export async function blindContent(reader: Reader, { record, version }: Place): Promise<StoredContent | null> {
  const { rows } = await raw<StoredContent>`select v.record, v.version, v.key, v.media, v.content, r.category
    from vault.version v join vault.record r on r.id = v.record
    join vault.blind_version b on b.record = v.record and b.version = v.version
    where v.record = ${record} and v.version = ${version} and r.destroyed_at is null
      and (v.content is not null or v.archived is not null)`.execute(reader.for());
  return rows[0] ?? null;
}
/** `false` where it is not under that key any more. */
export async function replaceContent(
  tx: Tx,
  { record, version }: Place,
  { before, key, content }: { readonly before: KeyId; readonly key: KeyId; readonly content: Buffer },
): Promise<boolean> {
  const { rows } =
    await raw`update vault.version set key = ${key}, content = ${content}, archived = null, archive = null
    where record = ${record} and version = ${version} and key = ${before} and (content is not null or archived is not null)
    returning record`.execute(tx.for());
  return rows.length > 0;
}
