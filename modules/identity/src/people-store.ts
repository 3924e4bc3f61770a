/** People, links, passkeys, recovery codes and sessions: their tables and what is asked of them. */
import type { PersonKind, Profession, StandingRole } from '@cityward/contracts';
import type { Kysely } from 'kysely';
import type { PersonRecord, PersonState } from './domain/people.ts';
import type { SignInMethod } from './domain/session.ts';

export interface PeopleTables {
  'identity.person': {
    id: string;
    handle: string;
    kind: PersonKind;
    profession: Profession | null;
    organisation: string | null;
    roles: string;
    state: PersonState;
    created: number;
    last_seen: number | null;
  };
  'identity.link': { hash: string; person: string; issued: number; expires: number };
  'identity.passkey': {
    id: string;
    person: string;
    public_key: string;
    counter: number;
    transports: string;
    backed_up: boolean;
    created: number;
    last_used: number | null;
  };
  'identity.recovery_code': { hash: string; person: string; issued: number };
  'identity.session': {
    hash: string;
    person: string;
    method: SignInMethod;
    created: number;
    last_seen: number;
    expires: number;
  };
}
type Db = Kysely<PeopleTables>;

export interface StoredPerson extends PersonRecord {
  readonly lastSeen: number | null;
}
export interface LinkRow {
  readonly hash: string;
  readonly person: string;
  readonly issued: number;
  readonly expires: number;
}
export interface Passkey {
  readonly id: string;
  readonly person: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly backedUp: boolean;
}
export interface SessionRow {
  readonly hash: string;
  readonly person: string;
  readonly method: SignInMethod;
  readonly created: number;
  readonly lastSeen: number;
  readonly expires: number;
}

const words = (text: string): string[] => text.split(',').filter((word) => word !== '');

export async function readPeople(db: Db): Promise<StoredPerson[]> {
  const rows = await db.selectFrom('identity.person').selectAll().orderBy('created').execute();
  return rows.map((row) => ({
    id: row.id,
    handle: row.handle,
    kind: row.kind,
    position: row.profession === null ? null : { profession: row.profession, organisation: row.organisation! },
    roles: words(row.roles) as StandingRole[],
    state: row.state,
    lastSeen: row.last_seen,
  }));
}

export async function addPerson(db: Db, person: PersonRecord, at: number): Promise<void> {
  const { id, handle, kind, position, roles, state } = person;
  const place = { profession: position?.profession ?? null, organisation: position?.organisation ?? null };
  await db
    .insertInto('identity.person')
    .values({ id, handle, kind, ...place, roles: roles.join(','), state, created: at, last_seen: null })
    .execute();
}

export const putPerson = async (db: Db, { id, roles, state }: PersonRecord): Promise<void> =>
  void (await db
    .updateTable('identity.person')
    .set({ roles: roles.join(','), state })
    .where('id', '=', id)
    .execute());

export const readLinks = (db: Db, now: number): Promise<LinkRow[]> =>
  db.selectFrom('identity.link').selectAll().where('expires', '>', now).execute();

/** The one link of a person; those before it end. */
export async function putLink(db: Db, link: LinkRow): Promise<void> {
  await dropLinks(db, link.person);
  await db.insertInto('identity.link').values(link).execute();
}

export const dropLinks = async (db: Db, person: string): Promise<void> =>
  void (await db.deleteFrom('identity.link').where('person', '=', person).execute());

export async function readPasskeys(db: Db): Promise<Passkey[]> {
  const rows = await db.selectFrom('identity.passkey').selectAll().execute();
  return rows.map((row) => ({
    id: row.id,
    person: row.person,
    publicKey: row.public_key,
    counter: row.counter,
    transports: words(row.transports),
    backedUp: row.backed_up,
  }));
}

export const addPasskey = async (db: Db, passkey: Passkey, at: number): Promise<void> =>
  void (await db
    .insertInto('identity.passkey')
    .values({
      id: passkey.id,
      person: passkey.person,
      public_key: passkey.publicKey,
      counter: passkey.counter,
      transports: passkey.transports.join(','),
      backed_up: passkey.backedUp,
      created: at,
      last_used: null,
    })
    .execute());

export const usePasskey = async (db: Db, { id, counter, backedUp }: Passkey, at: number): Promise<void> =>
  void (await db
    .updateTable('identity.passkey')
    .set({ counter, backed_up: backedUp, last_used: at })
    .where('id', '=', id)
    .execute());

export const readRecoveryCodes = (db: Db): Promise<{ hash: string; person: string }[]> =>
  db.selectFrom('identity.recovery_code').select(['hash', 'person']).execute();

/** New codes of a person; those before them end. */
export async function putRecoveryCodes(
  db: Db,
  person: string,
  codes: { hashes: readonly string[]; at: number },
): Promise<void> {
  await db.deleteFrom('identity.recovery_code').where('person', '=', person).execute();
  const rows = codes.hashes.map((hash) => ({ hash, person, issued: codes.at }));
  await db.insertInto('identity.recovery_code').values(rows).execute();
}

export const dropRecoveryCode = async (db: Db, hash: string): Promise<void> =>
  void (await db.deleteFrom('identity.recovery_code').where('hash', '=', hash).execute());

export async function readSessions(db: Db, now: number): Promise<SessionRow[]> {
  await db.deleteFrom('identity.session').where('expires', '<=', now).execute();
  const rows = await db.selectFrom('identity.session').selectAll().execute();
  return rows.map(({ last_seen: lastSeen, ...row }) => ({ ...row, lastSeen }));
}

export const addSession = async (db: Db, { lastSeen, ...row }: SessionRow): Promise<void> =>
  void (await db
    .insertInto('identity.session')
    .values({ ...row, last_seen: lastSeen })
    .execute());

export const dropSessions = async (db: Db, hashes: readonly string[]): Promise<void> =>
  void (await db
    .deleteFrom('identity.session')
    .where('hash', 'in', [...hashes])
    .execute());

/** When sessions and their people were last seen: one statement per person, few people. */
export async function touch(db: Db, seen: readonly Pick<SessionRow, 'hash' | 'person' | 'lastSeen'>[]): Promise<void> {
  for (const { hash, person, lastSeen } of seen) {
    await db.updateTable('identity.session').set({ last_seen: lastSeen }).where('hash', '=', hash).execute();
    await db.updateTable('identity.person').set({ last_seen: lastSeen }).where('id', '=', person).execute();
  }
}
