/** People's lives: who acts for whom and since when, what that ends, what a person keeps to themself, and what they are told. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { By, Closed, Id, OneId, OneOf, OrNull, Time } from '../schema.ts';

const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'a day such as 2027-01-15' });

/** Guardian of somebody under sixteen, executor of somebody who died, attorney of somebody who cannot decide any more. */
export const OFFICES = ['guardian', 'executor', 'attorney'] as const;
export type Office = (typeof OFFICES)[number];
export const LIFE_PHASES = ['of-age', 'minor', 'incapable', 'deceased'] as const;
export type LifePhase = (typeof LIFE_PHASES)[number];
/** Why somebody does not act for somebody any more. */
export const STANDING_ENDS = ['custody-lost', 'order-ended', 'resigned', 'recorded-wrongly'] as const;
export const WITHHELD_BECAUSE = ['wish', 'interest'] as const;

export const REPRESENTATIVES_MAX = 10;
export const KIN_MAX = 50;
export const CATEGORIES_OF_WISHES_MAX = 100;
export const PROPOSALS_SHOWN_MAX = 200;
export const NOTICES_SHOWN_MAX = 200;

/** What two officers record together; each is true of the person, or gives somebody a say over what is theirs. */
export const WeightyChange = Type.Union([
  Closed({ do: Type.Literal('minor'), born: Day }),
  Closed({ do: Type.Literal('died') }),
  Closed({ do: Type.Literal('incapable') }),
  Closed({ do: Type.Literal('capable') }),
  Closed({
    do: Type.Literal('appoint'),
    person: Id,
    as: OneOf(OFFICES),
    /** As a court order says; null without an end of its own. */
    until: OrNull(Time),
  }),
  Closed({ do: Type.Literal('settle') }),
  /** By an order: until then the person is not told of emergencies, then they are told of all. */
  Closed({ do: Type.Literal('hush'), until: Time, clause: Id }),
]);
export type WeightyChange = Static<typeof WeightyChange>;
/** What one officer records at once: it takes a say away, and gives nobody one. */
export const SwiftChange = Type.Union([
  Closed({ do: Type.Literal('end'), standing: Id, why: OneOf(STANDING_ENDS) }),
  Closed({ do: Type.Literal('dispute') }),
  /** Contrary to the person's interest: kept from those who act for them. */
  Closed({ do: Type.Literal('keep'), category: Id }),
  /** Who is family, and whether the curious are drawn: emergencies of the one are refused, of the other looked at first. */
  Closed({
    do: Type.Literal('watch'),
    kin: Type.Array(Id, { maxItems: KIN_MAX, uniqueItems: true }),
    guarded: Type.Boolean(),
  }),
]);
export type SwiftChange = Static<typeof SwiftChange>;

export const Proof = Closed({
  /** A record of the person in which the document is: a court order, a certificate. */
  document: Id,
});
export const LifeProposal = Closed({
  id: Id,
  subject: Id,
  change: WeightyChange,
  document: Id,
  by: By,
  at: Time,
  expires: Time,
});
export type LifeProposal = Static<typeof LifeProposal>;

export const Standing = Closed({
  id: Id,
  person: Id,
  as: OneOf(OFFICES),
  since: Time,
  until: OrNull(Time),
  ended: OrNull(Closed({ at: Time, by: By, why: OneOf(STANDING_ENDS) })),
  /** Two officers and the document that they saw. */
  proof: Closed({ document: Id, recordedBy: By, confirmedBy: By }),
  /** Does it let them act at this moment? */
  acts: Type.Boolean(),
});
export type Standing = Static<typeof Standing>;

export const LifeShown = Closed({
  subject: Id,
  phase: OneOf(LIFE_PHASES),
  /** When the person turns sixteen; null where that is not recorded. */
  sixteenAt: OrNull(Time),
  diedAt: OrNull(Time),
  /** Since when those who act for the person are at odds: meanwhile nobody does. */
  disputedSince: OrNull(Time),
  standings: Type.Array(Standing),
  /** Kept from whoever acts for the person. */
  kept: Type.Array(Closed({ category: Id, because: OneOf(WITHHELD_BECAUSE) })),
  /** Kept from emergencies too. */
  excluded: Type.Array(Id),
  /** Consents that wait for the person's own word. */
  asleep: Type.Array(Id),
});
export type LifeShown = Static<typeof LifeShown>;

