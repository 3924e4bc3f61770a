/** Which account at the city's sign-in provider belongs to which person. */
import type { Kysely } from 'kysely';

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

export const readAccounts = (db: Db, issuer: string): Promise<Account[]> =>
  db.selectFrom('identity.oidc_subject').selectAll().where('issuer', '=', issuer).execute();

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
