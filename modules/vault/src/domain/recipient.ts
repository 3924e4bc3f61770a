/** What a recipient is asked and what counts as its answer. Pure. */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import {
  RECIPIENT_ANSWER_DOMAIN,
  type RecipientReceipt,
  type RecipientRequest,
  type RecipientRequestState,
  type SignedReceipt,
} from '@cityward/contracts';
import { canonicalJson, DAY_MS, HOUR_MS, MINUTE_MS } from '@cityward/kernel';
import { sha256 } from './destruction.ts';

/** Then it is reminded; after the same time again it counts as silent, and people are told. */
export const ANSWER_WITHIN_MS = 10 * DAY_MS;
const RETRY_FIRST_MS = MINUTE_MS;
const RETRY_MOST_MS = 12 * HOUR_MS;
/** Enough for the time until it counts as silent, and some days more. */
export const TRIES_MAX = 70;

/** What the city signs. */
export const requestBytes = (request: RecipientRequest): Buffer => Buffer.from(canonicalJson(request));
/** What the recipient signs. */
export const answerBytes = (receipt: RecipientReceipt): Buffer =>
  Buffer.from(RECIPIENT_ANSWER_DOMAIN + canonicalJson(receipt));
export const requestHash = (request: RecipientRequest): string => sha256(requestBytes(request));

/** After so many tries; `null` for none any more. */
export function nextTry(tries: number, now: number): number | null {
  return tries >= TRIES_MAX ? null : now + Math.min(RETRY_FIRST_MS * 2 ** Math.min(tries, 20), RETRY_MOST_MS);
}

/** What the clock makes of one that is not answered; `null` where it is not time yet. */
export function overdue(
  { state, at }: { readonly state: RecipientRequestState; readonly at: number },
  now: number,
): 'reminded' | 'silent' | null {
  if (state === 'asked' && now >= at + ANSWER_WITHIN_MS) return 'reminded';
  return state === 'reminded' && now >= at + 2 * ANSWER_WITHIN_MS ? 'silent' : null;
}

/** Ed25519 or P-256, and nothing else; `null` for any other text. */
export function recipientKey(pem: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: pem, format: 'pem' });
    const isCurve = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return !pem.includes('PRIVATE') && (isCurve || key.asymmetricKeyType === 'ed25519') ? key : null;
  } catch {
    return null;
  }
}

/** Why it is no answer to this request by whoever has this key; `null` where it is one. */
export function receiptFault(
  { receipt, signature }: SignedReceipt,
  { request, key, now }: { readonly request: RecipientRequest; readonly key: KeyObject; readonly now: number },
): string | null {
  if (receipt.request !== request.id || receipt.hash !== requestHash(request)) return 'it answers another request';
  if (receipt.recipient !== request.recipient) return 'it is of another recipient';
  if ((receipt.did === 'kept') !== (receipt.because !== null)) return 'it says why only where a copy is kept';
  if (receipt.at < request.at || receipt.at > now + DAY_MS) return 'its time is not after the request, or to come';
  const algorithm = key.asymmetricKeyType === 'ec' ? 'sha256' : null;
  const isSigned = verify(algorithm, answerBytes(receipt), key, Buffer.from(signature, 'base64'));
  return isSigned ? null : 'it is not signed with the key that is registered';
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** For the certificate: what became of the copy, in words. */
export function answerInWords(
  state: RecipientRequestState,
  { recipient, at, because }: { readonly recipient: string; readonly at: number; readonly because: string | null },
): string {
  const asked = `asked on ${day(at)}`;
  switch (state) {
    case 'deleted':
      return `${recipient} signed that it is deleted`;
    case 'kept':
      return `${asked}; ${recipient} signed that it keeps it: ${because}`;
    case 'silent':
      return `${asked}, reminded on ${day(at + ANSWER_WITHIN_MS)}, not answered by ${day(at + 2 * ANSWER_WITHIN_MS)}; the request stays open`;
    default:
      return `${asked}; ${recipient} has not answered`;
  }
}
