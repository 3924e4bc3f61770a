/** Emergencies: that somebody is in care is said by the clinic's own system; a clinician there then breaks the glass, for half an hour, and is reviewed. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { By, Closed, Id, OneId, OneOf, OrNull, Time } from '../schema.ts';
import { HeldRecord, HOLDINGS_SHOWN_MAX } from './vault.ts';

export const CARE_KINDS = ['encounter', 'admission'] as const;
export const GLASS_REASONS = ['cannot-answer', 'threat-to-life', 'threat-to-others', 'history-needed-now'] as const;
export type GlassReason = (typeof GLASS_REASONS)[number];
export const GLASS_OUTCOMES = ['justified', 'not-justified'] as const;
/** What has a case looked at first. */
export const GLASS_FLAGS = ['guarded', 'unusually-often', 'not-justified-before'] as const;
export type GlassFlag = (typeof GLASS_FLAGS)[number];
export const GLASSES_SHOWN_MAX = 200;
/** An admission is reported anew before it has run so long. */
export const CARE_LENGTH_MAX_DAYS = 7;
const Words = Type.String({ minLength: 10, maxLength: 1_000 });

export const CareDraft = Closed({ subject: Id, kind: OneOf(CARE_KINDS), until: Time });
export type CareDraft = Static<typeof CareDraft>;
export const Care = Closed({
  id: Id,
  ...CareDraft.properties,
  /** Whose system reported it. */
  organisation: Id,
  from: Time,
  ended: OrNull(Time),
});
export type Care = Static<typeof Care>;

export const GlassDraft = Closed({ subject: Id, reason: OneOf(GLASS_REASONS), words: Words });
export type GlassDraft = Static<typeof GlassDraft>;
export const Glass = Closed({
  id: Id,
  subject: Id,
  by: By,
  organisation: Id,
  reason: OneOf(GLASS_REASONS),
  /** A record of the person in which the reason is told in words. */
  paper: Id,
  at: Time,
  until: Time,
  ended: OrNull(Time),
  flags: Type.Array(OneOf(GLASS_FLAGS)),
  review: OrNull(Closed({ at: Time, by: By, outcome: OneOf(GLASS_OUTCOMES) })),
});
export type Glass = Static<typeof Glass>;

export const vaultGlass = {
  reportCare: endpoint({
    name: 'reportCare',
    method: 'POST',
    path: '/api/care',
    action: 'reportCare',
    summary: 'A clinic’s own system says that somebody is in its care',
    body: CareDraft,
    answer: Care,
  }),
  endCare: endpoint({
    name: 'endCare',
    method: 'POST',
    path: '/api/care/:id/end',
    action: 'reportCare',
    summary: 'A clinic’s own system says that somebody is in its care no more',
    params: OneId,
    answer: Care,
  }),
  breakGlass: endpoint({
    name: 'breakGlass',
    method: 'POST',
    path: '/api/break-glass',
    action: 'askGlass',
    summary:
      'See what is held about a patient in an emergency, for thirty minutes; the patient is told at once and it is reviewed',
    body: GlassDraft,
    answer: Glass,
  }),
  listOwnGlass: endpoint({
    name: 'listOwnGlass',
    method: 'GET',
    path: '/api/break-glass',
    action: 'askGlass',
    summary: 'The emergencies in which one broke the glass; newest first',
    answer: Closed({ glasses: Type.Array(Glass, { maxItems: GLASSES_SHOWN_MAX }) }),
  }),
  listGlassRecords: endpoint({
    name: 'listGlassRecords',
    method: 'GET',
    path: '/api/break-glass/:id/records',
    action: 'askGlass',
    summary: 'What is held about the patient that may be seen in this emergency, without its content',
    params: OneId,
    answer: Closed({ records: Type.Array(HeldRecord, { maxItems: HOLDINGS_SHOWN_MAX }) }),
  }),
  endGlass: endpoint({
    name: 'endGlass',
    method: 'POST',
    path: '/api/break-glass/:id/end',
    action: 'askGlass',
    summary: 'End an emergency before its thirty minutes are over',
    params: OneId,
    answer: Glass,
  }),
  listGlassReviews: endpoint({
    name: 'listGlassReviews',
    method: 'GET',
    path: '/api/break-glass-reviews',
    action: 'readDesk',
    summary: 'Broken glass that nobody has reviewed; what is flagged first, then oldest first',
    answer: Closed({ glasses: Type.Array(Glass, { maxItems: GLASSES_SHOWN_MAX }) }),
  }),
  reviewGlass: endpoint({
    name: 'reviewGlass',
    method: 'POST',
    path: '/api/break-glass/:id/review',
    action: 'reviewGlass',
    summary:
      'Say whether breaking the glass was justified; where it was not, it ends, and that clinician breaks none for ninety days',
    params: OneId,
    body: Closed({ outcome: OneOf(GLASS_OUTCOMES) }),
    answer: Glass,
  }),
} as const;
