/** Sealed records opened: by two officers who have no part in it, for one reader, for days. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { By, Closed, Id, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';

/** One that no second officer approves by then lapses. */
export const UNSEALING_ASKED_LIFE_DAYS = 3;
export const UNSEALING_DAYS_MAX = 7;
export const UNSEALING_RECORDS_MAX = 50;
/** Asked for, open, or kept from the person at one moment. */
export const UNSEALINGS_MAX = 10_000;
export const UNSEALING_STATES = ['asked', 'open', 'ended', 'lapsed'] as const;

export const UnsealingDraft = Closed({
  subject: Id,
  records: Type.Array(Id, { minItems: 1, maxItems: UNSEALING_RECORDS_MAX, uniqueItems: true }),
  /** Who looks, and nobody else. */
  reader: Id,
  reason: Reason,
  /** By which law. */
  clause: Type.String({ minLength: 3, maxLength: 300 }),
  /** Of the order or the file, such as its number. */
  reference: Type.String({ minLength: 3, maxLength: 200 }),
  /** From the approval on. */
  days: Type.Integer({ minimum: 1, maximum: UNSEALING_DAYS_MAX }),
  /** Kept from the person as long as the order that two officers recorded for it says. */
  quiet: Type.Boolean(),
});
export type UnsealingDraft = Static<typeof UnsealingDraft>;
export const Unsealing = Closed({
  id: Id,
  ...UnsealingDraft.properties,
  state: OneOf(UNSEALING_STATES),
  asked: Closed({ at: Time, by: By }),
  approved: OrNull(Closed({ at: Time, by: By })),
  until: OrNull(Time),
  /** The record with the order that keeps it from the person; null where they are told at once. */
  order: OrNull(Id),
  /** From then on the person reads of it. */
  hiddenUntil: OrNull(Time),
  ended: OrNull(Closed({ at: Time, by: By })),
});
export type Unsealing = Static<typeof Unsealing>;
const Unsealings = Closed({ unsealings: Type.Array(Unsealing, { maxItems: UNSEALINGS_MAX }) });

export const vaultUnsealing = {
  listUnsealings: endpoint({
    name: 'listUnsealings',
    method: 'GET',
    path: '/api/unsealings',
    action: 'readHolds',
    summary: 'Openings of sealed records that are asked for, open, or kept from the person by an order',
    query: Closed({ subject: Type.Optional(Id) }),
    answer: Unsealings,
  }),
  listOwnUnsealings: endpoint({
    name: 'listOwnUnsealings',
    method: 'GET',
    path: '/api/unsealings/own',
    action: 'askRecord',
    summary: 'Sealed records that are open for the one who asks',
    answer: Unsealings,
  }),
  askUnsealing: endpoint({
    name: 'askUnsealing',
    method: 'POST',
    path: '/api/unsealings',
    action: 'unsealRecords',
    summary: 'Ask for sealed records to be opened for one reader; another officer approves it within three days',
    body: UnsealingDraft,
    answer: Unsealing,
  }),
  approveUnsealing: endpoint({
    name: 'approveUnsealing',
    method: 'POST',
    path: '/api/unsealings/:id/approve',
    action: 'unsealRecords',
    summary: 'Open sealed records that another officer asked for; the person is told, unless an order lets that wait',
    params: OneId,
    answer: Unsealing,
  }),
  endUnsealing: endpoint({
    name: 'endUnsealing',
    method: 'POST',
    path: '/api/unsealings/:id/end',
    action: 'unsealRecords',
    summary: 'End an opening of sealed records before its time, or turn one down that is asked for',
    params: OneId,
    answer: Unsealing,
  }),
} as const;
