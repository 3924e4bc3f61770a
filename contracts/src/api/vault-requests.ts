/** What a person may ask for by law, with the time in which it is answered, and the register of what is done with people’s data. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { By, Closed, Count, Id, OneId, OneOf, OrNull, Time } from '../schema.ts';

export const REQUEST_KINDS = ['access', 'correction', 'portability', 'erasure'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];
/** By whose law. */
export const REGIMES = ['nz', 'eu'] as const;
export type Regime = (typeof REGIMES)[number];
export const REQUEST_STATES = ['received', 'extended', 'answered', 'withdrawn'] as const;
export const REQUEST_OUTCOMES = ['granted', 'partly', 'refused'] as const;
export const REQUESTS_SHOWN_MAX = 500;
const Words = Type.String({ minLength: 3, maxLength: 4_000 });

export const RequestDraft = Closed({
  subject: Id,
  kind: OneOf(REQUEST_KINDS),
  regime: OneOf(REGIMES),
  /** What it is about; kept as a record of the person, sealed like the others. */
  words: Words,
});
export type RequestDraft = Static<typeof RequestDraft>;
export const RightRequest = Closed({
  id: Id,
  subject: Id,
  kind: OneOf(REQUEST_KINDS),
  regime: OneOf(REGIMES),
  by: By,
  at: Time,
  /** The record with its words. */
  paper: Id,
  state: OneOf(REQUEST_STATES),
  /** The moment after which it is late, as it stands now. */
  due: Time,
  /** The clause that sets it. */
  clause: Id,
  isOverdue: Type.Boolean(),
  extended: OrNull(Closed({ at: Time, by: By, clause: Id, from: Time, paper: Id })),
  answer: OrNull(Closed({ at: Time, by: By, outcome: OneOf(REQUEST_OUTCOMES), clauses: Type.Array(Id), paper: Id })),
});
export type RightRequest = Static<typeof RightRequest>;

export const RegisterEntry = Closed({
  category: Id,
  people: Count,
  records: Count,
  /** What consents that stand let it be used for, and how many do. */
  purposes: Type.Array(Closed({ purpose: Type.String(), consents: Count })),
  /** How many people and organisations may see it by consent. */
  recipients: Count,
  /** Clauses that say how long it is kept. */
  kept: Type.Array(Id),
});
export const Register = Closed({
  at: Time,
  entries: Type.Array(RegisterEntry),
  safeguards: Type.Array(Id),
});
export type Register = Static<typeof Register>;
export const LawShown = Closed({
  instruments: Type.Array(
    Closed({
      id: Id,
      name: Type.String(),
      place: Type.String(),
      url: Type.String(),
      read: Closed({ on: Type.String(), as: Type.String() }),
      clauses: Type.Array(
        Closed({
          id: Id,
          ref: Type.String(),
          words: Type.String(),
          from: OrNull(Type.String()),
          /** Requests that it lets be refused, and those that it lets take longer. */
          refuses: Type.Array(OneOf(REQUEST_KINDS)),
          extends: Type.Array(OneOf(REQUEST_KINDS)),
          /** What a person has to do, since the software cannot. */
          tasks: Type.Array(Type.String()),
        }),
      ),
    }),
  ),
});
export type LawShown = Static<typeof LawShown>;

export const vaultRequests = {
  makeRequest: endpoint({
    name: 'makeRequest',
    method: 'POST',
    path: '/api/requests',
    action: 'askRight',
    summary: 'Ask to see, correct, take along or erase what is held about one; the law’s clock begins',
    body: RequestDraft,
    answer: RightRequest,
  }),
  listRequests: endpoint({
    name: 'listRequests',
    method: 'GET',
    path: '/api/requests',
    action: 'readHoldings',
    summary: 'What a person asked for, and until when it is answered; newest first',
    query: Closed({ subject: Type.Optional(Id) }),
    answer: Closed({ requests: Type.Array(RightRequest, { maxItems: REQUESTS_SHOWN_MAX }) }),
  }),
  withdrawRequest: endpoint({
    name: 'withdrawRequest',
    method: 'POST',
    path: '/api/requests/:id/withdraw',
    action: 'askRight',
    summary: 'Take a request back',
    params: OneId,
    answer: RightRequest,
  }),
  listOpenRequests: endpoint({
    name: 'listOpenRequests',
    method: 'GET',
    path: '/api/open-requests',
    action: 'readDesk',
    summary: 'Requests that nobody has answered; what is due first, first',
    answer: Closed({ requests: Type.Array(RightRequest, { maxItems: REQUESTS_SHOWN_MAX }) }),
  }),
  extendRequest: endpoint({
    name: 'extendRequest',
    method: 'POST',
    path: '/api/requests/:id/extend',
    action: 'answerRequest',
    summary: 'Make the time for an answer longer, as the law lets it be, before it is over; the person is told why',
    params: OneId,
    body: Closed({ clause: Id, until: Time, words: Words }),
    answer: RightRequest,
  }),
  answerRequest: endpoint({
    name: 'answerRequest',
    method: 'POST',
    path: '/api/requests/:id/answer',
    action: 'answerRequest',
    summary: 'Answer a request; what is refused names the clause that lets it be',
    params: OneId,
    body: Closed({
      outcome: OneOf(REQUEST_OUTCOMES),
      clauses: Type.Array(Id, { maxItems: 10, uniqueItems: true }),
      words: Words,
    }),
    answer: RightRequest,
  }),
  getRegister: endpoint({
    name: 'getRegister',
    method: 'GET',
    path: '/api/register',
    action: 'readRegister',
    summary: 'What the city does with people’s data, from what is held and consented to at this moment',
    answer: Register,
  }),
  getLaw: endpoint({
    name: 'getLaw',
    method: 'GET',
    path: '/api/law',
    action: 'readRegister',
    summary: 'The clauses of the law that the city goes by, in its own words',
    answer: LawShown,
  }),
} as const;
