/** Which account at the city's sign-in provider belongs to which person. */
import type { Kysely } from 'kysely';
import type { PeopleTables } from './people-store.ts';

export interface AccountsTables {
  'identity.oidc_subject': { issuer: string; subject: string; person: string; bound: number };
}
type Db = Kysely<AccountsTables>;

export interface Account {
  readonly issuer: string;
  readonly subject: string;
  readonly person: string;
  readonly bound: number;
}

interface At {
  readonly issuer: string;
}
/** By the provider's name for them. */
export const readAccount = (
  db: Db,
  { issuer, subject }: At & { readonly subject: string },
): Promise<Account | undefined> =>
  db
    .selectFrom('identity.oidc_subject')
    .selectAll()
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();

export const readAccountOf = (
  db: Db,
  { issuer, person }: At & { readonly person: string },
): Promise<Account | undefined> =>
  db
    .selectFrom('identity.oidc_subject')
    .selectAll()
    .where('issuer', '=', issuer)
    .where('person', '=', person)
    .executeTakeFirst();

/** Those who run the city and have one. */
export async function readConnectedStaff(db: Kysely<AccountsTables & PeopleTables>, issuer: string): Promise<string[]> {
  const rows = await db
    .selectFrom('identity.oidc_subject')
    .innerJoin('identity.person', 'identity.person.id', 'identity.oidc_subject.person')
    .select('identity.oidc_subject.person')
    .where('identity.oidc_subject.issuer', '=', issuer)
    .where('identity.person.kind', '=', 'staff')
    .execute();
  return rows.map(({ person }) => person);
}

/** Takes the place of what the same account was bound to. */
export async function putAccount(db: Db, account: Account): Promise<void> {
  await db
    .deleteFrom('identity.oidc_subject')
    .where('issuer', '=', account.issuer)
    .where('subject', '=', account.subject)
    .execute();
  await db
    .insertInto('identity.oidc_subject')
    .values({ ...account })
    .execute();
}

export const dropAccount = async (db: Db, { issuer, subject }: Account): Promise<void> =>
  void (await db
    .deleteFrom('identity.oidc_subject')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .execute());
