/** Receipts in SQL. */
import { sql as raw, type Kysely } from 'kysely';
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
/** Until the transaction ends nobody else issues or takes this one back. */
export const holdConsent = async (tx: Tx, consent: string): Promise<void> =>
  void (await raw`select 1 from vault.consent where id = ${consent} for update`.execute(db(tx)));

export interface ConsentBare {
  readonly id: string;
  readonly isTakenBack: boolean;
  readonly receipts: number;
}
/** Consents in the order of their ids, each with how many receipts there are of it; begins with ''. */
export async function consentsAfter(
  reader: Reader,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly ConsentBare[]> {
  const { rows } = await raw<ConsentBare>`
    select c.id, c.taken_back_at is not null as "isTakenBack",
      (select count(*)::int from vault.receipt r where r.consent = c.id) as receipts
    from vault.consent c where c.id > ${after} order by c.id limit ${limit}`.execute(db(reader));
  return rows;
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
