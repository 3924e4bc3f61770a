/** Records that the city itself cannot read: who chose so, the keys of people (public, or wrapped by what they alone have), and sealed keys of records. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { By, Closed, Count, Id, OneId, OneOf, OrNull, Time } from '../schema.ts';
import { PURPOSES, RECORD_MEDIA } from '../words.ts';
import { RECORD_VERSIONS_MAX } from './vault.ts';

export const BLIND_HOLDERS_MAX = 9;
export const BLIND_HOLDERS_MIN = 2;
/** Sealed keys in one request or answer; where there are more, it is asked again. */
export const BLIND_SEALS_MAX = 500;
export const BLIND_PASSKEYS_MAX = 10;
export const BLIND_ASKS_SHOWN_MAX = 50;
/** What is given up, each to be ticked: a choice without one of them is none. */
export const BLIND_PRICE = [
  'no-view-only',
  'no-search',
  'no-pictures',
  'lost-for-ever',
  'slow-emergency',
  'nobody-acts',
  'trust-the-page',
] as const;
/** Versions whose shares are given anew in one request: each has one for every holder. */
export const BLIND_RENEWED_MAX = 50;
export const BLIND_CHOICE_FORMAT = 'cityward-blind-choice/1';

/** Base64url, uncompressed point on P-256. */
const PublicKey = Type.String({ pattern: '^[A-Za-z0-9_-]{87}$' });
/** Base64url: by HPKE, a key or a share of one. */
const Sealed = Type.String({ pattern: '^[A-Za-z0-9_-]{130,200}$' });
const Wrapped = Type.String({ pattern: '^[A-Za-z0-9_-]{80}$' });
const Bytes32 = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });
const Credential = Type.String({ pattern: '^[A-Za-z0-9_-]{1,1024}$' });
const Base64Url = Type.String({ pattern: '^[A-Za-z0-9_-]{1,4096}$' });
const Version = Type.Integer({ minimum: 1, maximum: RECORD_VERSIONS_MAX });

const Wrap = Closed({ credential: Credential, wrapped: Wrapped });
export const BlindKey = Closed({
  publicKey: PublicKey,
  /** What the passkey is asked with. */
  salt: Bytes32,
  wraps: Type.Array(Wrap, { maxItems: BLIND_PASSKEYS_MAX }),
});
export type BlindKey = Static<typeof BlindKey>;
export const BlindKeyDraft = Closed({ publicKey: PublicKey, salt: Bytes32, ...Wrap.properties });
export type BlindKeyDraft = Static<typeof BlindKeyDraft>;

const Signed = {
  /** Canonical: what the passkey signs, see `BlindChoiceText` and `BlindNewKeyText`. */
  text: Type.String({ maxLength: 4_000 }),
  /** Of a passkey of one's own at the portal, over the text. */
  signature: Closed({ key: Credential, authenticatorData: Base64Url, clientDataJson: Base64Url, signature: Base64Url }),
} as const;
export const BlindNewKey = Closed({ ...BlindKeyDraft.properties, ...Signed });
export type BlindNewKey = Static<typeof BlindNewKey>;
export const BLIND_NEW_KEY_FORMAT = 'cityward-blind-new-key/1';
/** As JSON, with its fields in this order. */
export const BlindNewKeyText = Closed({
  format: Type.Literal(BLIND_NEW_KEY_FORMAT),
  subject: Id,
  publicKey: PublicKey,
  at: Time,
});
export type BlindNewKeyText = Static<typeof BlindNewKeyText>;

const Holder = Closed({ person: Id, publicKey: PublicKey });
export const BlindRecovery = Closed({
  id: Id,
  at: Time,
  ...BlindKeyDraft.properties,
  released: Type.Array(Closed({ from: Id, sealed: Sealed }), { maxItems: BLIND_HOLDERS_MAX }),
});
export type BlindRecovery = Static<typeof BlindRecovery>;
export const BlindStanding = Closed({
  key: OrNull(BlindKey),
  mode: OrNull(
    Closed({
      state: OneOf(['on', 'turning-off']),
      since: Time,
      needed: Count,
      /** `waits`: made a new key, and has no share until its owner gives shares anew. */
      holders: Type.Array(Closed({ ...Holder.properties, waits: Type.Boolean() }), { maxItems: BLIND_HOLDERS_MAX }),
      /** Versions that are still to be sealed, or to be handed back. */
      left: Count,
    }),
  ),
  recovery: OrNull(BlindRecovery),
  /** What one chooses who chooses it now: so many weeks older backups stay readable. */
  backupWeeks: Count,
});
export type BlindStanding = Static<typeof BlindStanding>;

