/** Openings of sealed records in SQL. */
import { type Kysely } from 'kysely';
import type { Unsealing } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

interface UnsealingRow {
  id: string;
  subject: string;
  records: string;
  reader: string;
  reason: string;
  clause: string;
  reference: string;
  days: number;
  quiet: boolean;
  state: string;
  asked_at: number;
  asked_by: string;
  approved_at: number | null;
  approved_by: string | null;
  until_at: number | null;
  order_record: string | null;
  hidden_until: number | null;
  ended_at: number | null;
  ended_by: string | null;
  changed_at: number;
}
interface Tables {
  'vault.unsealing': UnsealingRow;
  'vault.version': { record: string; by_whom: string };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

const stamp = (at: number | null, by: string | null): { at: number; by: string } | null =>
  at === null ? null : { at, by: by! };
const unsealingOf = (row: UnsealingRow): Unsealing => ({
  ...{ id: row.id, subject: row.subject, records: JSON.parse(row.records) as string[], reader: row.reader },
  ...{ reason: row.reason, clause: row.clause, reference: row.reference, days: row.days, quiet: row.quiet },
  state: row.state as Unsealing['state'],
  asked: { at: row.asked_at, by: row.asked_by },
  approved: stamp(row.approved_at, row.approved_by),
  ...{ until: row.until_at, order: row.order_record, hiddenUntil: row.hidden_until },
  ended: stamp(row.ended_at, row.ended_by),
});

/** Asked for or open, and those that are over and still kept from the person. */
export async function readUnsealings(reader: Reader, now: number): Promise<Unsealing[]> {
  const rows = await db(reader)
    .selectFrom('vault.unsealing')
    .selectAll()
    .where((is) => is.or([is('state', 'in', ['asked', 'open']), is('hidden_until', '>', now)]))
    .execute();
  return rows.map(unsealingOf);
}
/** Of these, the ones that there are. */
export async function unsealingsNamed(reader: Reader, ids: readonly string[]): Promise<ReadonlyMap<string, Unsealing>> {
  const rows = await db(reader).selectFrom('vault.unsealing').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, unsealingOf(row)]));
}
/** True where it changed something. What is over is never opened again. */
export async function saveUnsealing(tx: Tx, one: Unsealing, at: number): Promise<boolean> {
  const { id, subject, reader, reason, clause, reference, days, quiet, state, asked, approved, ended } = one;
  const row: UnsealingRow = {
    ...{ id, subject, records: JSON.stringify(one.records), reader, reason, clause, reference, days, quiet, state },
    ...{ asked_at: asked.at, asked_by: asked.by },
    ...{ approved_at: approved?.at ?? null, approved_by: approved?.by ?? null, until_at: one.until },
    ...{ order_record: one.order, hidden_until: one.hiddenUntil },
    ...{ ended_at: ended?.at ?? null, ended_by: ended?.by ?? null, changed_at: at },
  };
  const saved = await db(tx)
    .insertInto('vault.unsealing')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(row)
        .where('vault.unsealing.state', 'in', state === 'open' ? ['asked'] : ['asked', 'open'])
        .where('vault.unsealing.state', '<>', state),
    )
    .executeTakeFirst();
  return Number(saved.numInsertedOrUpdatedRows) > 0;
}

/** Whoever stored a version of one of these records. */
export async function putBy(reader: Reader, records: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db(reader)
    .selectFrom('vault.version')
    .select('by_whom')
    .distinct()
    .where('record', 'in', records)
    .execute();
  return new Set(rows.map(({ by_whom: by }) => by));
}
