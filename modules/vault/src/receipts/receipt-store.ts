/** Receipts in SQL. */
import type { Kysely } from 'kysely';
import type { ReceiptEvent } from '@cityward/contracts';
import type { Sql, Tx } from '@cityward/sql';

export interface StoredReceipt {
  readonly consent: string;
  readonly event: ReceiptEvent;
  readonly at: number;
  readonly document: string;
  readonly fact: string;
  readonly signature: string | null;
  readonly signed_at: number | null;
}
interface Tables {
  'vault.receipt': StoredReceipt;
}
type Reader = Pick<Sql, 'for'> | Pick<Tx, 'for'>;
const db = (reader: Reader): Kysely<Tables> => reader.for<Tables>();

/**
 * The newest fact's stands: where somebody put an older row of the consent back, it is taken back anew, and a conflict with the receipt
 * of the first time would keep the vault from starting.
 */
export async function addReceipt(tx: Tx, receipt: Omit<StoredReceipt, 'signature' | 'signed_at'>): Promise<void> {
  const row = { ...receipt, signature: null, signed_at: null };
  await db(tx)
    .insertInto('vault.receipt')
    .values(row)
    .onConflict((conflict) => conflict.columns(['consent', 'event']).doUpdateSet(row))
    .execute();
}

/** Of the newest event, or of that one. */
export async function readReceipt(
  reader: Reader,
  consent: string,
  event?: ReceiptEvent,
): Promise<StoredReceipt | null> {
  const rows = await db(reader)
    .selectFrom('vault.receipt')
    .selectAll()
    .where('consent', '=', consent)
    .$if(event !== undefined, (query) => query.where('event', '=', event!))
    .execute();
  return rows.find((row) => row.event === 'taken-back') ?? rows[0] ?? null;
}
export const unsignedReceipts = (reader: Reader, limit: number): Promise<StoredReceipt[]> =>
  db(reader)
    .selectFrom('vault.receipt')
    .selectAll()
    .where('signature', 'is', null)
    .orderBy('at')
    .limit(limit)
    .execute();

/** The first signature stands: whoever was handed it out has the same as everybody after. */
export const saveSignature = async (
  reader: Reader,
  { consent, event }: StoredReceipt,
  { signature, signedAt }: { readonly signature: string; readonly signedAt: number },
): Promise<void> =>
  void (await db(reader)
    .updateTable('vault.receipt')
    .set({ signature, signed_at: signedAt })
    .where('consent', '=', consent)
    .where('event', '=', event)
    .where('signature', 'is', null)
    .execute());
