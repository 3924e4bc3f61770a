/** Requests to see records: a professional asks, the person answers; nothing is let be seen by asking. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneId, OneOf, Reason, Time } from '../schema.ts';
import { POST_ROLES, PURPOSES, RIGHTS } from '../words.ts';
import { Consent, ConsentDraft, ConsentScope } from './vault.ts';

export const ACCESS_REQUEST_DAYS_MAX = 365;
/** Categories in one request: more is asked for one after the other, so that each can be refused. */
export const ACCESS_REQUEST_SCOPE_MAX = 5;
/** That wait for an answer, of one who asks. */
export const ACCESS_REQUESTS_OPEN_MAX = 20;
export const ACCESS_REQUESTS_SHOWN_MAX = 200;
export const ACCESS_REQUEST_STATES = ['open', 'agreed', 'declined', 'withdrawn', 'lapsed'] as const;

export const AccessRequestDraft = Closed({
  /** Whose records. Whether anything is held about them is not told. */
  subject: Id,
  scope: ConsentScope,
  rights: Type.Array(OneOf(RIGHTS), { minItems: 1, uniqueItems: true }),
  purpose: OneOf(PURPOSES),
  /** From the answer on. */
  days: Type.Integer({ minimum: 1, maximum: ACCESS_REQUEST_DAYS_MAX }),
  why: Reason,
});
export type AccessRequestDraft = Static<typeof AccessRequestDraft>;
export const AccessRequest = Closed({
  id: Id,
  ...AccessRequestDraft.properties,
  asker: Id,
  /** Where and as what they asked: what is agreed to holds while they work there so. */
  organisation: Id,
  role: OneOf(POST_ROLES),
  at: Time,
  state: OneOf(ACCESS_REQUEST_STATES),
  /** When the state was reached; of an open one, when it lapses. */
  until: Time,
  consent: Type.Union([Id, Type.Null()]),
});
export type AccessRequest = Static<typeof AccessRequest>;

const { from, until, uses, refrains, rights } = ConsentDraft.properties;
/** Every part is named by the person: nothing is taken from what was asked, and nothing goes beyond it. */
export const AccessAnswer = Type.Union([
  Closed({ answer: Type.Literal('decline') }),
  Closed({ answer: Type.Literal('agree'), scope: ConsentScope, rights, from, until, uses, refrains }),
]);
export type AccessAnswer = Static<typeof AccessAnswer>;

const Requests = Closed({
  requests: Type.Array(AccessRequest, { maxItems: ACCESS_REQUESTS_SHOWN_MAX }),
  /** Of those shown. */
  open: Count,
});

export const vaultAsking = {
  askForAccess: endpoint({
    name: 'askForAccess',
    method: 'POST',
    path: '/api/access-requests',
    action: 'askConsent',
    summary: 'Ask a person to let one see records; what would mislead them is refused',
    body: AccessRequestDraft,
    answer: AccessRequest,
  }),
  listAccessAsked: endpoint({
    name: 'listAccessAsked',
    method: 'GET',
    path: '/api/access-requests/mine',
    action: 'readHoldings',
    summary: 'What one asked for, and what was answered; newest first',
    answer: Requests,
  }),
  withdrawAccessRequest: endpoint({
    name: 'withdrawAccessRequest',
    method: 'POST',
    path: '/api/access-requests/:id/withdraw',
    action: 'takeBackConsent',
    summary: 'Withdraw what one asked for',
    params: OneId,
    answer: AccessRequest,
  }),
  listAccessRequests: endpoint({
    name: 'listAccessRequests',
    method: 'GET',
    path: '/api/access-requests',
    action: 'readHoldings',
    summary: 'Who asks to see what is held about a person; newest first',
    /** Without it: oneself. */
    query: Closed({ subject: Type.Optional(Id) }),
    answer: Requests,
  }),
  answerAccessRequest: endpoint({
    name: 'answerAccessRequest',
    method: 'POST',
    path: '/api/access-requests/:id/answer',
    action: 'giveConsent',
    summary: 'Decline, or agree to what was asked or to less of it',
    params: OneId,
    body: AccessAnswer,
    answer: Closed({ request: AccessRequest, consent: Type.Union([Consent, Type.Null()]) }),
  }),
} as const;
