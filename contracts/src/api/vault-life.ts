/** The life of records: restricted, sealed, held, erased; what is left of copies; certificates of destruction. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { DestructionDraft, VerifierSignature } from '../destruction.ts';
import { By, Closed, Count, Id, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';
import { COPY_KINDS, COPY_OUTCOMES } from './vault-copies.ts';

const Clause = Type.String({ minLength: 3, maxLength: 300 });

export const LIFE_STATES = [
  'active',
  'restricted',
  'sealed',
  'due',
  'keys-destroyed',
  'copies-purged',
  'closed',
] as const;
export type LifeState = (typeof LIFE_STATES)[number];
/** Why a record is where it is, as a code. */
export const LIFE_REASONS = [
  'stored',
  'asked-by-person',
  'kept-by-law',
  'legal-hold',
  'hold-lifted',
  'time-is-over',
  'erasure-asked',
  'order-of-court',
  'stored-in-error',
  'officer',
] as const;
export type LifeReason = (typeof LIFE_REASONS)[number];

/** What somebody may give as the reason of a destruction. */
export const ERASE_TRIGGERS = ['erasure-asked', 'order-of-court', 'stored-in-error', 'officer'] as const;
export const ERASED_MAX = 200_000;

export const RecordLife = Closed({
  record: Id,
  category: Id,
  state: OneOf(LIFE_STATES),
  reason: OneOf(LIFE_REASONS),
  by: By,
  clause: Type.String({ maxLength: 300 }),
  since: Time,
  next: OrNull(Time),
});
export type RecordLife = Static<typeof RecordLife>;

/** What became of each record when somebody asked for erasure, for that person to read. */
export const ErasureAnswer = Closed({
  destroyed: Count,
  sealed: Count,
  /** In plain words, one for each reason. */
  words: Type.Array(Type.String({ maxLength: 500 }), { maxItems: 50 }),
  /** Of what was destroyed; null where nothing was. */
  destruction: OrNull(Id),
});
export type ErasureAnswer = Static<typeof ErasureAnswer>;

/** One that no second officer sets by then lapses. */
export const HOLD_ASKED_LIFE_DAYS = 3;
export const HOLD_STATES = ['asked', 'set', 'lift-asked', 'lifted', 'lapsed'] as const;
/** A legal hold: what it covers is not destroyed. */
export const Hold = Closed({
  id: Id,
  subject: Id,
  /** Without both: everything of the person. */
  category: OrNull(Id),
  record: OrNull(Id),
  basis: Reason,
  clause: Clause,
  state: OneOf(HOLD_STATES),
  asked: Closed({ at: Time, by: By }),
  set: OrNull(Closed({ at: Time, by: By })),
  liftAsked: OrNull(Closed({ at: Time, by: By })),
  lifted: OrNull(Closed({ at: Time, by: By })),
});
export type Hold = Static<typeof Hold>;
export const HoldDraft = Closed({
  subject: Id,
  category: OrNull(Id),
  record: OrNull(Id),
  basis: Reason,
  clause: Clause,
});
export type HoldDraft = Static<typeof HoldDraft>;
export const HOLDS_MAX = 10_000;

export const DESTRUCTION_STATES = ['copies-left', 'to-certify', 'certified'] as const;
export const CopyLeft = Closed({
  id: Id,
  kind: OneOf(COPY_KINDS),
  place: Type.String({ maxLength: 300 }),
  custodian: Type.String({ maxLength: 200 }),
  outcome: OneOf(COPY_OUTCOMES),
  why: Type.String({ maxLength: 500 }),
  versions: Count,
});
export const Destruction = Closed({
  id: Id,
  subject: Id,
  by: By,
  trigger: OneOf(LIFE_REASONS),
  reason: Type.String({ maxLength: 500 }),
  at: Time,
  records: Count,
  versions: Count,
  root: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  state: OneOf(DESTRUCTION_STATES),
  left: Type.Array(CopyLeft, { maxItems: 1_000 }),
});
export type Destruction = Static<typeof Destruction>;
export const DESTRUCTIONS_SHOWN_MAX = 200;

