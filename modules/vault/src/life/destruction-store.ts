/** Destructions and their certificates in SQL. */
import { sql as raw, type Kysely } from 'kysely';
import { DESTRUCTIONS_SHOWN_MAX, type DestructionSigned, type LifeReason } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

export interface DestructionRow {
  id: string;
  subject: string;
  by_whom: string;
  reason_code: LifeReason;
  clause: string;
  reason: string;
  at: number;
  state: 'copies-left' | 'to-certify' | 'certified';
  tried: number;
  opened: number;
  copies: string;
  draft: string | null;
  draft_by: string | null;
  draft_at: number | null;
  certificate: string | null;
  signature: string | null;
  fact: string | null;
}
interface Tables {
  'vault.destruction': DestructionRow;
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

export async function readDestruction(reader: Reader, id: string): Promise<DestructionRow | null> {
  const row = await db(reader).selectFrom('vault.destruction').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}
export function listDestructions(reader: Reader, state?: DestructionRow['state']): Promise<DestructionRow[]> {
  return db(reader)
    .selectFrom('vault.destruction')
    .selectAll()
    .$if(state !== undefined, (query) => query.where('state', '=', state!))
    .orderBy(raw`state = 'certified'`)
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(DESTRUCTIONS_SHOWN_MAX)
    .execute();
}
export async function recordsOf(reader: Reader, id: string): Promise<number> {
  const { rows } = await raw<{ count: number }>`select count(*)::int as count from vault.destruction d
    join vault.record r on r.subject = d.subject and r.destruction = d.id where d.id = ${id}`.execute(db(reader));
  return rows[0]!.count;
}

export const saveCopies = async (
  tx: Tx,
  { id, copies, state }: Pick<DestructionRow, 'id' | 'copies' | 'state'>,
): Promise<void> =>
  void (await db(tx)
    .updateTable('vault.destruction')
    .set({ copies, state })
    .where('id', '=', id)
    .where('state', '<>', 'certified')
    .execute());
export const saveDraft = async (
  reader: Reader,
  { id, draft, draft_by, draft_at }: Pick<DestructionRow, 'id' | 'draft' | 'draft_by' | 'draft_at'>,
): Promise<void> =>
  void (await db(reader)
    .updateTable('vault.destruction')
    .set({ draft, draft_by, draft_at })
    .where('id', '=', id)
    .execute());
/** False where somebody certified it meanwhile. */
export async function saveCertificate(
  tx: Tx,
  {
    id,
    signed,
    signature,
    fact,
  }: { readonly id: string; readonly signed: string; readonly signature: string; readonly fact: string },
): Promise<boolean> {
  const done = await db(tx)
    .updateTable('vault.destruction')
    .set({ state: 'certified', certificate: signed, signature, fact, draft: null, draft_by: null, draft_at: null })
    .where('id', '=', id)
    .where('state', '=', 'to-certify')
    .executeTakeFirst();
  return Number(done.numUpdatedRows) === 1;
}
export const signedOf = (row: DestructionRow): DestructionSigned => JSON.parse(row.certificate!) as DestructionSigned;
