/** Whose mark is whose: the session, the reason and the record behind each hidden mark that was ever given out. */
import type { Kysely } from 'kysely';
import type { Purpose } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

export interface StoredMark {
  /** Random: by itself it tells nothing. */
  readonly mark: string;
  readonly session: string;
  readonly record: string;
  readonly subject: string;
  readonly person: string;
  /** `null` without a consent. */
  readonly consent: string | null;
  readonly purpose: Purpose;
  /** When it was first shown. */
  readonly at: number;
}
interface Tables {
  'vault.picture_mark': StoredMark;
}
const db = (sql: Pick<Sql, 'for'>): Kysely<Tables> => sql.for<Tables>();

export const addMark = async (sql: Sql, mark: StoredMark): Promise<void> =>
  sql.transact(async (tx) => {
    await db(tx).insertInto('vault.picture_mark').values(mark).execute();
  });

/** Answers how many were not there. */
export async function addLostMarks(tx: Tx, marks: readonly StoredMark[]): Promise<number> {
  const added = await db(tx)
    .insertInto('vault.picture_mark')
    .values([...marks])
    .onConflict((conflict) => conflict.column('mark').doNothing())
    .executeTakeFirst();
  return Number(added.numInsertedOrUpdatedRows ?? 0);
}

/** Marks after this one, in their own order. */
export const marksAfter = (sql: Sql, after: string, limit: number): Promise<{ mark: string }[]> =>
  db(sql)
    .selectFrom('vault.picture_mark')
    .select('mark')
    .where('mark', '>', after)
    .orderBy('mark')
    .limit(limit)
    .execute();

export async function readMark(sql: Sql, mark: string): Promise<StoredMark | null> {
  const row = await db(sql).selectFrom('vault.picture_mark').selectAll().where('mark', '=', mark).executeTakeFirst();
  return row ? { ...row, at: Number(row.at) } : null;
}
