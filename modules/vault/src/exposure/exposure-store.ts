/** Questions of whose data was touched, and the people they found. */
import { sql as raw, type Kysely } from 'kysely';
import { EXPOSED_PAGE_MAX, EXPOSURES_SHOWN_MAX, type ExposureScope, type Touch } from '@cityward/contracts';
import { textArray, type Sql, type Tx } from '@cityward/sql';
import type { Touched } from '../domain/exposure/drafts.ts';

type State = 'asked' | 'telling' | 'told';
interface Tables {
  'vault.exposure': {
    id: string;
    at: number;
    by_whom: string;
    reason: string;
    scope: string;
    state: State;
    words: string | null;
    told_by: string | null;
  };
  'vault.exposed': { exposure: string; subject: string; touches: string; told_at: number | null };
}
type Reader = Pick<Sql, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();
const PEOPLE_PER_INSERT = 5_000;

export interface StoredExposure {
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  readonly scope: ExposureScope;
  readonly state: State;
  /** What people are told, and by whom. */
  readonly telling: { readonly words: string; readonly by: string } | null;
}

/** Whose records were stored in the time, by whom of these or by anybody. */
export async function storedIn(
  reader: Reader,
  { sources, from, to }: Pick<ExposureScope, 'from' | 'to'> & { readonly sources: readonly string[] | null },
): Promise<readonly { readonly subject: string; readonly category: string }[]> {
  const by = sources === null ? raw`true` : raw`version.by_whom = any(${textArray(sources)})`;
  const { rows } = await raw<{ subject: string; category: string }>`
    select distinct record.subject, record.category from vault.version as version
      join vault.record as record on record.id = version.record
      where version.at between ${from} and ${to} and ${by}`.execute(db(reader));
  return rows;
}

export async function addExposure(
  tx: Tx,
  { id, at, by, reason, scope }: Omit<StoredExposure, 'state' | 'telling'>,
  people: readonly Touched[],
): Promise<void> {
  const row = { id, at, by_whom: by, reason, scope: JSON.stringify(scope), state: 'asked' } as const;
  await db(tx)
    .insertInto('vault.exposure')
    .values({ ...row, words: null, told_by: null })
    .execute();
  for (let from = 0; from < people.length; from += PEOPLE_PER_INSERT) {
    const rows = people
      .slice(from, from + PEOPLE_PER_INSERT)
      .map(({ subject, touches }) => ({ subject, touches: JSON.stringify(touches) }));
    await raw`insert into vault.exposed (exposure, subject, touches)
      select ${id}, subject, touches from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as row(subject text, touches text)`.execute(db(tx));
  }
}

const exposureOf = (row: Tables['vault.exposure']): StoredExposure => ({
  id: row.id,
  at: row.at,
  by: row.by_whom,
  reason: row.reason,
  scope: JSON.parse(row.scope) as ExposureScope,
  state: row.state,
  telling: row.words === null ? null : { words: row.words, by: row.told_by! },
});
export async function readExposure(reader: Reader, id: string): Promise<StoredExposure | null> {
  const row = await db(reader).selectFrom('vault.exposure').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? exposureOf(row) : null;
}
export async function readExposures(reader: Reader): Promise<StoredExposure[]> {
  const all = db(reader).selectFrom('vault.exposure').selectAll();
  return (await all.orderBy('at', 'desc').limit(EXPOSURES_SHOWN_MAX).execute()).map(exposureOf);
}
export async function readTelling(reader: Reader): Promise<StoredExposure[]> {
  const all = db(reader).selectFrom('vault.exposure').selectAll();
  return (await all.where('state', '=', 'telling').orderBy('at').execute()).map(exposureOf);
}

/** How many people were touched in which way, and how many of them were told. */
export async function readGroups(
  reader: Reader,
  exposure: string,
): Promise<readonly { readonly touches: readonly Touch[]; readonly people: number; readonly told: number }[]> {
  const { rows } = await raw<{ touches: string; people: number; told: number }>`
    select touches, count(*)::int as people, count(told_at)::int as told from vault.exposed
      where exposure = ${exposure} group by touches order by count(*) desc, touches`.execute(db(reader));
  return rows.map(({ touches, ...counts }) => ({ touches: JSON.parse(touches) as Touch[], ...counts }));
}

interface Exposed extends Touched {
  readonly toldAt: number | null;
}
/** A page of them, in the order of their ids. */
export async function readExposed(
  ...[reader, exposure, { after, untold = false, limit = EXPOSED_PAGE_MAX }]: readonly [
    Reader,
    string,
    { readonly after?: string | undefined; readonly untold?: boolean; readonly limit?: number },
  ]
): Promise<Exposed[]> {
  let query = db(reader).selectFrom('vault.exposed').selectAll().where('exposure', '=', exposure);
  if (after !== undefined) query = query.where('subject', '>', after);
  if (untold) query = query.where('told_at', 'is', null);
  const rows = await query.orderBy('subject').limit(limit).execute();
  return rows.map((row) => ({
    subject: row.subject,
    touches: JSON.parse(row.touches) as Touch[],
    toldAt: row.told_at,
  }));
}

/** What somebody was told of these questions: the words, the time, and what of theirs was touched. */
export async function readTold(
  reader: Reader,
  subject: string,
  exposures: readonly string[],
): Promise<
  ReadonlyMap<string, { readonly words: string; readonly scope: ExposureScope; readonly touches: readonly Touch[] }>
> {
  const rows = await db(reader)
    .selectFrom('vault.exposed as exposed')
    .innerJoin('vault.exposure as exposure', 'exposure.id', 'exposed.exposure')
    .select(['exposure.id', 'exposure.words', 'exposure.scope', 'exposed.touches'])
    .where('exposed.subject', '=', subject)
    .where('exposed.exposure', 'in', exposures)
    .where('exposed.told_at', 'is not', null)
    .execute();
  return new Map(
    rows.map(({ id, words, scope, touches }) => [
      id,
      {
        words: words ?? '',
        scope: JSON.parse(scope) as ExposureScope,
        touches: JSON.parse(touches) as Touch[],
      },
    ]),
  );
}

/** False where somebody else said it first. */
export async function beginTelling(
  tx: Tx,
  { id, words, by }: { readonly id: string; readonly words: string; readonly by: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db(tx)
    .updateTable('vault.exposure')
    .set({ state: 'telling', words, told_by: by })
    .where('id', '=', id)
    .where('state', '=', 'asked')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
export const endTelling = async (tx: Tx, id: string): Promise<void> =>
  void (await db(tx).updateTable('vault.exposure').set({ state: 'told' }).where('id', '=', id).execute());
export const markTold = async (
  tx: Tx,
  exposure: string,
  { subjects, at }: { readonly subjects: readonly string[]; readonly at: number },
): Promise<void> =>
  void (await db(tx)
    .updateTable('vault.exposed')
    .set({ told_at: at })
    .where('exposure', '=', exposure)
    .where('subject', '=', raw<string>`any(${textArray(subjects)})`)
    .execute());
