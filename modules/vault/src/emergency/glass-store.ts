/** Care and emergencies in SQL. */
import { sql as raw, type Kysely, type Selectable } from 'kysely';
import type { Care, Glass } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

interface Tables {
  'vault.care': {
    id: string;
    subject: string;
    organisation: string;
    kind: string;
    from_at: number;
    until_at: number;
    ended_at: number | null;
  };
  'vault.glass': {
    id: string;
    subject: string;
    by_whom: string;
    organisation: string;
    care: string;
    reason: string;
    paper: string;
    at: number;
    until_at: number;
    ended_at: number | null;
    flags: string;
    reviewed_at: number | null;
    reviewed_by: string | null;
    outcome: string | null;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

/** With the care on which it rests. */
export interface StoredGlass extends Glass {
  readonly care: string;
}

export async function readCare(reader: Reader, now: number): Promise<Care[]> {
  const rows = await db(reader)
    .selectFrom('vault.care')
    .selectAll()
    .where('ended_at', 'is', null)
    .where('until_at', '>', now)
    .execute();
  return rows.map(({ id, subject, organisation, kind, from_at: from, until_at: until, ended_at: ended }) => ({
    ...{ id, subject, organisation, from, until, ended },
    kind: kind as Care['kind'],
  }));
}
export const addCare = async (
  tx: Tx,
  { id, subject, organisation, kind, from: from_at, until: until_at, ended: ended_at }: Care,
): Promise<void> =>
  void (await db(tx)
    .insertInto('vault.care')
    .values({ id, subject, organisation, kind, from_at, until_at, ended_at })
    .execute());
/** `false` where it was ended already. */
export const endCare = (...what: Ending): Promise<boolean> => end('vault.care', ...what);

export async function readGlasses(reader: Reader, since: number): Promise<StoredGlass[]> {
  const rows = await db(reader)
    .selectFrom('vault.glass')
    .selectAll()
    .where((is) => is.or([is('at', '>', since), is('reviewed_at', 'is', null), is('outcome', '=', 'not-justified')]))
    .orderBy('at')
    .execute();
  return rows.map(glassOf);
}
/** By this clinician or of this patient. */
export async function glassesAbout(
  reader: Reader,
  { by, subject, since }: { readonly by: string; readonly subject: string; readonly since: number },
): Promise<StoredGlass[]> {
  const rows = await db(reader)
    .selectFrom('vault.glass')
    .selectAll()
    .where((is) => is.or([is('by_whom', '=', by), is('subject', '=', subject)]))
    .where((is) => is.or([is('at', '>', since), is('outcome', '=', 'not-justified')]))
    .orderBy('at')
    .execute();
  return rows.map(glassOf);
}
function glassOf(row: Selectable<Tables['vault.glass']>): StoredGlass {
  return {
    id: row.id,
    subject: row.subject,
    by: row.by_whom,
    organisation: row.organisation,
    care: row.care,
    reason: row.reason as Glass['reason'],
    paper: row.paper,
    at: row.at,
    until: row.until_at,
    ended: row.ended_at,
    flags: JSON.parse(row.flags) as Glass['flags'],
    review:
      row.reviewed_at === null
        ? null
        : {
            at: row.reviewed_at,
            by: row.reviewed_by!,
            outcome: row.outcome as NonNullable<Glass['review']>['outcome'],
          },
  };
}
export const addGlass = async (tx: Tx, glass: StoredGlass): Promise<void> => {
  const { id, subject, by: by_whom, organisation, care, reason, paper, at, until: until_at, flags } = glass;
  await db(tx)
    .insertInto('vault.glass')
    .values({
      ...{ id, subject, by_whom, organisation, care, reason, paper, at, until_at },
      ...{ ended_at: null, flags: JSON.stringify(flags), reviewed_at: null, reviewed_by: null, outcome: null },
    })
    .execute();
};
/** `false` where it was ended already. */
export const endGlass = (...what: Ending): Promise<boolean> => end('vault.glass', ...what);
export const reviewGlass = async (
  tx: Tx,
  id: string,
  { at, by, outcome }: NonNullable<Glass['review']>,
): Promise<void> =>
  void (await db(tx)
    .updateTable('vault.glass')
    .set({ reviewed_at: at, reviewed_by: by, outcome })
    .where('id', '=', id)
    .where('reviewed_at', 'is', null)
    .execute());

type Ending = readonly [tx: Tx, id: string, at: number];
async function end(...[table, tx, id, at]: readonly ['vault.care' | 'vault.glass', ...Ending]): Promise<boolean> {
  const row = await db(tx)
    .updateTable(table)
    .set({ ended_at: at })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Of these, the ones that there are. */
export async function knownGlasses(reader: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db(reader).selectFrom('vault.glass').select('id').where('id', 'in', ids).execute();
  return new Set(rows.map(({ id }) => id));
}
/** Answers how many of them had not ended. */
export async function endAll(
  ...[tx, table, ends]: readonly [Tx, 'vault.care' | 'vault.glass', readonly (readonly [id: string, at: number])[]]
): Promise<number> {
  const { rows } = await raw<{ id: string }>`update ${raw.table(table)} as one set ended_at = told.at
    from unnest(${ends.map(([id]) => id)}::text[], ${ends.map(([, at]) => at)}::bigint[]) as told (id, at)
    where one.id = told.id and one.ended_at is null returning one.id`.execute(db(tx));
  return rows.length;
}
/** Answers how many of them waited for it. */
export async function reviewAll(
  tx: Tx,
  reviews: readonly (readonly [id: string, NonNullable<Glass['review']>])[],
): Promise<number> {
  const { rows } = await raw<{ id: string }>`update vault.glass as one
    set reviewed_at = told.at, reviewed_by = told.by_whom, outcome = told.outcome
    from unnest(${reviews.map(([id]) => id)}::text[], ${reviews.map(([, { at }]) => at)}::bigint[],
      ${reviews.map(([, { by }]) => by)}::text[], ${reviews.map(([, { outcome }]) => outcome)}::text[])
      as told (id, at, by_whom, outcome)
    where one.id = told.id and one.reviewed_at is null returning one.id`.execute(db(tx));
  return rows.length;
}