/** What somebody is told; the words are the portal's. `about` has ids alone. */
export const NOTICE_KINDS = [
  'collected-indirectly',
  'glass-broken',
  'glass-reviewed',
  'represented',
  'life-changed',
  'turned-sixteen',
  'consents-asleep',
  'request-received',
  'request-extended',
  'request-answered',
  'request-overdue',
  'copy-not-ended',
  'sealed',
  'opened',
  'destroyed',
  'exposed',
  'blind-turned-on',
  'blind-turned-off',
  'blind-share-asked',
  'blind-share-released',
  'blind-key-replaced',
  'blind-other-key',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];
export const Notice = Closed({
  id: Id,
  at: Time,
  kind: OneOf(NOTICE_KINDS),
  about: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Array(Type.String())])),
  /** Clauses of the law by which it is told, by id. */
  clauses: Type.Array(Id),
  readAt: OrNull(Time),
});
export type Notice = Static<typeof Notice>;

const OfSubject = Closed({ subject: Id });
const AboutWhom = Closed({ subject: Type.Optional(Id) });

export const vaultLives = {
  getLife: endpoint({
    name: 'getLife',
    method: 'GET',
    path: '/api/lives',
    action: 'readHoldings',
    summary: 'Who acts for a person, and what the person keeps to themself',
    query: AboutWhom,
    answer: LifeShown,
  }),
  listRepresented: endpoint({
    name: 'listRepresented',
    method: 'GET',
    path: '/api/represented',
    action: 'readHoldings',
    summary: 'For whom one acts at this moment',
    answer: Closed({
      represented: Type.Array(Closed({ subject: Id, standing: Id, as: OneOf(OFFICES) })),
    }),
  }),
  proposeLife: endpoint({
    name: 'proposeLife',
    method: 'POST',
    path: '/api/life-proposals',
    action: 'recordLife',
    summary: 'Record a change in a person’s life with its document; it counts once a second officer confirms it',
    body: Closed({ ...OfSubject.properties, change: WeightyChange, document: Id }),
    answer: LifeProposal,
  }),
  listLifeProposals: endpoint({
    name: 'listLifeProposals',
    method: 'GET',
    path: '/api/life-proposals',
    action: 'readDesk',
    summary: 'Changes in people’s lives that wait for a second officer; oldest first',
    answer: Closed({ proposals: Type.Array(LifeProposal, { maxItems: PROPOSALS_SHOWN_MAX }) }),
  }),
  confirmLife: endpoint({
    name: 'confirmLife',
    method: 'POST',
    path: '/api/life-proposals/:id/confirm',
    action: 'recordLife',
    summary: 'Confirm, as a second officer, a change in a person’s life; it is in force once this answers',
    params: OneId,
    answer: LifeShown,
  }),
  changeLife: endpoint({
    name: 'changeLife',
    method: 'POST',
    path: '/api/lives/changes',
    action: 'recordLife',
    summary:
      'End what somebody does for a person, or stop all who do while they are at odds; in force once this answers',
    body: Closed({ ...OfSubject.properties, change: SwiftChange }),
    answer: LifeShown,
  }),
  setWishes: endpoint({
    name: 'setWishes',
    method: 'POST',
    path: '/api/lives/wishes',
    action: 'setWishes',
    summary: 'What a person keeps from those who act for them, and from emergencies as far as the law lets them',
    body: Closed({
      ...OfSubject.properties,
      keep: Type.Array(Id, { maxItems: CATEGORIES_OF_WISHES_MAX, uniqueItems: true }),
      exclude: Type.Array(Id, { maxItems: CATEGORIES_OF_WISHES_MAX, uniqueItems: true }),
    }),
    answer: LifeShown,
  }),
  confirmConsent: endpoint({
    name: 'confirmConsent',
    method: 'POST',
    path: '/api/lives/consents',
    action: 'setWishes',
    summary: 'Let a consent that somebody gave for one stand as one’s own',
    body: Closed({ ...OfSubject.properties, consent: Id }),
    answer: LifeShown,
  }),
  listNotices: endpoint({
    name: 'listNotices',
    method: 'GET',
    path: '/api/notices',
    action: 'readHoldings',
    summary: 'What a person is told about what is held about them; newest first',
    query: AboutWhom,
    answer: Closed({ notices: Type.Array(Notice, { maxItems: NOTICES_SHOWN_MAX }), unread: Type.Integer() }),
  }),
  readNotices: endpoint({
    name: 'readNotices',
    method: 'POST',
    path: '/api/notices/read',
    action: 'askRight',
    summary: 'Mark notices as read',
    body: Closed({
      ...OfSubject.properties,
      notices: Type.Array(Id, { minItems: 1, maxItems: NOTICES_SHOWN_MAX, uniqueItems: true }),
    }),
    answer: Closed({ unread: Type.Integer() }),
  }),
} as const;
