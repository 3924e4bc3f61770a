/** People's lives in SQL: what was recorded, what waits for a second officer, and who was told that they turned sixteen. */
import { sql as raw, type Kysely } from 'kysely';
import { PROPOSALS_SHOWN_MAX, type LifeProposal, type WeightyChange } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';
import type { LifeChange, LifeEvent } from '../domain/lives/life.ts';

interface Tables {
  'vault.life_event': { id: string; subject: string; at: number; by_whom: string; body: string };
  'vault.life_proposal': {
    id: string;
    subject: string;
    body: string;
    document: string;
    at: number;
    by_whom: string;
    expires: number;
    confirmed_at: number | null;
    confirmed_by: string | null;
  };
  'vault.life_turned': { subject: string; at: number };
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables & { 'vault.life_event': { position: number } }> => reader.for();

export async function readEvents(reader: Reader): Promise<LifeEvent[]> {
  const rows = await db(reader).selectFrom('vault.life_event').selectAll().orderBy('position').execute();
  return rows.map(({ id, subject, at, by_whom: by, body }) => ({
    ...{ id, subject, at, by },
    change: JSON.parse(body) as LifeChange,
  }));
}

export async function knownEvents(reader: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db(reader).selectFrom('vault.life_event').select('id').where('id', 'in', ids).execute();
  return new Set(rows.map(({ id }) => id));
}

/** `false` where SQL had it already. What was confirmed by it waits no more. */
export async function addEvent(tx: Tx, { id, subject, at, by, change, proposal }: LifeEvent): Promise<boolean> {
  if (proposal !== undefined) await markConfirmed(tx, { id: proposal, at, by });
  const row = await tx
    .for<Tables>()
    .insertInto('vault.life_event')
    .values({ id, subject, at, by_whom: by, body: JSON.stringify(change) })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

type ProposalRow = Tables['vault.life_proposal'];
const proposalOf = ({ id, subject, body, document, at, by_whom: by, expires }: ProposalRow): LifeProposal => ({
  ...{ id, subject, document, by, at, expires },
  change: JSON.parse(body) as WeightyChange,
});

export const addProposal = async (tx: Tx, proposal: LifeProposal): Promise<void> => {
  const { id, subject, change, document, by, at, expires } = proposal;
  const open = { confirmed_at: null, confirmed_by: null };
  await db(tx)
    .insertInto('vault.life_proposal')
    .values({ id, subject, body: JSON.stringify(change), document, at, by_whom: by, expires, ...open })
    .execute();
};

export async function openProposals(
  reader: Reader,
  { now, subject }: { readonly now: number; readonly subject?: string },
): Promise<LifeProposal[]> {
  const rows = await db(reader)
    .selectFrom('vault.life_proposal')
    .selectAll()
    .where('confirmed_at', 'is', null)
    .where('expires', '>', now)
    .$if(subject !== undefined, (query) => query.where('subject', '=', subject!))
    .orderBy('at')
    .limit(PROPOSALS_SHOWN_MAX)
    .execute();
  return rows.map(proposalOf);
}

/** `null` where it is not there, or confirmed already. */
export async function readProposal(reader: Reader, id: string): Promise<LifeProposal | null> {
  const row = await db(reader)
    .selectFrom('vault.life_proposal')
    .selectAll()
    .where('id', '=', id)
    .where('confirmed_at', 'is', null)
    .executeTakeFirst();
  return row ? proposalOf(row) : null;
}

const markConfirmed = async (
  reader: Tx,
  { id, at, by }: { readonly id: string; readonly at: number; readonly by: string },
): Promise<void> =>
  void (await db(reader)
    .updateTable('vault.life_proposal')
    .set({ confirmed_at: at, confirmed_by: by })
    .where('id', '=', id)
    .where('confirmed_at', 'is', null)
    .execute());

/** `false` where they were told already. */
export async function markTurned(tx: Tx, subject: string, at: number): Promise<boolean> {
  const row = await db(tx)
    .insertInto('vault.life_turned')
    .values({ subject, at })
    .onConflict((conflict) => conflict.column('subject').doNothing())
    .returning('subject')
    .executeTakeFirst();
  return row !== undefined;
}
/** As the ledger says; answers how many SQL did not know. */
export async function markAllTurned(
  tx: Tx,
  turned: readonly (readonly [subject: string, at: number])[],
): Promise<number> {
  const { rows } = await raw<{ subject: string }>`insert into vault.life_turned (subject, at)
    select * from unnest(${turned.map(([subject]) => subject)}::text[], ${turned.map(([, at]) => at)}::bigint[])
    on conflict (subject) do nothing returning subject`.execute(db(tx));
  return rows.length;
}
