/** Consents in SQL. */
import { sql as raw, type Kysely } from 'kysely';
import { HOLDINGS_SHOWN_MAX } from '@cityward/contracts';
import type { PostRole, Purpose, Refrain, Right } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { Grant, Holder, Scope } from '../domain/grant.ts';

interface Tables {
  'vault.consent': {
    id: string;
    subject: string;
    person: string | null;
    organisation: string | null;
    role: string | null;
    depth: number;
    parent: string | null;
    body: string;
    purpose: string;
    from_at: number;
    until_at: number;
    uses: number | null;
    used: number;
    given_at: number;
    given_by: string;
    taken_back_at: number | null;
    taken_back_by: string | null;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();
type Row = Tables['vault.consent'];

/** A grant with who gave it. */
export interface StoredConsent {
  readonly grant: Grant;
  readonly given: { readonly at: number; readonly by: string };
}
interface Body {
  readonly scope: Scope;
  readonly rights: readonly Right[];
  readonly refrains: readonly Refrain[];
}

function consentOf(row: Row): StoredConsent {
  const { scope, rights, refrains } = JSON.parse(row.body) as Body;
  return {
    grant: {
      id: row.id,
      subject: row.subject,
      grantee: { person: row.person, organisation: row.organisation, role: row.role as PostRole | null },
      scope,
      rights,
      purpose: row.purpose as Purpose,
      from: row.from_at,
      until: row.until_at,
      uses: row.uses,
      used: row.used,
      depth: row.depth,
      parent: row.parent,
      refrains,
      state:
        row.taken_back_at === null
          ? { is: 'standing' }
          : { is: 'taken-back', by: row.taken_back_by!, at: row.taken_back_at },
    },
    given: { at: row.given_at, by: row.given_by },
  };
}

export async function addConsent(tx: Tx, { grant, given }: StoredConsent): Promise<void> {
  const { id, subject, grantee, scope, rights, purpose, refrains, depth, parent } = grant;
  await db(tx)
    .insertInto('vault.consent')
    .values({
      id,
      subject,
      ...grantee,
      depth,
      parent,
      body: JSON.stringify({ scope, rights, refrains } satisfies Body),
      purpose,
      from_at: grant.from,
      until_at: grant.until,
      uses: grant.uses,
      used: grant.used,
      given_at: given.at,
      given_by: given.by,
      taken_back_at: null,
      taken_back_by: null,
    })
    .execute();
}

/** Those that may still be of use to somebody, some at a time in the order of their ids; begins with ''. */
export async function readStanding(
  reader: Reader,
  now: number,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<StoredConsent[]> {
  const rows = await db(reader)
    .selectFrom('vault.consent')
    .selectAll()
    .where('taken_back_at', 'is', null)
    .where('until_at', '>', now)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(consentOf);
}
/** What is for this person by name, or for what they work as; the newest. */
export async function readConsentsTo(reader: Reader, { person, posts }: Holder, now: number): Promise<StoredConsent[]> {
  const rows = await db(reader)
    .selectFrom('vault.consent')
    .selectAll()
    .where('taken_back_at', 'is', null)
    .where('until_at', '>', now)
    .where((eb) =>
      eb.or([
        eb('person', '=', person),
        ...posts.map(({ organisation, role }) =>
          eb.and([eb('person', 'is', null), eb('organisation', '=', organisation), eb('role', '=', role)]),
        ),
      ]),
    )
    .orderBy('given_at', 'desc')
    .limit(HOLDINGS_SHOWN_MAX)
    .execute();
  return rows.map(consentOf);
}
export async function readConsent(reader: Reader, id: string): Promise<StoredConsent | null> {
  const row = await db(reader).selectFrom('vault.consent').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? consentOf(row) : null;
}
export async function readConsentsOf(reader: Reader, subject: string): Promise<StoredConsent[]> {
  const rows = await db(reader)
    .selectFrom('vault.consent')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('given_at', 'desc')
    .limit(HOLDINGS_SHOWN_MAX)
    .execute();
  return rows.map(consentOf);
}

/** As it is now; `null` where SQL had it as taken back already, or never had it. */
export async function markTakenBack(
  tx: Tx,
  { id, at, by }: { readonly id: string; readonly at: number; readonly by: string },
): Promise<StoredConsent | null> {
  const row = await db(tx)
    .updateTable('vault.consent')
    .set({ taken_back_at: at, taken_back_by: by })
    .where('id', '=', id)
    .where('taken_back_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row ? consentOf(row) : null;
}
/** What SQL has of these and not as taken back is so now. Answers how many those were. */
export async function markAllTakenBack(
  tx: Tx,
  taken: readonly { readonly id: string; readonly at: number; readonly by: string }[],
): Promise<number> {
  const [ids, ats, bys] = [taken.map(({ id }) => id), taken.map(({ at }) => at), taken.map(({ by }) => by)];
  const { rows } = await raw<{ id: string }>`update vault.consent as consent
    set taken_back_at = taken.at, taken_back_by = taken.by_whom
    from unnest(${ids}::text[], ${ats}::bigint[], ${bys}::text[]) as taken (id, at, by_whom)
    where consent.id = taken.id and consent.taken_back_at is null returning consent.id`.execute(db(tx));
  return rows.length;
}
/** Of these, the ones that SQL has and not as taken back. */
export async function notTakenBack(reader: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db(reader)
    .selectFrom('vault.consent')
    .select('id')
    .where('id', 'in', ids)
    .where('taken_back_at', 'is', null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}
/** What was taken back by then: how much, and a hash that only the very same gives, whatever order SQL has it in. */
export async function takenUntil(
  reader: Reader,
  until: number,
): Promise<{ readonly count: number; readonly hash: string }> {
  // In parts by the beginning of the id, so that no text in SQL grows with all of it.
  const { rows } = await raw<{ count: number; hash: string }>`
    select coalesce(sum(part.count), 0)::int as count,
      encode(sha256(convert_to(coalesce(string_agg(part.hash, '' order by part.start), ''), 'UTF8')), 'hex') as hash
    from (select left(id, 6) collate "C" as start, count(*) as count,
        encode(sha256(convert_to(string_agg(id || ' ' || taken_back_at, ',' order by id collate "C"), 'UTF8')), 'hex') as hash
      from vault.consent where taken_back_at <= ${until} group by 1) as part`.execute(db(reader));
  return rows[0]!;
}
/** Counts one more use of each, whoever else counts at the same time; answers how many that makes, or `null` where one had none left. */
export async function countUses(
  sql: Sql,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly used: number }[] | null> {
  const noneLeft = new Error('count a use: none is left');
  try {
    return await sql.transact(async (tx) => {
      const rows = await db(tx)
        .updateTable('vault.consent')
        .set((column) => ({ used: column('used', '+', 1) }))
        .where('id', 'in', ids)
        .where('taken_back_at', 'is', null)
        .whereRef('used', '<', 'uses')
        .returning(['id', 'used'])
        .execute();
      if (rows.length < ids.length) throw noneLeft;
      return rows;
    });
  } catch (fault) {
    if (fault === noneLeft) return null;
    throw fault;
  }
}
/** Uses only grow, in whatever order they are saved. */
export const markUsed = async (tx: Tx, id: string, used: number): Promise<void> =>
  void (await db(tx)
    .updateTable('vault.consent')
    .set({ used })
    .where('id', '=', id)
    .where('used', '<', used)
    .execute());

/** Limited consents that were used more often than SQL knows, as far as their limit goes. Answers how many. */
export async function raiseUses(tx: Tx, counts: readonly (readonly [id: string, used: number])[]): Promise<number> {
  const { rows } = await raw<{ id: string }>`update vault.consent as consent set used = least(seen.used, consent.uses)
    from unnest(${counts.map(([id]) => id)}::text[], ${counts.map(([, used]) => used)}::int[]) as seen (id, used)
    where consent.id = seen.id and consent.uses is not null and consent.used < least(seen.used, consent.uses)
    returning consent.id`.execute(db(tx));
  return rows.length;
}
