/** What goes with a consent: its preview, handing it on, and what one was let see by others. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Id, OneId, OneOf, Time } from '../schema.ts';
import { POST_ROLES, RECORD_MEDIA } from '../words.ts';
import { Consent, ConsentDraft, HOLDINGS_SHOWN_MAX } from './vault.ts';

const { scope, rights, from, until, uses, refrains, depth, person } = ConsentDraft.properties;
/** To somebody at the organisation that it was given to; about the same subject and for the same purpose. */
export const HandOnDraft = Closed({
  person,
  role: Type.Optional(OneOf(POST_ROLES)),
  scope,
  rights,
  from,
  until,
  uses,
  refrains,
  depth,
});
export type HandOnDraft = Static<typeof HandOnDraft>;

/** What a sentence of a preview is about; in the order in which they are said. */
export const PREVIEW_ABOUT = [
  'who',
  'what',
  'may',
  'may-not',
  'purpose',
  'when',
  'uses',
  'handing-on',
  'duty',
  'taking-back',
  'cannot-be-recalled',
] as const;
export const PreviewSentence = Closed({
  about: OneOf(PREVIEW_ABOUT),
  /** Enforced by the vault, asked of the one who sees it, or told. */
  kind: OneOf(['enforced', 'duty', 'told']),
  /** What another language fills its own sentence with. */
  values: Type.Record(
    Type.String({ maxLength: 40 }),
    Type.Union([Type.String(), Type.Number(), Type.Array(Type.String())]),
  ),
  english: Type.String(),
});
export type PreviewSentence = Static<typeof PreviewSentence>;
export const ConsentPreview = Closed({
  sentences: Type.Array(PreviewSentence),
  /** What is wrong with it; empty where it may be given. */
  faults: Type.Array(Type.String()),
});
export type ConsentPreview = Static<typeof ConsentPreview>;

/** Records of others named at once. */
export const GRANTED_RECORDS_MAX = 2_000;
/** Of a consent that stands: that it is there, never what is in it. */
export const GrantedRecord = Closed({ id: Id, subject: Id, category: Id, media: OneOf(RECORD_MEDIA), at: Time });
export type GrantedRecord = Static<typeof GrantedRecord>;

export const vaultGrants = {
  previewConsent: endpoint({
    name: 'previewConsent',
    method: 'POST',
    path: '/api/consents/preview',
    action: 'giveConsent',
    summary:
      'What a consent would allow, what it would not, until when, and what taking it back would do; nothing is given',
    body: ConsentDraft,
    answer: ConsentPreview,
  }),
  handOnConsent: endpoint({
    name: 'handOnConsent',
    method: 'POST',
    path: '/api/consents/:id/hand-on',
    action: 'handOnConsent',
    summary: 'Hand a consent that one was given on to somebody at the same organisation, never more than it is',
    params: OneId,
    body: HandOnDraft,
    answer: Consent,
  }),
  listGranted: endpoint({
    name: 'listGranted',
    method: 'GET',
    path: '/api/consents/to-me',
    action: 'readHoldings',
    summary: 'What others let one see now, by name or by what one works as; newest first',
    answer: Closed({
      consents: Type.Array(Consent, { maxItems: HOLDINGS_SHOWN_MAX }),
      /** Those that any of the consents reaches. */
      records: Type.Array(GrantedRecord, { maxItems: GRANTED_RECORDS_MAX }),
    }),
  }),
} as const;
