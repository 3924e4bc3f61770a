/** Where records are in their life, and legal holds, in SQL. */
import { sql as raw, type Kysely } from 'kysely';
import type { Hold, LifeReason, LifeState, RecordLife } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import { packedIds, packedRow, unpacked } from '../packed.ts';
import type { Life } from '../domain/life.ts';

interface LifeRow {
  record: string;
  state: string;
  reason: string;
  by_whom: string;
  clause: string;
  since: number;
  next: number | null;
}
interface HoldRow {
  id: string;
  subject: string;
  category: string | null;
  record: string | null;
  basis: string;
  clause: string;
  state: string;
  asked_at: number;
  asked_by: string;
  set_at: number | null;
  set_by: string | null;
  lift_asked_at: number | null;
  lift_asked_by: string | null;
  lifted_at: number | null;
  lifted_by: string | null;
  changed_at: number;
}
interface Tables {
  'vault.life': LifeRow;
  'vault.hold': HoldRow;
  'vault.record': { id: string; subject: string; category: string; created: number };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export interface StoredLife {
  readonly record: string;
  readonly subject: string;
  readonly life: Life;
}
export const lifeOf = (row: LifeRow): Life => ({
  state: row.state as LifeState,
  reason: row.reason as LifeReason,
  by: row.by_whom,
  clause: row.clause,
  since: row.since,
  next: row.next,
});

export async function readLives(reader: Reader): Promise<StoredLife[]> {
  const { rows } = await raw<LifeRow & { subject: string }>`select l.*, r.subject from vault.life l
    join vault.record r on r.id = l.record`.execute(db(reader));
  return rows.map((row) => ({ record: row.record, subject: row.subject, life: lifeOf(row) }));
}

/** True where it changed something: what SQL has already, or has newer, it keeps. */
export async function saveLife(tx: Tx, record: string, life: Life): Promise<boolean> {
  const { state, reason, by: by_whom, clause, since, next } = life;
  if (state === 'active') {
    const gone = await db(tx)
      .deleteFrom('vault.life')
      .where('record', '=', record)
      .where('since', '<=', since)
      .executeTakeFirst();
    return Number(gone.numDeletedRows) > 0;
  }
  const { rows } = await raw<{ record: string }>`
    insert into vault.life (record, state, reason, by_whom, clause, since, next)
    select id, ${state}, ${reason}, ${by_whom}, ${clause}, ${since}::bigint, ${next}::bigint from vault.record
      where id = ${record} and destroyed_at is null
    on conflict (record) do update set state = excluded.state, reason = excluded.reason, by_whom = excluded.by_whom,
      clause = excluded.clause, since = excluded.since, next = excluded.next
      where vault.life.since <= excluded.since and vault.life.state <> excluded.state
    returning record`.execute(db(tx));
  return rows.length > 0;
}

const stamp = (at: number | null, by: string | null) => (at === null ? null : { at, by: by! });
const holdOf = (row: HoldRow): Hold => ({
  id: row.id,
  subject: row.subject,
  category: row.category,
  record: row.record,
  basis: row.basis,
  clause: row.clause,
  state: row.state as Hold['state'],
  asked: { at: row.asked_at, by: row.asked_by },
  set: stamp(row.set_at, row.set_by),
  liftAsked: stamp(row.lift_asked_at, row.lift_asked_by),
  lifted: stamp(row.lifted_at, row.lifted_by),
});
export async function readOpenHolds(reader: Reader): Promise<Hold[]> {
  const open = ['asked', 'set', 'lift-asked'];
  const rows = await db(reader).selectFrom('vault.hold').selectAll().where('state', 'in', open).execute();
  return rows.map(holdOf);
}
/** Of these, the ones that there are, whatever became of them. */
export async function readHolds(reader: Reader, ids: readonly string[]): Promise<ReadonlyMap<string, Hold>> {
  const rows = await db(reader).selectFrom('vault.hold').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, holdOf(row)]));
}
/** True where it changed something. */
export async function saveHold(tx: Tx, hold: Hold, at: number): Promise<boolean> {
  const { id, subject, category, record, basis, clause, state, asked, set, liftAsked, lifted } = hold;
  const row: HoldRow = {
    ...{ id, subject, category, record, basis, clause, state, changed_at: at },
    ...{ asked_at: asked.at, asked_by: asked.by, set_at: set?.at ?? null, set_by: set?.by ?? null },
    ...{ lift_asked_at: liftAsked?.at ?? null, lift_asked_by: liftAsked?.by ?? null },
    ...{ lifted_at: lifted?.at ?? null, lifted_by: lifted?.by ?? null },
  };
  const saved = await db(tx)
    .insertInto('vault.hold')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(row)
        .where('vault.hold.changed_at', '<=', at)
        .where('vault.hold.state', '<>', state),
    )
    .executeTakeFirst();
  return Number(saved.numInsertedOrUpdatedRows) > 0;
}

/** A record as its end is decided. */
export interface Ending {
  readonly id: string;
  readonly category: string;
  readonly stored: number;
}
/** Of a person: those that are not destroyed. */
export async function endingsOf(reader: Reader, subject: string): Promise<Ending[]> {
  const { rows } = await raw<{ packed: string | null }>`
    select string_agg(${packedRow('id', 'category', 'created')}, E'\\n') as packed
    from vault.record where subject = ${subject} and destroyed_at is null`.execute(db(reader));
  return unpacked(rows[0]?.packed).map(([id, category, stored]) => ({
    ...{ id: id!, category: category!, stored: Number(stored) },
  }));
}
/** When the newest version of all these was stored. */
export async function newestOf(reader: Reader, records: readonly string[]): Promise<number> {
  const { rows } = await raw<{ newest: string | number | null }>`select max(at) as newest from vault.version
    where record = any(${packedIds(records)})`.execute(db(reader));
  return Number(rows[0]?.newest ?? 0);
}
/** People with records of these categories that were stored before `before` and are not destroyed. */
export async function subjectsBefore(
  reader: Reader,
  {
    categories,
    before,
    limit,
  }: { readonly categories: readonly string[]; readonly before: number; readonly limit: number },
): Promise<string[]> {
  const rows = await db(reader)
    .selectFrom('vault.record')
    .select('subject')
    .distinct()
    .where('category', 'in', categories)
    .where('created', '<', before)
    .where(raw<boolean>`destroyed_at is null`)
    .limit(limit)
    .execute();
  return rows.map(({ subject }) => subject);
}

interface ListedRow extends LifeRow {
  category: string;
}
/** Of a person, records that are not simply in use; the destroyed by how far their destruction came. */
export async function listLives(reader: Reader, subject: string, limit: number): Promise<RecordLife[]> {
  const { rows } = await raw<ListedRow>`
    select l.record, r.category, l.state, l.reason, l.by_whom, l.clause, l.since, l.next
      from vault.life l join vault.record r on r.id = l.record where r.subject = ${subject}
    union all
    select r.id, r.category, case d.state when 'copies-left' then 'keys-destroyed'
        when 'to-certify' then 'copies-purged' else 'closed' end,
      d.reason_code, d.by_whom, d.clause, d.at, null
      from vault.record r join vault.destruction d on d.id = r.destruction where r.subject = ${subject}
    order by since desc limit ${limit}`.execute(db(reader));
  return rows.map((row) => ({
    record: row.record,
    category: row.category,
    ...lifeOf({ ...row, since: Number(row.since) }),
  }));
}
