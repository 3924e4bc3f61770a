/** Devices, certificates, codes: identity's tables and what is asked of them. People are in people-store.ts. */
import { sql, type Kysely } from 'kysely';
import type { IssuedRecord } from './domain/enrolment.ts';
import type { HolderType } from './domain/names.ts';
import type { Ending, Restriction, StandingChange } from './domain/standing.ts';

/** What kinds of certificates are kept. */
export type Kept = HolderType | 'server' | 'ocsp' | 'document';
/** Profiles of what connects here: kept in memory, by serial. */
const HOLDERS: readonly HolderType[] = ['device', 'network'];

export interface DeviceTables {
  'identity.device': {
    id: string;
    sequence: number;
    restriction: 'held' | 'revoked' | Ending | null;
    restricted_at: number | null;
    until: number | null;
    reason: string | null;
    by: string | null;
  };
  'identity.certificate': {
    serial: string;
    profile: Kept;
    holder: string;
    key_hash: string;
    not_before: number;
    not_after: number;
    state: IssuedRecord['state'];
    ended_at: number | null;
  };
  'identity.enrolment_code': {
    device: string;
    hash: string;
    issued: number;
    expires: number;
    used: number | null;
    approval: boolean;
  };
}
type Db = Kysely<DeviceTables>;

export interface CertificateRow {
  readonly serial: string;
  readonly profile: Kept;
  readonly holder: string;
  readonly keyHash: string;
  readonly notBefore: number;
  readonly notAfter: number;
}
export interface CodeRow {
  readonly device: string;
  readonly hash: string;
  readonly issued: number;
  readonly expires: number;
  readonly used: number | null;
  /** A person must let the device in when it comes with it. */
  readonly approval: boolean;
}
export interface DeviceRow {
  readonly id: string;
  readonly sequence: number;
  readonly restriction: Restriction | null;
}
export interface StoredCertificate extends IssuedRecord {
  readonly endedAt: number | null;
}

const ROWS_PER_STATEMENT = 1_000; // at most 9 values a row: below the 32,767 of a statement

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += ROWS_PER_STATEMENT)
    yield items.slice(from, from + ROWS_PER_STATEMENT);
}

export async function readDevices(db: Db): Promise<DeviceRow[]> {
  const rows = await db.selectFrom('identity.device').selectAll().execute();
  return rows.map((row) => ({ id: row.id, sequence: row.sequence, restriction: restrictionOf(row) }));
}

function restrictionOf(row: DeviceTables['identity.device']): Restriction | null {
  const { restriction, restricted_at: at, until, reason, by } = row;
  if (restriction === null || at === null || reason === null || by === null) return null;
  if (restriction === 'revoked') return { kind: 'revoked', at, reason, by };
  if (restriction !== 'held') return { kind: 'ended', as: restriction, at, reason, by };
  return until === null ? null : { kind: 'held', at, until, reason, by };
}

/** Certificates of devices and networks that ended less than `keptMs` ago or have not ended; the rest can be looked up by nobody. */
export async function readCertificates(db: Db, notAfterMin: number): Promise<StoredCertificate[]> {
  const rows = await db
    .selectFrom('identity.certificate')
    .select(['serial', 'holder', 'not_before', 'not_after', 'state', 'ended_at'])
    .where('profile', 'in', HOLDERS)
    .where('not_after', '>=', notAfterMin)
    .execute();
  return rows.map((row) => ({
    serial: row.serial,
    device: row.holder,
    notBefore: row.not_before,
    notAfter: row.not_after,
    state: row.state,
    endedAt: row.ended_at,
  }));
}

/** Serials of what else the authority has signed and is still good: listeners, and who answers for revocations. */
export const readOthers = async (db: Db, now: number): Promise<string[]> =>
  (
    await db
      .selectFrom('identity.certificate')
      .select('serial')
      .where('profile', 'not in', HOLDERS)
      .where('not_after', '>=', now)
      .execute()
  ).map((row) => row.serial);

/** Codes that have not expired, used ones too, so that a second use is known for what it is. */
export const readCodes = (db: Db, now: number): Promise<CodeRow[]> =>
  db.selectFrom('identity.enrolment_code').selectAll().where('expires', '>', now).execute();

/** Adds devices that are not there yet. */
export async function addDevices(db: Db, ids: readonly string[]): Promise<void> {
  for (const part of chunks(ids))
    await db
      .insertInto('identity.device')
      .values(part.map((id) => ({ id, sequence: 0 })) as never)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
}

