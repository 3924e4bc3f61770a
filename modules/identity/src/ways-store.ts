/** Tables of the ways in: makers' roots, factory claims, who waits, and who was kept out. */
import type { Kysely } from 'kysely';
import type { Discovery, MakerRoot, Waiting } from '@cityward/contracts';
import type { Claim } from './register.ts';

export interface WaysTables {
  'identity.maker_root': {
    fingerprint: string;
    maker: string;
    subject: string;
    certificate: string;
    not_after: number;
    approval: MakerRoot['approval'];
    pinned: number;
    by: string;
  };
  'identity.factory_claim': {
    serial: string;
    device: string;
    key_hash: string;
    root: string;
    claimed: number;
    ended: number | null;
  };
  'identity.enrolment_request': {
    id: string;
    device: string;
    way: Waiting['way'];
    state: Waiting['state'];
    why: Waiting['why'];
    serial: string | null;
    maker: string | null;
    key_hash: string;
    credential_hash: string;
    address: string;
    asked: number;
    last_asked: number;
    judged: number | null;
    by: string | null;
    reason: string | null;
  };
  'identity.discovery': {
    id: string;
    what: string;
    state: Discovery['state'];
    why: Discovery['why'];
    way: Discovery['way'];
    claimed: string | null;
    serial: string | null;
    maker: string | null;
    subject: string | null;
    key_hash: string | null;
    address: string;
    first: number;
    last: number;
    times: number;
  };
}
/** Anything that can run statements on identity's tables. */
type Db = Kysely<WaysTables>;
const ways = (db: unknown): Db => db as Db;

export interface RootRow extends MakerRoot {
  readonly der: Buffer;
}

export async function readRoots(db: unknown): Promise<RootRow[]> {
  const rows = await ways(db).selectFrom('identity.maker_root').selectAll().orderBy('pinned').execute();
  return rows.map(({ certificate, not_after: notAfter, ...row }) => ({
    ...row,
    notAfter,
    der: Buffer.from(certificate, 'base64'),
  }));
}

export const addRoot = async (db: unknown, { der, notAfter, ...root }: RootRow): Promise<void> =>
  void (await ways(db)
    .insertInto('identity.maker_root')
    .values({ ...root, not_after: notAfter, certificate: der.toString('base64') })
    .execute());

export const removeRoot = async (db: unknown, fingerprint: string): Promise<void> =>
  void (await ways(db).deleteFrom('identity.maker_root').where('fingerprint', '=', fingerprint).execute());

export async function readClaims(db: unknown): Promise<Claim[]> {
  const rows = await ways(db).selectFrom('identity.factory_claim').selectAll().execute();
  return rows.map(({ key_hash: keyHash, ...row }) => ({ ...row, keyHash }));
}

/** Ends whatever claim the device had, and gives it this one. */
export async function putClaim(db: unknown, claim: Claim): Promise<void> {
  await endClaimOf(db, { device: claim.device, at: claim.claimed, but: claim.serial });
  const { keyHash, ...row } = claim;
  const values = { ...row, key_hash: keyHash };
  await ways(db)
    .insertInto('identity.factory_claim')
    .values(values)
    .onConflict((conflict) => conflict.column('serial').doUpdateSet(values))
    .execute();
}

export const endClaimOf = async (
  db: unknown,
  { device, at, but = '' }: { readonly device: string; readonly at: number; readonly but?: string },
): Promise<void> =>
  void (await ways(db)
    .updateTable('identity.factory_claim')
    .set({ ended: at })
    .where('device', '=', device)
    .where('serial', '<>', but)
    .where('ended', 'is', null)
    .execute());

/** A request with what only we look at: the hash of what the device showed. */
export interface WaitingRow extends Waiting {
  readonly credentialHash: string;
}

/** The newest first. */
export async function readWaiting(db: unknown, limit: number): Promise<WaitingRow[]> {
  const rows = await ways(db)
    .selectFrom('identity.enrolment_request')
    .selectAll()
    .orderBy('last_asked', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ key_hash: keyHash, credential_hash: credentialHash, last_asked: lastAsked, ...row }) => ({
    ...row,
    keyHash,
    credentialHash,
    lastAsked,
  }));
}

export async function putWaiting(db: unknown, request: WaitingRow): Promise<void> {
  const { keyHash, credentialHash, lastAsked, ...row } = request;
  const values = { ...row, key_hash: keyHash, credential_hash: credentialHash, last_asked: lastAsked };
  await ways(db)
    .insertInto('identity.enrolment_request')
    .values(values)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
}

export const dropWaiting = async (db: unknown, ids: readonly string[]): Promise<void> =>
  void (await ways(db)
    .deleteFrom('identity.enrolment_request')
    .where('id', 'in', [...ids])
    .execute());

export interface DiscoveryRow extends Discovery {
  readonly what: string;
}

/** The newest first. */
export async function readDiscoveries(db: unknown): Promise<DiscoveryRow[]> {
  const rows = await ways(db).selectFrom('identity.discovery').selectAll().orderBy('last', 'desc').execute();
  return rows.map(({ key_hash: keyHash, ...row }) => ({ ...row, keyHash }));
}

export async function putDiscovery(db: unknown, card: DiscoveryRow): Promise<void> {
  const { keyHash, ...row } = card;
  const values = { ...row, key_hash: keyHash };
  await ways(db)
    .insertInto('identity.discovery')
    .values(values)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
}

export const dropDiscovery = async (db: unknown, id: string): Promise<void> =>
  void (await ways(db).deleteFrom('identity.discovery').where('id', '=', id).execute());