const Shares = Type.Array(Closed({ to: Id, sealed: Sealed }), { maxItems: BLIND_HOLDERS_MAX });
export const BlindChoice = Closed({
  ...Signed,
  /** Of the person's own key, each sealed to its holder. */
  shares: Shares,
});
export type BlindChoice = Static<typeof BlindChoice>;
/** As JSON, with its fields in this order. */
export const BlindChoiceText = Closed({
  format: Type.Literal(BLIND_CHOICE_FORMAT),
  subject: Id,
  do: OneOf(['turn-on', 'turn-off']),
  accepted: Type.Array(OneOf(BLIND_PRICE), { maxItems: BLIND_PRICE.length }),
  publicKey: PublicKey,
  needed: Type.Integer({ minimum: 0, maximum: BLIND_HOLDERS_MAX }),
  holders: Type.Array(Holder, { maxItems: BLIND_HOLDERS_MAX }),
  at: Time,
});
export type BlindChoiceText = Static<typeof BlindChoiceText>;

const VersionSeal = Closed({ record: Id, version: Version, sealed: Sealed });
export type VersionSeal = Static<typeof VersionSeal>;
/** One split of a key is whole: a share for each holder, in their order, or the key as it was split before. */
export const BlindRenewal = Closed({
  holders: Type.Array(Holder, { minItems: BLIND_HOLDERS_MIN, maxItems: BLIND_HOLDERS_MAX }),
  /** Of one's own key; none where those stay. */
  key: Shares,
  versions: Type.Array(Closed({ record: Id, version: Version, shares: Shares }), { maxItems: BLIND_RENEWED_MAX }),
});
export type BlindRenewal = Static<typeof BlindRenewal>;
export const BlindToShare = Closed({
  needed: Count,
  holders: Type.Array(Holder, { maxItems: BLIND_HOLDERS_MAX }),
  /** Keys of versions of which a holder has no share, sealed to oneself. */
  seals: Type.Array(VersionSeal, { maxItems: BLIND_RENEWED_MAX }),
});
export type BlindToShare = Static<typeof BlindToShare>;
const VersionSeals = Type.Array(VersionSeal, { minItems: 1, maxItems: BLIND_SEALS_MAX });

export const BlindRecord = Closed({
  record: Id,
  version: Version,
  subject: Id,
  category: Id,
  media: OneOf(RECORD_MEDIA),
  /** Base64: nonce, ciphertext and tag under a key that the city has not. */
  content: Type.String(),
  needed: Count,
  seals: Type.Array(
    Closed({ use: OneOf(['own', 'consent', 'release']), under: Type.String(), from: Type.String(), sealed: Sealed }),
    { maxItems: BLIND_HOLDERS_MAX },
  ),
});
export type BlindRecord = Static<typeof BlindRecord>;

export const BlindAsk = Closed({
  id: Id,
  is: OneOf(['emergency', 'recovery']),
  subject: Id,
  /** Who asks, and the key that what is released is sealed to. */
  to: Id,
  publicKey: PublicKey,
  /** The emergency; empty for a recovery. */
  glass: Type.String({ maxLength: 64 }),
  reason: OrNull(Type.String()),
  organisation: OrNull(Id),
  at: Time,
  until: OrNull(Time),
  released: Type.Boolean(),
  /** One's own shares that it is about; of a recovery the one of the person's own key. */
  shares: Type.Array(Closed({ record: Type.String(), version: Count, sealed: Sealed }), { maxItems: BLIND_SEALS_MAX }),
});
export type BlindAsk = Static<typeof BlindAsk>;

export const BlindGiven = Closed({
  record: Id,
  subject: Id,
  category: Id,
  media: OneOf(RECORD_MEDIA),
  /** What it may be opened for, and what gives the reason. */
  purpose: OneOf(PURPOSES),
  by: OneOf(['consent', 'emergency']),
});
export type BlindGiven = Static<typeof BlindGiven>;

const Done = Closed({ done: Count });

