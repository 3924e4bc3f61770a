/** Requests in SQL. */
import type { Kysely } from 'kysely';
import { REQUESTS_SHOWN_MAX, type RightRequest } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

export interface RequestRow {
  id: string;
  subject: string;
  kind: string;
  regime: string;
  by_whom: string;
  at: number;
  paper: string;
  clause: string;
  due: number;
  withdrawn_at: number | null;
  extended_at: number | null;
  extended_by: string | null;
  extended_clause: string | null;
  extended_from: number | null;
  extended_paper: string | null;
  answered_at: number | null;
  answered_by: string | null;
  outcome: string | null;
  clauses: string | null;
  answer_paper: string | null;
  reminded_at: number | null;
  overdue_at: number | null;
}
interface Tables {
  'vault.request': RequestRow;
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

const NOTHING_YET = {
  ...{ withdrawn_at: null, extended_at: null, extended_by: null, extended_clause: null, extended_from: null },
  ...{ extended_paper: null, answered_at: null, answered_by: null, outcome: null, clauses: null, answer_paper: null },
  ...{ reminded_at: null, overdue_at: null },
};

function stateOf({ withdrawn_at, answered_at, extended_at }: RequestRow): RightRequest['state'] {
  if (withdrawn_at !== null) return 'withdrawn';
  if (answered_at !== null) return 'answered';
  return extended_at === null ? 'received' : 'extended';
}
function requestOf(row: RequestRow, now: number): RightRequest {
  const state = stateOf(row);
  const isOpen = state === 'received' || state === 'extended';
  return {
    ...{ id: row.id, subject: row.subject, by: row.by_whom, at: row.at, paper: row.paper, state },
    ...{ kind: row.kind as RightRequest['kind'], regime: row.regime as RightRequest['regime'] },
    ...{ due: row.due, clause: row.clause, isOverdue: isOpen ? now >= row.due : lateBy(row) },
    extended:
      row.extended_at === null
        ? null
        : {
            ...{ at: row.extended_at, by: row.extended_by!, clause: row.extended_clause! },
            ...{ from: row.extended_from!, paper: row.extended_paper! },
          },
    answer:
      row.answered_at === null
        ? null
        : {
            ...{ at: row.answered_at, by: row.answered_by!, paper: row.answer_paper! },
            outcome: row.outcome as NonNullable<RightRequest['answer']>['outcome'],
            clauses: JSON.parse(row.clauses!) as string[],
          },
  };
}
const lateBy = ({ answered_at, due }: RequestRow): boolean => answered_at !== null && answered_at >= due;

type Filed = Pick<RightRequest, 'id' | 'subject' | 'by' | 'at' | 'paper' | 'clause' | 'due'> & {
  readonly kind: string;
  readonly regime: string;
};
/** As it is when it comes. */
export const rowOf = ({ id, subject, kind, regime, by: by_whom, at, paper, clause, due }: Filed): RequestRow => ({
  ...{ id, subject, kind, regime, by_whom, at, paper, clause, due },
  ...NOTHING_YET,
});
export const addRequest = async (tx: Tx, request: RightRequest): Promise<void> =>
  void (await db(tx).insertInto('vault.request').values(rowOf(request)).execute());

export async function rowsOf(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, RequestRow>> {
  const rows = await db(tx).selectFrom('vault.request').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row]));
}
/** In the place of the one that is there. */
export async function putRow(tx: Tx, row: RequestRow): Promise<void> {
  await db(tx)
    .insertInto('vault.request')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

export async function readRequest(reader: Reader, id: string, now: number): Promise<RightRequest | null> {
  const row = await db(reader).selectFrom('vault.request').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? requestOf(row, now) : null;
}
export async function requestsOf(reader: Reader, subject: string, now: number): Promise<RightRequest[]> {
  const rows = await db(reader)
    .selectFrom('vault.request')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('at', 'desc')
    .limit(REQUESTS_SHOWN_MAX)
    .execute();
  return rows.map((row) => requestOf(row, now));
}
export async function openRequests(reader: Reader, now: number): Promise<RightRequest[]> {
  const rows = await db(reader)
    .selectFrom('vault.request')
    .selectAll()
    .where('answered_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .orderBy('due')
    .limit(REQUESTS_SHOWN_MAX)
    .execute();
  return rows.map((row) => requestOf(row, now));
}
/** Once for each request: `false` where it was so already. */
export async function markOnce(
  tx: Tx,
  id: string,
  { what, at }: { readonly what: 'reminded_at' | 'overdue_at'; readonly at: number },
): Promise<boolean> {
  const row = await db(tx)
    .updateTable('vault.request')
    .set({ [what]: at })
    .where('id', '=', id)
    .where(what, 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
/** What is changed of a request that nobody answered or took back; `false` where somebody did meanwhile. */
export async function changeOpen(tx: Tx, id: string, change: Partial<RequestRow>): Promise<boolean> {
  const row = await db(tx)
    .updateTable('vault.request')
    .set(change)
    .where('id', '=', id)
    .where('answered_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
