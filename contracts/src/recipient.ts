/**
 * What the city asks of whoever has a copy of records outside it, and what they answer: both canonical JSON (RFC 8785), signed. A
 * field added to one of them is a new `version`.
 */
import { Type, type Static } from 'typebox';
import { Sha256 } from './jobs.ts';
import { Closed, Id, Line, OneOf, OrNull, Time } from './schema.ts';

export const RECIPIENT_ANSWER_DOMAIN = 'cityward/recipient-receipt/v1\n';
export const REQUEST_VERSIONS_MAX = 10_000;
export const RECIPIENT_ANSWER_MAX_BYTES = 16_384;

/** `delete`: the records are destroyed here. `revoke`: whoever they are about took back what they allowed. */
export const RECIPIENT_ASKS = ['delete', 'revoke'] as const;
export type RecipientAsk = (typeof RECIPIENT_ASKS)[number];

/** The city signs exactly these bytes, canonical (CMS, detached). */
export const RecipientRequest = Closed({
  kind: Type.Literal('cityward-recipient-request'),
  version: Type.Literal(1),
  id: Id,
  city: Line(80),
  recipient: Id,
  ask: OneOf(RECIPIENT_ASKS),
  /** What was taken back; null where the records are destroyed. */
  consent: OrNull(Id),
  /** Where the city noted that the copy is, for the recipient to find it by. */
  place: Line(300),
  /** Random ids: they tell nothing about anybody. */
  versions: Type.Array(Closed({ record: Id, version: Type.Integer({ minimum: 1 }) }), {
    minItems: 1,
    maxItems: REQUEST_VERSIONS_MAX,
  }),
  at: Time,
  answerBy: Time,
});
export type RecipientRequest = Static<typeof RecipientRequest>;

export const RECIPIENT_DID = ['deleted', 'kept'] as const;
export const RecipientReceipt = Closed({
  kind: Type.Literal('cityward-recipient-receipt'),
  version: Type.Literal(1),
  request: Id,
  /** SHA-256 of the request's canonical JSON: an answer to this and nothing else. */
  hash: Sha256,
  recipient: Id,
  did: OneOf(RECIPIENT_DID),
  /** Why it is kept, with the law that asks for it; null where it is deleted. */
  because: OrNull(Line(300)),
  at: Time,
});
export type RecipientReceipt = Static<typeof RecipientReceipt>;

/** Over `RECIPIENT_ANSWER_DOMAIN` and the canonical JSON: Ed25519, or ECDSA on P-256 with SHA-256 (DER), as the registered key says. */
export const SignedReceipt = Closed({
  receipt: RecipientReceipt,
  signature: Type.String({ minLength: 64, maxLength: 200, pattern: '^[A-Za-z0-9+/]+={0,2}$' }),
});
export type SignedReceipt = Static<typeof SignedReceipt>;
