/** Officers, artifacts, signatures and published metadata in SQL. */
import type { Kysely } from 'kysely';
import type { JobSignature, SignedOfficers } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { RoleName } from './domain/tuf/metadata.ts';

interface Tables {
  'fleet.officers': { version: number; hash: string; signed: unknown; at: number; by_whom: string };
  'fleet.artifact': {
    sha256: string;
    kind: 'firmware' | 'configuration';
    name: string;
    version: string;
    size: number;
    classes: unknown;
    models: unknown;
    hardware: unknown;
    at: number;
    by_whom: string;
  };
  'fleet.signature': {
    change: string;
    officer: string;
    key: string;
    public_key: string;
    signature: unknown;
    at: number;
  };
  'fleet.metadata': { role: RoleName; version: number; text: string; at: number };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export interface OfficersRow {
  readonly version: number;
  readonly hash: string;
  readonly signed: SignedOfficers;
  readonly at: number;
  readonly by: string;
}
export async function officersRows(reader: Reader): Promise<OfficersRow[]> {
  const rows = await db(reader).selectFrom('fleet.officers').selectAll().orderBy('version').execute();
  return rows.map(({ version, hash, signed, at, by_whom }) => ({
    version,
    hash,
    signed: signed as SignedOfficers,
    at: Number(at),
    by: by_whom,
  }));
}
export async function insertOfficers(tx: Tx, { version, hash, signed, at, by }: OfficersRow): Promise<void> {
  await db(tx)
    .insertInto('fleet.officers')
    .values({ version, hash, signed: JSON.stringify(signed), at, by_whom: by })
    .execute();
}

/** An artifact as it is kept and listed. */
export interface Artifact {
  readonly sha256: string;
  readonly size: number;
  readonly kind: 'firmware' | 'configuration';
  readonly name: string;
  readonly version: string;
  /** Device classes, models and hardware revisions that it is for; none named means all. */
  readonly classes: string[];
  readonly models: string[];
  readonly hardware: string[];
  readonly at: number;
  readonly by: string;
}
export async function artifactRows(reader: Reader): Promise<Artifact[]> {
  const rows = await db(reader).selectFrom('fleet.artifact').selectAll().orderBy('at').orderBy('sha256').execute();
  return rows.map(({ by_whom, at, size, classes, models, hardware, ...row }) => ({
    ...row,
    classes: classes as string[],
    models: models as string[],
    hardware: hardware as string[],
    size: Number(size),
    at: Number(at),
    by: by_whom,
  }));
}
export async function insertArtifact(tx: Tx, { by, classes, models, hardware, ...row }: Artifact): Promise<void> {
  await db(tx)
    .insertInto('fleet.artifact')
    .values({
      ...row,
      classes: JSON.stringify(classes),
      models: JSON.stringify(models),
      hardware: JSON.stringify(hardware),
      by_whom: by,
    })
    .execute();
}

export interface SignatureRow {
  readonly change: string;
  readonly officer: string;
  readonly key: string;
  readonly publicKey: string;
  readonly signature: JobSignature;
  readonly at: number;
}
export async function signatureRows(reader: Reader): Promise<SignatureRow[]> {
  const rows = await db(reader).selectFrom('fleet.signature').selectAll().execute();
  return rows.map(({ change, officer, key, public_key, signature, at }) => ({
    change,
    officer,
    key,
    publicKey: public_key,
    signature: signature as JobSignature,
    at: Number(at),
  }));
}
/** Takes the place of what the same officer signed before. */
export async function putSignature(tx: Tx, row: SignatureRow): Promise<void> {
  const { change, officer, key, publicKey, signature, at } = row;
  const kept = { key, public_key: publicKey, signature: JSON.stringify(signature), at };
  await db(tx)
    .insertInto('fleet.signature')
    .values({ change, officer, ...kept })
    .onConflict((conflict) => conflict.columns(['change', 'officer']).doUpdateSet(kept))
    .execute();
}

export interface MetadataRow {
  readonly role: RoleName;
  readonly version: number;
  readonly text: string;
}
/** The newest of each role. */
export async function newestMetadata(reader: Reader): Promise<MetadataRow[]> {
  return db(reader)
    .selectFrom('fleet.metadata')
    .distinctOn('role')
    .select(['role', 'version', 'text'])
    .orderBy('role')
    .orderBy('version', 'desc')
    .execute();
}
export async function metadataText(reader: Reader, role: RoleName, version: number): Promise<string | null> {
  const row = await db(reader)
    .selectFrom('fleet.metadata')
    .select('text')
    .where('role', '=', role)
    .where('version', '=', version)
    .executeTakeFirst();
  return row?.text ?? null;
}
export async function insertMetadata(tx: Tx, rows: readonly MetadataRow[], at: number): Promise<void> {
  await db(tx)
    .insertInto('fleet.metadata')
    .values(rows.map((row) => ({ ...row, at })))
    .execute();
}
/** Forgets timestamps and snapshots older than the newest: nobody asks for them again, and there is one each day. */
export async function dropOlder(tx: Tx, role: 'snapshot' | 'timestamp', before: number): Promise<void> {
  await db(tx).deleteFrom('fleet.metadata').where('role', '=', role).where('version', '<', before).execute();
}