export const vaultLife = {
  listLives: endpoint({
    name: 'listLives',
    method: 'GET',
    path: '/api/records/lives',
    action: 'readHoldings',
    summary: 'Where the records of a person are in their life, those in use left out',
    query: Closed({ subject: Type.Optional(Id) }),
    answer: Closed({ lives: Type.Array(RecordLife, { maxItems: 1_000 }) }),
  }),
  restrictRecord: endpoint({
    name: 'restrictRecord',
    method: 'POST',
    path: '/api/records/:id/restrict',
    action: 'restrictRecord',
    summary: 'Let nobody but its owner see a record, or let it be used again',
    params: OneId,
    body: Closed({ restricted: Type.Boolean(), clause: Clause }),
    answer: RecordLife,
  }),
  eraseRecords: endpoint({
    name: 'eraseRecords',
    method: 'POST',
    path: '/api/records/erase',
    action: 'eraseRecords',
    summary:
      'Erase what is held about a person: destroyed now where the law lets it, sealed until then where it does not',
    body: Closed({
      subject: Type.Optional(Id),
      /** Without it everything. */
      records: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 1_000, uniqueItems: true })),
      trigger: OneOf(ERASE_TRIGGERS),
      reason: Reason,
    }),
    answer: ErasureAnswer,
  }),
  listHolds: endpoint({
    name: 'listHolds',
    method: 'GET',
    path: '/api/holds',
    action: 'readHolds',
    summary: 'Legal holds that are in force or asked for',
    query: Closed({ subject: Type.Optional(Id) }),
    answer: Closed({ holds: Type.Array(Hold, { maxItems: HOLDS_MAX }) }),
  }),
  askHold: endpoint({
    name: 'askHold',
    method: 'POST',
    path: '/api/holds',
    action: 'judgeHold',
    summary:
      'Ask for a legal hold: nothing it covers is destroyed from now on; a second officer sets it within three days',
    body: HoldDraft,
    answer: Hold,
  }),
  setHold: endpoint({
    name: 'setHold',
    method: 'POST',
    path: '/api/holds/:id/set',
    action: 'judgeHold',
    summary: 'Set a legal hold that another officer asked for',
    params: OneId,
    answer: Hold,
  }),
  liftHold: endpoint({
    name: 'liftHold',
    method: 'POST',
    path: '/api/holds/:id/lift',
    action: 'judgeHold',
    summary: 'Ask for a legal hold to be lifted, or lift it where another officer asked',
    params: OneId,
    body: Closed({ basis: Reason }),
    answer: Hold,
  }),
  listDestructions: endpoint({
    name: 'listDestructions',
    method: 'GET',
    path: '/api/destructions',
    action: 'readDestructions',
    summary: 'Destructions, those without a certificate first, then the newest, with the copies that are left',
    query: Closed({ state: Type.Optional(OneOf(DESTRUCTION_STATES)) }),
    answer: Closed({ destructions: Type.Array(Destruction, { maxItems: DESTRUCTIONS_SHOWN_MAX }) }),
  }),
  draftCertificate: endpoint({
    name: 'draftCertificate',
    method: 'POST',
    path: '/api/destructions/:id/draft',
    action: 'verifyDestruction',
    summary: 'Look whether a destruction is complete, and draft its certificate; refused while a copy is left',
    params: OneId,
    body: Closed({
      verifier: Closed({
        name: Type.String({ minLength: 1, maxLength: 80 }),
        title: Type.String({ minLength: 1, maxLength: 80 }),
        location: Type.String({ minLength: 1, maxLength: 120 }),
        contact: Type.String({ minLength: 1, maxLength: 120 }),
      }),
    }),
    answer: DestructionDraft,
  }),
  signCertificate: endpoint({
    name: 'signCertificate',
    method: 'POST',
    path: '/api/destructions/:id/sign',
    action: 'verifyDestruction',
    summary: 'Sign the certificate of destruction as the officer who verified it, never as the one who destroyed',
    params: OneId,
    body: Closed({ hash: Type.String({ pattern: '^[0-9a-f]{64}$' }), signature: VerifierSignature }),
    answer: Destruction,
  }),
  getCertificate: endpoint({
    name: 'getCertificate',
    method: 'GET',
    path: '/api/destructions/:id/certificate',
    action: 'readDestructions',
    summary: "The certificate of destruction, JSON, with signatures, the ledger's proof and the proof of one record",
    params: OneId,
    query: Closed({ record: Type.Optional(Id) }),
    answer: Type.Unknown(),
  }),
  getCertificatePdf: endpoint({
    name: 'getCertificatePdf',
    method: 'GET',
    path: '/api/destructions/:id/certificate.pdf',
    action: 'readDestructions',
    summary: 'The certificate of destruction for people, PDF, with the signed files in it',
    params: OneId,
    answer: Type.Unknown(),
  }),
} as const;
