/** Checks the receipt of a consent with the city's root and the log's key and nothing else. Pure. */
import { RECEIPT_MAX_BYTES, ReceiptFile, type ConsentReceipt, type ReceiptEvent } from '@cityward/contracts';
import { fits, rootsIn } from '@cityward/fleet/verify';
import { checkDocument } from '@cityward/identity/document-check';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { verifyExhibit } from '@cityward/ledger/verify';
import { eventOf, receiptBytes, receiptFault, receiptHash, receiptSignedBytes } from './domain/receipt.ts';

export interface ReceiptFiles {
  readonly json: Uint8Array;
  /** PEM of the root, perhaps with others. */
  readonly ca: string;
  /** The log's key, `name+id+base64`. */
  readonly verifierKey: string;
}
export interface VerifiedReceipt {
  readonly receipt: ConsentReceipt;
  /** SHA-256 of the receipt, as in the ledger. */
  readonly hash: string;
  readonly signer: string;
  /** Its place in the ledger. */
  readonly entry: number;
  /** When it was issued, where that was after what it is of: consents from before receipts have none of their time. */
  readonly issuedLater: number | null;
}

const WHAT = 'check the receipt';
const bad = (code: string, why: string): Result<never, Refusal> => refuse('invalid', code, `${WHAT}: ${why}`);
const TOLD_BY: Readonly<Record<ReceiptEvent, string>> = {
  given: 'consent.given',
  'handed-on': 'consent.handed-on',
  'taken-back': 'consent.taken-back',
};

export function verifyReceipt({ json, ca, verifierKey }: ReceiptFiles): Result<VerifiedReceipt, Refusal> {
  const read = readReceiptFile(json);
  if (!read.ok) return read;
  const { signed, city } = read.value;
  const { receipt, signedAt } = signed;
  const fault = receiptFault(receipt);
  if (fault !== null) return bad('RECEIPT_NOT_WHOLE', fault);
  if (signedAt < Date.parse(eventOf(receipt).event_time))
    return bad('RECEIPT_NOT_WHOLE', 'it was signed before it happened');
  const roots = rootsIn(ca);
  if (!roots) return bad('CA_FILE', 'wanted the certificates of the authority, PEM');
  const document = checkDocument(receiptSignedBytes(signed), Buffer.from(city, 'base64'), { roots, at: signedAt });
  if (!document.ok) return document;
  const hash = receiptHash(receiptBytes(receipt));
  const entry = inLedger(read.value, hash, verifierKey);
  return entry.ok ? ok({ receipt, hash, signer: document.value.signer, ...entry.value }) : entry;
}

function readReceiptFile(json: Uint8Array): Result<ReceiptFile, Refusal> {
  if (json.length > RECEIPT_MAX_BYTES) return bad('RECEIPT_SHAPE', `${json.length} bytes are too many`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    return bad('RECEIPT_SHAPE', 'it is no JSON');
  }
  return fits(ReceiptFile, value)
    ? ok(value)
    : bad('RECEIPT_SHAPE', 'wanted exactly the fields of a receipt of this version');
}

/**
 * The ledger tells of this receipt: its hash in a fact of another consent, person or moment is a replay. One that was issued later
 * is told of by a fact of its own, never by whoever gave the consent.
 */
function inLedger(
  { signed, ledger }: ReceiptFile,
  hash: string,
  verifierKey: string,
): Result<Pick<VerifiedReceipt, 'entry' | 'issuedLater'>, Refusal> {
  const exhibit = verifyExhibit(ledger, verifierKey);
  if (!exhibit.ok) return bad('NOT_IN_LEDGER', exhibit.fault);
  const { receipt } = signed;
  const { type, module, subject, data, actor, at } = exhibit.body;
  const { event_state, event_time, entity_id } = eventOf(receipt);
  const happened = Date.parse(event_time);
  const isLater = type === 'consent.receipt-issued';
  const isOfEvent = isLater
    ? data['event'] === event_state && data['happened'] === happened && at > happened && signed.signedAt >= at
    : type === TOLD_BY[event_state] && actor === entity_id && at === happened;
  const isAbout = module === 'vault' && subject === receipt.pii_principal_id && data['consent'] === receipt.record_id;
  if (!isAbout || !isOfEvent || data['receipt'] !== hash)
    return bad('NOT_IN_LEDGER', 'the ledger tells of another receipt');
  return ok({ entry: exhibit.index, issuedLater: isLater ? at : null });
}
