/** Nodes and what they tell each other, in SQL. */
import { sql as raw, type Kysely } from 'kysely';
import type { Sql, Tx } from '@cityward/sql';

interface Tables {
  'vault.node': { id: string; turn: number; applied: number };
  'vault.change': { sequence: number; node: string; at: number; body: string };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export interface SeenNode {
  readonly id: string;
  readonly turn: number;
  readonly applied: number;
}
export interface SharedChange {
  readonly sequence: number;
  readonly node: string;
  readonly body: string;
}
export interface Announcement {
  readonly node: string;
  readonly at: number;
  readonly bodies: readonly string[];
}
/** Each call is one transaction: what it wrote is seen by every call that begins after it has resolved. */
export interface NodeStore {
  /** Numbers them, makes them seen and tells whoever listens; answers the last number. */
  announce(announcement: Announcement): Promise<number>;
  /** Says that this node goes on, and what it has in force. */
  renew(node: SeenNode): Promise<void>;
  nodes(): Promise<readonly SeenNode[]>;
  changesAfter(sequence: number, limit: number): Promise<readonly SharedChange[]>;
  lastChange(): Promise<number>;
  /** Calls soon after another node has told something, where the database can; and whenever it may have been missed. */
  onTold(hear: () => void, own: string): () => void;
  /** Forgets a node that stood still at this turn. */
  remove(node: Pick<SeenNode, 'id' | 'turn'>): Promise<void>;
  /** Forgets changes from before that time, never the last one: numbers go on from it. */
  prune(before: number): Promise<void>;
}

const CHANGED = 'vault_changed';

/** Nothing else locks on it: announcers wait for each other, so that numbers become visible in their order. */
const CHANGE_LOCK = 7_201_534;

export async function announceIn(tx: Tx, { node, at, bodies }: Announcement): Promise<number> {
  await raw`select pg_advisory_xact_lock(${CHANGE_LOCK})`.execute(db(tx));
  const last = await lastIn(tx);
  await db(tx)
    .insertInto('vault.change')
    .values(bodies.map((body, i) => ({ sequence: last + 1 + i, node, at, body })))
    .execute();
  await tx.notify(CHANGED, node);
  return last + bodies.length;
}
async function lastIn(reader: Reader): Promise<number> {
  const row = await db(reader)
    .selectFrom('vault.change')
    .select((select) => select.fn.max('sequence').as('last'))
    .executeTakeFirst();
  return row?.last ?? 0;
}

export const sqlNodeStore = (sql: Sql): NodeStore => ({
  announce: (announcement) => sql.transact((tx) => announceIn(tx, announcement)),
  renew: async (node) =>
    void (await db(sql)
      .insertInto('vault.node')
      .values(node)
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ turn: node.turn, applied: node.applied }))
      .execute()),
  nodes: () => db(sql).selectFrom('vault.node').selectAll().execute(),
  changesAfter: (sequence, limit) =>
    db(sql)
      .selectFrom('vault.change')
      .select(['sequence', 'node', 'body'])
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .limit(limit)
      .execute(),
  lastChange: () => lastIn(sql),
  onTold: (hear, own) => sql.listen(CHANGED, (from) => from !== own && hear()),
  remove: async ({ id, turn }) =>
    void (await db(sql).deleteFrom('vault.node').where('id', '=', id).where('turn', '=', turn).execute()),
  prune: async (before) =>
    void (await db(sql)
      .deleteFrom('vault.change')
      .where('at', '<', before)
      .where('sequence', '<', (query) =>
        query.selectFrom('vault.change').select((select) => select.fn.max('sequence').as('last')),
      )
      .execute()),
});
