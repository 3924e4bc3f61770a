/** Requests to see records, in SQL. */
import {
  ACCESS_REQUESTS_SHOWN_MAX,
  type AccessRequest,
  type AccessRequestDraft,
  type PostRole,
} from '@cityward/contracts';
import type { Kysely } from 'kysely';
import type { Sql, Tx } from '@cityward/sql';

interface Tables {
  'vault.access_request': {
    id: string;
    asker: string;
    organisation: string;
    role: string;
    subject: string;
    body: string;
    asked_at: number;
    until_at: number;
    state: Exclude<AccessRequest['state'], 'lapsed'>;
    consent: string | null;
  };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();
type Body = Omit<AccessRequestDraft, 'subject'>;

function requestOf(row: Tables['vault.access_request'], now: number): AccessRequest {
  const { id, asker, organisation, subject, asked_at: at, until_at: until, consent } = row;
  const state = row.state === 'open' && until <= now ? 'lapsed' : row.state;
  return {
    ...{ id, asker, organisation, role: row.role as PostRole, subject, at, until, state, consent },
    ...(JSON.parse(row.body) as Body),
  };
}

function openRowOf(request: AccessRequest): Tables['vault.access_request'] {
  const { id, asker, organisation, role, subject, at, until, scope, rights, purpose, days, why } = request;
  const body = JSON.stringify({ scope, rights, purpose, days, why } satisfies Body);
  return {
    ...{ id, asker, organisation, role, subject, body },
    ...{ asked_at: at, until_at: until, state: 'open', consent: null },
  };
}
export const addRequest = async (tx: Tx, request: AccessRequest): Promise<void> =>
  void (await db(tx).insertInto('vault.access_request').values(openRowOf(request)).execute());
/** `false` where it is there, whatever became of it. */
export async function addLost(tx: Tx, request: AccessRequest): Promise<boolean> {
  const added = await db(tx)
    .insertInto('vault.access_request')
    .values(openRowOf(request))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(added.numInsertedOrUpdatedRows ?? 0) === 1;
}
export async function readRequest(reader: Reader, id: string, now: number): Promise<AccessRequest | null> {
  const row = await db(reader).selectFrom('vault.access_request').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? requestOf(row, now) : null;
}
export async function readRequests(
  reader: Reader,
  { of, id }: { readonly of: 'asker' | 'subject'; readonly id: string },
  now: number,
): Promise<AccessRequest[]> {
  const rows = await db(reader)
    .selectFrom('vault.access_request')
    .selectAll()
    .where(of, '=', id)
    .orderBy('asked_at', 'desc')
    .limit(ACCESS_REQUESTS_SHOWN_MAX)
    .execute();
  return rows.map((row) => requestOf(row, now));
}
/** `false` where it is not open any more. */
export async function closeRequest(
  tx: Tx,
  id: string,
  closed: { readonly state: 'agreed' | 'declined' | 'withdrawn'; readonly at: number; readonly consent: string | null },
): Promise<boolean> {
  const row = await db(tx)
    .updateTable('vault.access_request')
    .set({ state: closed.state, until_at: closed.at, consent: closed.consent })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
/** Those whose time is over make room for another. */
export const dropLapsed = async (tx: Tx, asker: string, now: number): Promise<void> =>
  void (await db(tx)
    .updateTable('vault.access_request')
    .set({ state: 'withdrawn' })
    .where('asker', '=', asker)
    .where('state', '=', 'open')
    .where('until_at', '<=', now)
    .execute());
