/** Whoever has copies of records outside the city: their keys, what they were asked, and what they answered. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { RECIPIENT_ASKS, RecipientRequest, REQUEST_VERSIONS_MAX, SignedReceipt } from '../recipient.ts';
import { By, Closed, Count, Id, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';

export const RECIPIENTS_MAX = 1_000;
export const RECIPIENT_REQUESTS_SHOWN_MAX = 500;

export const RecipientDraft = Closed({
  /** As copies name who has them: an organisation, a person, a cloud. */
  id: Id,
  name: Type.String({ minLength: 1, maxLength: 120 }),
  /** Where requests are sent; null where an officer sends them by hand. */
  url: OrNull(Type.String({ maxLength: 300 })),
  /** SubjectPublicKeyInfo, PEM: Ed25519 or P-256. Their answers are checked with it. */
  publicKey: Type.String({ minLength: 80, maxLength: 600 }),
});
export type RecipientDraft = Static<typeof RecipientDraft>;
export const Recipient = Closed({
  ...RecipientDraft.properties,
  by: By,
  at: Time,
});
export type Recipient = Static<typeof Recipient>;

/** With how much of what they were asked has no answer yet, and of that none after a reminder. */
export const RecipientListed = Closed({ ...Recipient.properties, waiting: Count, silent: Count });
export type RecipientListed = Static<typeof RecipientListed>;

/** `asked`, `reminded`: it has not answered. `silent`: not after the reminder either; it may still. */
export const RECIPIENT_REQUEST_STATES = ['asked', 'reminded', 'silent', 'deleted', 'kept'] as const;
export type RecipientRequestState = (typeof RECIPIENT_REQUEST_STATES)[number];
export const RecipientRequestShown = Closed({
  id: Id,
  recipient: Id,
  subject: Id,
  ask: OneOf(RECIPIENT_ASKS),
  copy: Id,
  versions: Count,
  at: Time,
  answerBy: Time,
  state: OneOf(RECIPIENT_REQUEST_STATES),
  /** How often it was sent; 0 where an officer sends it by hand. */
  tries: Count,
  /** When it is sent next; null for never. */
  nextTry: OrNull(Time),
  /** Why the last try came to nothing. */
  fault: OrNull(Type.String({ maxLength: 300 })),
  answeredAt: OrNull(Time),
});
export type RecipientRequestShown = Static<typeof RecipientRequestShown>;
export const RecipientRequestFile = Closed({
  request: RecipientRequest,
  /** The city's, detached CMS, DER, Base64, over the canonical JSON of `request`. */
  signature: Type.String({ maxLength: 20_000 }),
});
export type RecipientRequestFile = Static<typeof RecipientRequestFile>;

export const vaultRecipients = {
  listRecipients: endpoint({
    name: 'listRecipients',
    method: 'GET',
    path: '/api/recipients',
    action: 'readRecipients',
    summary: 'Whoever has copies of records outside the city and has a key registered',
    answer: Closed({ recipients: Type.Array(RecipientListed, { maxItems: RECIPIENTS_MAX }) }),
  }),
  keepRecipient: endpoint({
    name: 'keepRecipient',
    method: 'POST',
    path: '/api/recipients',
    action: 'keepRecipients',
    summary: 'Register a recipient with its key, or change its address and key',
    body: RecipientDraft,
    answer: Recipient,
  }),
  noteRecipientCopy: endpoint({
    name: 'noteRecipientCopy',
    method: 'POST',
    path: '/api/recipients/:id/copies',
    action: 'keepRecipients',
    summary: 'Note that somebody outside has copies of records, so that they are asked to delete them when that is due',
    params: OneId,
    body: Closed({
      records: Type.Array(Id, { minItems: 1, maxItems: 1_000, uniqueItems: true }),
      basis: Reason,
    }),
    answer: Closed({ copy: Id, versions: Type.Integer({ minimum: 1, maximum: REQUEST_VERSIONS_MAX }) }),
  }),
  listRecipientRequests: endpoint({
    name: 'listRecipientRequests',
    method: 'GET',
    path: '/api/recipient-requests',
    action: 'readRecipients',
    summary: 'What recipients were asked to delete, what has no answer first, with what they answered',
    query: Closed({ state: Type.Optional(OneOf(RECIPIENT_REQUEST_STATES)) }),
    answer: Closed({
      requests: Type.Array(RecipientRequestShown, { maxItems: RECIPIENT_REQUESTS_SHOWN_MAX }),
    }),
  }),
  getRecipientRequest: endpoint({
    name: 'getRecipientRequest',
    method: 'GET',
    path: '/api/recipient-requests/:id',
    action: 'readRecipients',
    summary: 'A request as the city signed it, for an officer to send by hand',
    params: OneId,
    answer: RecipientRequestFile,
  }),
  takeReceipt: endpoint({
    name: 'takeReceipt',
    method: 'POST',
    path: '/api/recipient-requests/:id/receipt',
    action: 'takeReceipt',
    summary: "Take a recipient's signed answer; it counts by its signature, whoever brings it",
    params: OneId,
    body: SignedReceipt,
    answer: RecipientRequestShown,
  }),
} as const;
