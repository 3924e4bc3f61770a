/** Receipts of consents: written down with the event, signed soon after, handed out with the ledger's proof. */
import type { ConsentReceipt, ReceiptEvent, ReceiptFile } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import type { StoredConsent } from '../consents/consent-store.ts';
import { daysIn } from '../consents/previewing.ts';
import { previewOf } from '../domain/preview.ts';
import { lateSentence, receiptBytes, receiptHash, receiptOf, receiptSignedBytes } from '../domain/receipt.ts';
import { keptInWords } from '../domain/retention.ts';
import type { VaultOptions } from '../needs.ts';
import { happenedAt, Issuing } from './issuing.ts';
import * as store from './receipt-store.ts';

/** Signed in one turn; the rest in the next. */
const SIGNED_AT_ONCE = 1_000;

/** Goes into the fact of the event by its hash, and is kept under that fact. */
export interface WrittenReceipt {
  readonly hash: string;
  keep(tx: Tx, fact: string): Promise<void>;
}
/** `issued`: where it is written after what it is of. */
export type WriteReceipt = (consent: StoredConsent, event: ReceiptEvent, issued?: number) => WrittenReceipt;

export function receiptWriter(
  options: Pick<VaultOptions, 'nameOf' | 'isOrganisation' | 'zone' | 'destruction' | 'retention'>,
): WriteReceipt {
  const { nameOf, isOrganisation, zone, destruction, retention: law } = options;
  const dayOf = daysIn(zone);
  // Ids, never names of people: a receipt outlives what the city knows of them.
  const nameOfOrganisation = (id: string): string | null => (isOrganisation(id) ? nameOf(id) : null);
  return (consent, event, issued) => {
    const { grant, given } = consent;
    const at = happenedAt(consent, event);
    const late = issued === undefined ? [] : [lateSentence(event, dayOf(issued), dayOf(at))];
    const notice = [...late, ...previewOf(grant, nameOfOrganisation, dayOf).map(({ english }) => english)];
    const { contact, location: address } = destruction.office;
    const city = { name: destruction.cityName, contact, address };
    const retention = keptInWords(law, grant.scope);
    const document = receiptBytes(
      receiptOf({ grant, given, event, city, nameOf: nameOfOrganisation, notice, retention }),
    );
    return {
      hash: receiptHash(document),
      keep: (tx, fact) =>
        store.addReceipt(tx, { consent: grant.id, event, at: issued ?? at, document: document.toString('utf8'), fact }),
    };
  };
}

export interface Receipts {
  /** Of the newest event of a consent, or of the one named. */
  of(consent: string, event?: ReceiptEvent): Promise<Result<ReceiptFile, Refusal>>;
  /** What nobody has asked for yet is signed too: it may be asked for when this city's key is another. */
  signLeft(): Promise<number>;
  /** Of consents from before receipts, the next. */
  issueLeft(): Promise<number>;
}

export interface ReceiptParts extends Pick<VaultOptions, 'sql' | 'clock' | 'ledger' | 'log' | 'destruction'> {
  /** Resolves once SQL has what was confirmed of a consent before. */
  readonly saved: (consent: string) => Promise<void>;
  readonly write: WriteReceipt;
}
export function createReceipts(options: ReceiptParts): Receipts {
  const { sql, clock, ledger, log, destruction } = options;
  const issuing = new Issuing(options);
  const sign = async (receipt: store.StoredReceipt): Promise<void> => {
    const signedAt = Math.max(clock(), receipt.at);
    const signed = { receipt: JSON.parse(receipt.document) as ConsentReceipt, signedAt };
    const signature = Buffer.from(await destruction.sign(receiptSignedBytes(signed))).toString('base64');
    await store.saveSignature(sql, receipt, { signature, signedAt });
  };
  return {
    of: async (consent, event) => {
      const where = `hand out the receipt of consent "${consent}"`;
      await options.saved(consent);
      await issuing.issue(consent);
      const found = await store.readReceipt(sql, consent, event);
      if (!found)
        return refuse('not-found', 'RECEIPT_UNKNOWN', `${where}: there is none${event ? ` of "${event}"` : ''}`);
      const exhibit = await ledger.exhibit(found.fact);
      if (!exhibit)
        return refuse('unavailable', 'PROOF_NOT_READY', `${where}: it is not in the ledger yet, wanted a moment later`);
      if (found.signature === null) await sign(found);
      const { document, signature, signed_at } = (await store.readReceipt(sql, consent, found.event))!;
      const receipt = JSON.parse(document) as ConsentReceipt;
      return ok({ signed: { receipt, signedAt: signed_at! }, city: signature!, ledger: exhibit });
    },
    issueLeft: () => issuing.issueLeft(),
    signLeft: async () => {
      const left = await store.unsignedReceipts(sql, SIGNED_AT_ONCE);
      try {
        for (const one of left) await sign(one);
      } catch (fault) {
        log.warn('receipts of consents could not be signed; tried again soon', { fault: String(fault) });
        return 0;
      }
      return left.length;
    },
  };
}
