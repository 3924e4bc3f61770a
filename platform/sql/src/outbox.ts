/** Facts saved in the transaction that made them true, read back in commit order. */
import { sql, type GeneratedAlways, type Kysely } from 'kysely';
import type { Fact, FactType, ModuleName, NewFact } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';

export interface PlatformTables {
  'platform.outbox': OutboxTable;
  'platform.cursor': { handler: string; position: number };
}
interface OutboxTable {
  position: GeneratedAlways<number>;
  id: string;
  module: string;
  type: string;
  actor: string;
  subject: string;
  at: number;
  personal: boolean;
  data: string;
}

/** Any number that nothing else locks on: appenders wait for each other, so that positions become visible in commit order. */
const OUTBOX_LOCK = 7_201_533;
const ROWS_PER_INSERT = 500;

export async function appendFacts(
  db: Kysely<PlatformTables>,
  facts: readonly (NewFact & { id: string })[],
): Promise<void> {
  await sql`select pg_advisory_xact_lock(${OUTBOX_LOCK})`.execute(db);
  for (let from = 0; from < facts.length; from += ROWS_PER_INSERT) {
    const rows = facts.slice(from, from + ROWS_PER_INSERT).map((fact) => ({
      id: fact.id,
      module: fact.module,
      type: fact.type,
      actor: fact.actor,
      subject: fact.subject,
      at: fact.at,
      personal: fact.personal ?? false,
      data: JSON.stringify(fact.data),
    }));
    await db.insertInto('platform.outbox').values(rows).execute();
  }
}

export async function factsAfter(db: Kysely<PlatformTables>, position: number, limit: number): Promise<Fact[]> {
  const rows = await db
    .selectFrom('platform.outbox')
    .selectAll()
    .where('position', '>', position)
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    ...row,
    module: row.module as ModuleName,
    type: row.type as FactType,
    data: row.data as unknown as { readonly [key: string]: Json },
  }));
}