export const vaultBlind = {
  getBlind: endpoint({
    name: 'getBlind',
    method: 'GET',
    path: '/api/blind',
    action: 'askRecord',
    summary: 'One’s own key as it is wrapped, and whether one’s records are such that the city cannot read them',
    answer: BlindStanding,
  }),
  keepBlindKey: endpoint({
    name: 'keepBlindKey',
    method: 'POST',
    path: '/api/blind/key',
    action: 'useBlind',
    summary: 'Keep one’s own key: its public half, and the other wrapped by a passkey; once',
    body: BlindKeyDraft,
    answer: BlindKey,
  }),
  wrapBlindKey: endpoint({
    name: 'wrapBlindKey',
    method: 'POST',
    path: '/api/blind/key/wraps',
    action: 'useBlind',
    summary: 'One’s own key wrapped by one more passkey',
    body: Wrap,
    answer: BlindKey,
  }),
  replaceBlindKey: endpoint({
    name: 'replaceBlindKey',
    method: 'POST',
    path: '/api/blind/key/new',
    action: 'useBlind',
    summary:
      'A new key in the place of one that nothing opens any more, signed by a passkey; what was sealed to the old one goes',
    body: BlindNewKey,
    answer: BlindKey,
  }),
  listBlindShares: endpoint({
    name: 'listBlindShares',
    method: 'GET',
    path: '/api/blind/shares',
    action: 'askRecord',
    summary: 'Those who hold shares, and keys of one’s records of which one of them has no share any more',
    answer: BlindToShare,
  }),
  renewBlindShares: endpoint({
    name: 'renewBlindShares',
    method: 'POST',
    path: '/api/blind/shares',
    action: 'useBlind',
    summary: 'Keys split anew among those who hold shares, each share sealed to its holder',
    body: BlindRenewal,
    answer: Done,
  }),
  getBlindKeyOf: endpoint({
    name: 'getBlindKeyOf',
    method: 'GET',
    path: '/api/blind/keys/:id',
    action: 'askRecord',
    summary: 'The public key of somebody, to seal to; null where they have none',
    params: OneId,
    answer: Closed({ publicKey: OrNull(PublicKey) }),
  }),
  chooseBlind: endpoint({
    name: 'chooseBlind',
    method: 'POST',
    path: '/api/blind/choice',
    action: 'useBlind',
    summary: 'Have one’s records such that the city cannot read them, or begin to hand them back, signed by a passkey',
    body: BlindChoice,
    answer: BlindStanding,
  }),
  listBlindSeals: endpoint({
    name: 'listBlindSeals',
    method: 'GET',
    path: '/api/blind/seals',
    action: 'askRecord',
    summary:
      'Keys of one’s records, sealed to oneself; with a consent those that it reaches and are not sealed for it yet',
    query: Closed({ consent: Type.Optional(Id) }),
    answer: Closed({
      /** Whom the consent is for, and their key; null without a consent. */
      to: OrNull(Closed({ person: Id, publicKey: OrNull(PublicKey) })),
      seals: Type.Array(Closed({ ...VersionSeal.properties, category: Id, media: OneOf(RECORD_MEDIA) }), {
        maxItems: BLIND_SEALS_MAX,
      }),
    }),
  }),
  sealForConsent: endpoint({
    name: 'sealForConsent',
    method: 'POST',
    path: '/api/blind/consents/:id/seals',
    action: 'useBlind',
    summary: 'Keys of one’s records, sealed to the person that a consent of one’s own is for',
    params: OneId,
    body: Closed({ seals: VersionSeals }),
    answer: Done,
  }),
  viewBlind: endpoint({
    name: 'viewBlind',
    method: 'GET',
    path: '/api/blind/records/:id',
    action: 'askRecord',
    summary:
      'A record as ciphertext, with its key sealed to whoever may see it; every look and every refusal is recorded',
    params: OneId,
    query: Closed({ purpose: Type.Optional(OneOf(PURPOSES)), version: Type.Optional(Version) }),
    answer: BlindRecord,
  }),
  listBlindGiven: endpoint({
    name: 'listBlindGiven',
    method: 'GET',
    path: '/api/blind/given',
    action: 'askRecord',
    summary: 'Records of others whose keys one was given, by a consent that stands or in an emergency that is open',
    answer: Closed({ records: Type.Array(BlindGiven, { maxItems: BLIND_SEALS_MAX }) }),
  }),
  handBack: endpoint({
    name: 'handBack',
    method: 'POST',
    path: '/api/blind/hand-back',
    action: 'useBlind',
    summary: 'Give the city the keys of one’s records again, once turning it off was begun',
    body: Closed({
      keys: Type.Array(Closed({ record: Id, version: Version, key: Bytes32 }), {
        minItems: 1,
        maxItems: BLIND_SEALS_MAX,
      }),
    }),
    answer: Closed({ done: Count, left: Count }),
  }),
  askHolders: endpoint({
    name: 'askHolders',
    method: 'POST',
    path: '/api/blind/emergencies/:id',
    action: 'askRecord',
    summary: 'In an emergency of one’s own: ask those who hold shares to release them',
    params: OneId,
    answer: Closed({ ask: Id, needed: Count, holders: Type.Array(By, { maxItems: BLIND_HOLDERS_MAX }) }),
  }),
  listBlindAsks: endpoint({
    name: 'listBlindAsks',
    method: 'GET',
    path: '/api/blind/asks',
    action: 'askRecord',
    summary: 'Who asks for shares that one holds, and those shares, sealed to oneself',
    answer: Closed({ asks: Type.Array(BlindAsk, { maxItems: BLIND_ASKS_SHOWN_MAX }) }),
  }),
  releaseShares: endpoint({
    name: 'releaseShares',
    method: 'POST',
    path: '/api/blind/asks/:id/release',
    action: 'useBlind',
    summary: 'Release one’s shares to whoever asked, sealed to their key',
    params: OneId,
    body: Closed({
      seals: Type.Array(Closed({ record: Type.String({ maxLength: 64 }), version: Count, sealed: Sealed }), {
        minItems: 1,
        maxItems: BLIND_SEALS_MAX,
      }),
    }),
    answer: Done,
  }),
  askRecovery: endpoint({
    name: 'askRecovery',
    method: 'POST',
    path: '/api/blind/recovery',
    action: 'useBlind',
    summary: 'Without any passkey that opens one’s own key: ask those who hold shares of it',
    body: BlindKeyDraft,
    answer: BlindStanding,
  }),
  endRecovery: endpoint({
    name: 'endRecovery',
    method: 'POST',
    path: '/api/blind/recovery/end',
    action: 'askRecord',
    summary: 'End one’s own recovery: the key is back, or is no longer asked for',
    answer: BlindStanding,
  }),
} as const;