/** Throws on a serial that exists already: the caller makes another. One array a column: the row a parameter costs twice as much. */
export async function addCertificates(db: Db, rows: readonly CertificateRow[]): Promise<void> {
  const column = <K extends keyof CertificateRow>(name: K): CertificateRow[K][] => rows.map((row) => row[name]);
  await sql`
    insert into identity.certificate (serial, profile, holder, key_hash, not_before, not_after, state)
    select serial, profile, holder, key_hash, not_before, not_after, 'live'
    from unnest(
      ${column('serial')}::text[], ${column('profile')}::text[], ${column('holder')}::text[],
      ${column('keyHash')}::text[], ${column('notBefore')}::bigint[], ${column('notAfter')}::bigint[]
    ) as row (serial, profile, holder, key_hash, not_before, not_after)`.execute(db);
}

export async function endCertificates(
  db: Db,
  serials: readonly string[],
  end: { readonly state: 'superseded' | 'revoked'; readonly at: number },
): Promise<void> {
  for (const part of chunks(serials))
    await db
      .updateTable('identity.certificate')
      .set({ state: end.state, ended_at: end.at })
      .where('serial', 'in', [...part])
      .where('state', '<>', 'revoked')
      .execute();
}

/** Replaces the codes of these devices, which must be in `identity.device`. */
export async function putCodes(db: Db, codes: readonly Omit<CodeRow, 'used'>[]): Promise<void> {
  for (const part of chunks(codes))
    await db
      .insertInto('identity.enrolment_code')
      .values(part.map((code) => ({ ...code, used: null })))
      .onConflict((conflict) =>
        conflict.column('device').doUpdateSet((eb) => ({
          hash: eb.ref('excluded.hash'),
          issued: eb.ref('excluded.issued'),
          expires: eb.ref('excluded.expires'),
          approval: eb.ref('excluded.approval'),
          used: null,
        })),
      )
      .execute();
}

/** Marks codes as used, each only where it is still the device's code. */
export async function useCodes(
  db: Db,
  codes: readonly { readonly device: string; readonly hash: string }[],
  at: number,
): Promise<void> {
  await sql`
    update identity.enrolment_code as code set used = ${at}::bigint
    from unnest(${codes.map(({ device }) => device)}::text[], ${codes.map(({ hash }) => hash)}::text[]) as done (device, hash)
    where code.device = done.device and code.hash = done.hash`.execute(db);
}

/** A revocation also ends the code that was not used yet: it was issued to a device that was still trusted. */
export const dropCode = async (db: Db, device: string): Promise<void> =>
  void (await db.deleteFrom('identity.enrolment_code').where('device', '=', device).execute());

/** Writes a restriction with its place in the journal; does nothing when the row contains a later change already. */
export async function putRestriction(db: Db, change: StandingChange, restriction: Restriction | null): Promise<void> {
  const values = {
    sequence: change.sequence,
    restriction: restriction?.kind === 'ended' ? restriction.as : (restriction?.kind ?? null),
    restricted_at: restriction?.at ?? null,
    until: restriction?.kind === 'held' ? restriction.until : null,
    reason: restriction?.reason ?? null,
    by: restriction?.by ?? null,
  };
  await db
    .insertInto('identity.device')
    .values({ id: change.device, ...values })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(values).where('identity.device.sequence', '<', change.sequence),
    )
    .execute();
}

const NO_RESTRICTION = { restriction: null, restricted_at: null, until: null, reason: null, by: null } as const;

/** Lifts what lay upon a device unless a later change came between: a new enrolment after a revocation, the end of a hold. */
export const liftRestriction = async (db: Db, device: { id: string; sequence: number }): Promise<void> =>
  void (await db
    .updateTable('identity.device')
    .set(NO_RESTRICTION)
    .where('id', '=', device.id)
    .where('sequence', '=', device.sequence)
    .execute());

/** Revokes whatever certificates a device has. */
export const revokeCertificatesOf = async (db: Db, device: string, at: number): Promise<void> =>
  void (await db
    .updateTable('identity.certificate')
    .set({ state: 'revoked', ended_at: at })
    .where('holder', '=', device)
    .where('profile', 'in', HOLDERS)
    .where('state', '<>', 'revoked')
    .execute());
