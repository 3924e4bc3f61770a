/** Cloud services and their certificates in SQL. */
import type { DataSet } from '@cityward/contracts';
import type { Kysely } from 'kysely';
import type { ServiceRecord } from './domain/services.ts';

export interface ServiceTables {
  'identity.service': {
    id: string;
    name: string;
    owner: string;
    data: string;
    sites: string;
    registered: number;
    by: string;
    secret_hash: string | null;
    secret_at: number | null;
    public_key: string | null;
    code_hash: string | null;
    code_expires: number | null;
    last_used: number | null;
    ended_at: number | null;
    ended_by: string | null;
    ended_reason: string | null;
  };
  'identity.service_certificate': {
    serial: string;
    service: string;
    key_hash: string;
    not_before: number;
    not_after: number;
  };
}
type Db = Kysely<ServiceTables>;
type Row = ServiceTables['identity.service'];

export interface ServiceCertificate {
  readonly serial: string;
  readonly service: string;
  readonly keyHash: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

export async function readServices(db: Db): Promise<ServiceRecord[]> {
  const rows = await db.selectFrom('identity.service').selectAll().execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    owner: row.owner,
    reach: { data: JSON.parse(row.data) as DataSet[], sites: JSON.parse(row.sites) as string[] },
    registered: row.registered,
    by: row.by,
    secret: row.secret_hash === null ? null : { hash: row.secret_hash, at: row.secret_at! },
    publicKey: row.public_key,
    code: row.code_hash === null ? null : { hash: row.code_hash, expires: row.code_expires! },
    lastUsed: row.last_used,
    ended: row.ended_at === null ? null : { at: row.ended_at, by: row.ended_by!, reason: row.ended_reason! },
  }));
}

export async function putService(db: Db, service: ServiceRecord): Promise<void> {
  const row = rowOf(service);
  await db
    .insertInto('identity.service')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** False when it had ended already. */
export async function endService(db: Db, { id, ended }: ServiceRecord): Promise<boolean> {
  const done = await db
    .updateTable('identity.service')
    .set({ ended_at: ended!.at, ended_by: ended!.by, ended_reason: ended!.reason, secret_hash: null, secret_at: null })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return Number(done.numUpdatedRows) > 0;
}

export async function touchServices(db: Db, used: readonly (readonly [string, number])[]): Promise<void> {
  for (const [id, at] of used)
    await db.updateTable('identity.service').set({ last_used: at }).where('id', '=', id).execute();
}

/** Those that are still listed: an ended one stays on the list until after its end. */
export async function readCertificates(db: Db, after: number): Promise<ServiceCertificate[]> {
  const rows = await db
    .selectFrom('identity.service_certificate')
    .selectAll()
    .where('not_after', '>', after)
    .orderBy('not_after')
    .execute();
  return rows.map((row) => ({
    serial: row.serial,
    service: row.service,
    keyHash: row.key_hash,
    notBefore: row.not_before,
    notAfter: row.not_after,
  }));
}

export const addCertificate = async (db: Db, certificate: ServiceCertificate): Promise<void> =>
  void (await db
    .insertInto('identity.service_certificate')
    .values({
      serial: certificate.serial,
      service: certificate.service,
      key_hash: certificate.keyHash,
      not_before: certificate.notBefore,
      not_after: certificate.notAfter,
    })
    .execute());

const rowOf = (service: ServiceRecord): Row => ({
  id: service.id,
  name: service.name,
  owner: service.owner,
  data: JSON.stringify(service.reach.data),
  sites: JSON.stringify(service.reach.sites),
  registered: service.registered,
  by: service.by,
  secret_hash: service.secret?.hash ?? null,
  secret_at: service.secret?.at ?? null,
  public_key: service.publicKey,
  code_hash: service.code?.hash ?? null,
  code_expires: service.code?.expires ?? null,
  last_used: service.lastUsed,
  ended_at: service.ended?.at ?? null,
  ended_by: service.ended?.by ?? null,
  ended_reason: service.ended?.reason ?? null,
});
