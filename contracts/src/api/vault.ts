/** Records of people: what is held about whom, who may see it by their consent, and its destruction. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { By, Closed, Count, Id, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';
import { POST_ROLES, PURPOSES, RECORD_MEDIA, REFRAINS, RIGHTS } from '../words.ts';

/** Without it: oneself. */
const AboutWhom = Closed({ subject: Type.Optional(Id) });

/** Of one version, in the clear. */
export const RECORD_MAX_BYTES = 8 * 1_048_576;
export const RECORD_VERSIONS_MAX = 1_000;
/** Records or consents in one answer; the newest. */
export const HOLDINGS_SHOWN_MAX = 1_000;
export const CONSENT_SCOPE_MAX = 200;
export const CONSENT_USES_MAX = 10_000;
/** How often a consent may be handed on, one after the other. */
export const CONSENT_DEPTH_MAX = 3;
const BASE64_MAX_CHARS = Math.ceil(RECORD_MAX_BYTES / 3) * 4;

export const RecordDraft = Closed({
  /** Whose it is: an id that tells nothing by itself. */
  subject: Id,
  category: Id,
  media: OneOf(RECORD_MEDIA),
  /** Base64. */
  content: Type.String({ minLength: 4, maxLength: BASE64_MAX_CHARS, pattern: '^[A-Za-z0-9+/]+={0,2}$' }),
  /** The record of which this is a new version; without it a new record. */
  record: Type.Optional(Id),
});
export type RecordDraft = Static<typeof RecordDraft>;

/** Records in one bulk, each new; together no larger than one record may be as Base64. */
export const BULK_RECORDS_MAX = 500;
export const BulkRecord = Type.Omit(RecordDraft, ['record'], { additionalProperties: false });
export type BulkRecord = Static<typeof BulkRecord>;

export const RecordVersion = Closed({
  version: Count,
  media: OneOf(RECORD_MEDIA),
  bytes: Count,
  at: Time,
  by: By,
});
export const HeldRecord = Closed({
  id: Id,
  subject: Id,
  category: Id,
  versions: Type.Array(RecordVersion),
  destroyed: OrNull(Closed({ at: Time, by: By, reason: Type.String({ maxLength: 500 }) })),
});
export type HeldRecord = Static<typeof HeldRecord>;

const Names = Type.Array(Id, { minItems: 1, maxItems: CONSENT_SCOPE_MAX, uniqueItems: true });
export const ConsentScope = Type.Union([
  Closed({ of: Type.Literal('categories'), categories: Names }),
  Closed({ of: Type.Literal('records'), records: Names }),
]);
export const ConsentDraft = Closed({
  subject: Id,
  /** A person who may sign in here. Without one it is for whoever holds the role at the organisation when they look. */
  person: Type.Optional(Id),
  /** Where they have to work when they look. */
  organisation: Type.Optional(Id),
  /** As what they have to work there. */
  role: Type.Optional(OneOf(POST_ROLES)),
  scope: ConsentScope,
  rights: Type.Array(OneOf(RIGHTS), { minItems: 1, uniqueItems: true }),
  purpose: OneOf(PURPOSES),
  from: Time,
  until: Time,
  /** How often it may be used in all; null without a limit. */
  uses: OrNull(Type.Integer({ minimum: 1, maximum: CONSENT_USES_MAX })),
  refrains: Type.Array(OneOf(REFRAINS), { uniqueItems: true }),
  /** How often it may be handed on within the organisation; not at all without it. */
  depth: Type.Optional(Type.Integer({ minimum: 0, maximum: CONSENT_DEPTH_MAX })),
});
export type ConsentDraft = Static<typeof ConsentDraft>;

export const CONSENT_STATES = ['standing', 'not-yet', 'ended', 'used-up', 'taken-back'] as const;
export const Consent = Closed({
  id: Id,
  ...ConsentDraft.properties,
  person: OrNull(Id),
  organisation: OrNull(Id),
  role: OrNull(OneOf(POST_ROLES)),
  depth: Count,
  /** The consent that was handed on by it; with that one it ends. */
  parent: OrNull(Id),
  used: Count,
  /** `behalf`: somebody of the city gave it for the subject. */
  given: Closed({ at: Time, by: By, behalf: Type.Boolean() }),
  takenBack: OrNull(Closed({ at: Time, by: By })),
  state: OneOf(CONSENT_STATES),
});
export type Consent = Static<typeof Consent>;

export const vault = {
  putRecord: endpoint({
    name: 'putRecord',
    method: 'POST',
    path: '/api/records',
    action: 'putRecord',
    summary: 'Store a record of a person, or a new version of one, encrypted under a key of its own',
    body: RecordDraft,
    bodyMaxBytes: BASE64_MAX_CHARS + 4_096,
    answer: Closed({ record: Id, version: Count }),
  }),
  putRecords: endpoint({
    name: 'putRecords',
    method: 'POST',
    path: '/api/records/bulk',
    action: 'putRecords',
    summary: 'Store many new records at once, of one person or of many: all of them or none',
    body: Closed({ records: Type.Array(BulkRecord, { minItems: 1, maxItems: BULK_RECORDS_MAX }) }),
    bodyMaxBytes: BASE64_MAX_CHARS + 262_144,
    answer: Closed({ records: Type.Array(Id, { maxItems: BULK_RECORDS_MAX }) }),
  }),
  listRecords: endpoint({
    name: 'listRecords',
    method: 'GET',
    path: '/api/records',
    action: 'readHoldings',
    summary: 'What is held about a person, without its content; newest first',
    query: AboutWhom,
    answer: Closed({ records: Type.Array(HeldRecord, { maxItems: HOLDINGS_SHOWN_MAX }) }),
  }),
  viewRecord: endpoint({
    name: 'viewRecord',
    method: 'GET',
    path: '/api/records/:id/content',
    action: 'askRecord',
    summary:
      'The content of a record, for whom policy and a consent let see it; every look and every refusal is recorded',
    params: OneId,
    query: Closed({
      /** PATRQT, for oneself, without it. */
      purpose: Type.Optional(OneOf(PURPOSES)),
      version: Type.Optional(Type.Integer({ minimum: 1, maximum: RECORD_VERSIONS_MAX })),
    }),
    answer: Type.Unknown(),
  }),
  destroyRecord: endpoint({
    name: 'destroyRecord',
    method: 'POST',
    path: '/api/records/:id/destroy',
    action: 'destroyRecord',
    summary: 'Destroy the keys of all versions of a record: nobody reads it again',
    params: OneId,
    body: Closed({ reason: Reason }),
    answer: HeldRecord,
  }),
  listConsents: endpoint({
    name: 'listConsents',
    method: 'GET',
    path: '/api/consents',
    action: 'readHoldings',
    summary: 'Whom a person lets see what; newest first',
    query: AboutWhom,
    answer: Closed({ consents: Type.Array(Consent, { maxItems: HOLDINGS_SHOWN_MAX }) }),
  }),
  giveConsent: endpoint({
    name: 'giveConsent',
    method: 'POST',
    path: '/api/consents',
    action: 'giveConsent',
    summary: 'Let a person, or whoever holds a role at an organisation, see records, for a purpose, for a time',
    body: ConsentDraft,
    answer: Consent,
  }),
  takeBackConsent: endpoint({
    name: 'takeBackConsent',
    method: 'POST',
    path: '/api/consents/:id/take-back',
    action: 'takeBackConsent',
    summary: 'Take a consent back: once answered, no byte is served by it any more',
    params: OneId,
    answer: Consent,
  }),
} as const;
