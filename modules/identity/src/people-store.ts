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

const personOf = (row: PeopleTables['identity.person']): StoredPerson => ({
  id: row.id,
  handle: row.handle,
  kind: row.kind,
  position: row.profession === null ? null : { profession: row.profession, organisation: row.organisation! },
  roles: words(row.roles) as StandingRole[],
  state: row.state,
  lastSeen: row.last_seen,
});

/** Whoever works for the city or with it. */
export async function readWorking(db: Db): Promise<StoredPerson[]> {
  const rows = await db
    .selectFrom('identity.person')
    .selectAll()
    .where('kind', '!=', 'resident')
    .orderBy('created')
    .execute();
  return rows.map(personOf);
}

/** Read at a time. */
const RESIDENTS_PER_PAGE = 10_000;
/** With how many passkeys each has; in pages, so that they never lie in memory together. */
export async function* readResidents(
  db: Db,
): AsyncIterable<Pick<StoredPerson, 'id' | 'handle' | 'state'> & { readonly passkeys: number }> {
  let after = '';
  for (;;) {
    const rows = await db
      .selectFrom('identity.person')
      .select((eb) => [
        'id',
        'handle',
        'state',
        eb
          .selectFrom('identity.passkey')
          .select(({ fn }) => fn.countAll<string>().as('count'))
          .whereRef('identity.passkey.person', '=', 'identity.person.id')
          .as('passkeys'),
      ])
      .where('kind', '=', 'resident')
      .where('id', '>', after)
      .orderBy('id')
      .limit(RESIDENTS_PER_PAGE)
      .execute();
    for (const { passkeys, ...row } of rows) yield { ...row, passkeys: Number(passkeys) };
    if (rows.length < RESIDENTS_PER_PAGE) return;
    after = rows.at(-1)!.id;
  }
}

/** By what they are called, whoever they are. */
export async function readNamed(db: Db, handle: string): Promise<string | null> {
  const row = await db
    .selectFrom('identity.person')
    .select('id')
    .where(({ eb, fn, val }) => eb(fn<string>('lower', ['handle']), '=', fn<string>('lower', [val(handle.trim())])))
    .executeTakeFirst();
  return row?.id ?? null;
}

export async function addPeople(db: Db, people: readonly PersonRecord[], at: number): Promise<void> {
  const rows = people.map(({ id, handle, kind, position, roles, state }) => {
    const place = { profession: position?.profession ?? null, organisation: position?.organisation ?? null };
    return { id, handle, kind, ...place, roles: roles.join(','), state, created: at, last_seen: null };
  });
  await db.insertInto('identity.person').values(rows).execute();
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

const passkeyOf = (row: PeopleTables['identity.passkey']): Passkey => ({
  id: row.id,
  person: row.person,
  publicKey: row.public_key,
  counter: row.counter,
  transports: words(row.transports),
  backedUp: row.backed_up,
});

/** Of those who work for the city or with it. */
export async function readWorkingPasskeys(db: Db): Promise<Passkey[]> {
  const rows = await db
    .selectFrom('identity.passkey')
    .selectAll('identity.passkey')
    .innerJoin('identity.person', 'identity.person.id', 'identity.passkey.person')
    .where('identity.person.kind', '!=', 'resident')
    .execute();
  return rows.map(passkeyOf);
}

export async function readPasskey(db: Db, id: string): Promise<Passkey | null> {
  const row = await db.selectFrom('identity.passkey').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? passkeyOf(row) : null;
}

export async function readPasskeysOf(db: Db, person: string): Promise<Passkey[]> {
  return (await db.selectFrom('identity.passkey').selectAll().where('person', '=', person).execute()).map(passkeyOf);
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

/** Whose it is; null for one that is not there any more. */
export async function readRecoveryCode(db: Db, hash: string): Promise<string | null> {
  const row = await db
    .selectFrom('identity.recovery_code')
    .select('person')
    .where('hash', '=', hash)
    .executeTakeFirst();
  return row?.person ?? null;
}

export async function countRecoveryCodes(db: Db, person: string): Promise<number> {
  const row = await db
    .selectFrom('identity.recovery_code')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('person', '=', person)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

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

/** Answers whether it was still there: of two who use it at once, one has it. */
export async function dropRecoveryCode(db: Db, hash: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('identity.recovery_code')
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

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
