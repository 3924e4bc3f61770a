/** Rows of ACME orders. */
import type { Kysely } from 'kysely';
import type { Authorization, Order } from './acme-orders.ts';

interface OrderTables {
  'identity.acme_order': {
    id: string;
    account: string;
    names: string[];
    authorizations: string;
    state: 'open' | 'valid' | 'invalid';
    certificate: string | null;
    expires: number;
  };
  'identity.acme_account': { id: string; network: string };
}
const tables = (db: unknown): Kysely<OrderTables> => db as Kysely<OrderTables>;

const FORGOTTEN_AT_ONCE_MAX = 500;

/** Those that have not expired. */
export async function readOrders(db: unknown, now: number): Promise<readonly Order[]> {
  const rows = await tables(db)
    .selectFrom('identity.acme_order as placed')
    .innerJoin('identity.acme_account as account', 'account.id', 'placed.account')
    .selectAll('placed')
    .select('account.network')
    .where('placed.expires', '>', now)
    .execute();
  return rows.map((row) => ({ ...row, authorizations: row.authorizations as unknown as Authorization[] }));
}

export async function insertOrder(db: unknown, order: Order, now: number): Promise<void> {
  const { id, account, names, expires } = order;
  const placed = { id, account, names: [...names], expires, ...changing(order) };
  await tables(db).insertInto('identity.acme_order').values(placed).execute();
  const old = tables(db).selectFrom('identity.acme_order').select('id').where('expires', '<=', now);
  await tables(db).deleteFrom('identity.acme_order').where('id', 'in', old.limit(FORGOTTEN_AT_ONCE_MAX)).execute();
}

export async function updateOrder(db: unknown, order: Order): Promise<void> {
  await tables(db).updateTable('identity.acme_order').set(changing(order)).where('id', '=', order.id).execute();
}

/** An order that a kill met while its certificate was made is open again: its client got no answer and may finalize once more. */
const changing = ({ state, certificate, authorizations }: Order) => ({
  state: state === 'processing' ? ('open' as const) : state,
  certificate,
  authorizations: JSON.stringify(authorizations),
});
