/**
 * What changes a device is a job: signed by officers, verified by the device itself. These are the exact shapes whose canonical
 * JSON (RFC 8785) is signed; a field added here is a new `version`.
 */
import { Type, type Static } from 'typebox';
import { Closed, Id, OneOf, Time } from './schema.ts';

/** Lower-case hexadecimal SHA-256. */
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
/** base64url without padding. */
export const Base64Url = Type.String({ pattern: '^[A-Za-z0-9_-]*$', maxLength: 8_192 });
const Version = Type.String({ pattern: '^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$' });

/** What is signed before the canonical bytes, so that a signature over one kind of document is none over another. */
export const JOB_DOMAIN = 'cityward/job/v1\n';
export const OFFICERS_DOMAIN = 'cityward/officers/v1\n';
/** Before what officers sign to open a vault that was put back. */
export const OPENING_DOMAIN = 'cityward/vault-opening/v1\n';
/** Before the canonical bytes of a device's last report, which it signs with the key of its certificate. */
export const WIPE_DOMAIN = 'cityward/wiped/v1\n';
export const JOB_DEVICES_MAX = 1_000_000;
/** Where a device fetches what a job names, on the city's listener for device certificates: this and the SHA-256 of the bytes. */
export const CONTENT_PATH = '/fleet/v1/content/';
export const OFFICERS_MAX = 50;

/** A file that a device installs: what it is called, and what it must be to the byte. */
export const ArtifactRef = Closed({
  name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' }),
  version: Version,
  sha256: Sha256,
  size: Type.Integer({ minimum: 1, maximum: 1_073_741_824 }),
});
export type ArtifactRef = Static<typeof ArtifactRef>;

/** What the devices are to do. `mass actuation` is `set`: what moves something in the street. */
export const JobAction = Type.Union([
  Closed({ do: Type.Literal('install'), artifact: ArtifactRef }),
  /** The configuration document, by the hash of its canonical JSON. */
  Closed({ do: Type.Literal('configure'), document: Sha256 }),
  Closed({ do: Type.Literal('restart') }),
  Closed({ do: Type.Literal('rotate'), what: OneOf(['credentials', 'certificate']) }),
  Closed({ do: Type.Literal('set'), name: Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' }), to: Type.Number() }),
  /** Erases what the device holds, its memory card too. */
  Closed({ do: Type.Literal('wipe') }),
]);
export type JobAction = Static<typeof JobAction>;

/** A job's own way back, allowed by the same signatures: the only downgrade that is none. */
export const JobRevert = Closed({
  to: Type.Union([ArtifactRef, Closed({ document: Sha256 })]),
  until: Time,
});
export type JobRevert = Static<typeof JobRevert>;

/** One leaf of the job's device tree: this device, at this count. A device does a job once: its counter only grows. */
export const JobLeaf = Closed({ device: Id, counter: Type.Integer({ minimum: 1 }) });
export type JobLeaf = Static<typeof JobLeaf>;

export const ChangeJob = Closed({
  kind: Type.Literal('cityward-job'),
  version: Type.Literal(1),
  id: Id,
  /** The city's name, as in its officers' document. */
  city: Type.String({ minLength: 1, maxLength: 80 }),
  title: Type.String({ minLength: 3, maxLength: 120 }),
  /** RFC 6962 tree over the canonical JSON of each leaf, sorted by device. */
  devices: Closed({ count: Type.Integer({ minimum: 1, maximum: JOB_DEVICES_MAX }), root: Sha256 }),
  action: JobAction,
  notBefore: Time,
  notAfter: Time,
  revert: Type.Union([JobRevert, Type.Null()]),
});
export type ChangeJob = Static<typeof ChangeJob>;

/** `cityward sign` on another machine: Ed25519 over JOB_DOMAIN and the canonical bytes. */
export const Ed25519Signature = Closed({ key: Id, alg: Type.Literal('ed25519'), signature: Base64Url });
/** A passkey in the browser: challenge = SHA-256 of the same bytes. */
export const PasskeySignature = Closed({
  key: Id,
  alg: Type.Literal('webauthn'),
  authenticatorData: Base64Url,
  clientDataJson: Base64Url,
  signature: Base64Url,
});
export const JobSignature = Type.Union([Ed25519Signature, PasskeySignature]);
export type JobSignature = Static<typeof JobSignature>;

export const PasskeyOfficerKey = Closed({
  id: Id,
  officer: Id,
  alg: Type.Literal('webauthn'),
  /** SubjectPublicKeyInfo, DER. */
  publicKey: Base64Url,
  cose: Type.Union([Type.Literal(-7), Type.Literal(-8)]),
  origin: Type.String({ maxLength: 200 }),
  rpId: Type.String({ maxLength: 200 }),
});
export type PasskeyOfficerKey = Static<typeof PasskeyOfficerKey>;
/** An officer's key, pinned with all that a signature by it must show. */
export const OfficerKey = Type.Union([
  Closed({ id: Id, officer: Id, alg: Type.Literal('ed25519'), publicKey: Base64Url }),
  PasskeyOfficerKey,
]);
export type OfficerKey = Static<typeof OfficerKey>;

/** How many distinct officers each kind of act needs. */
export const Thresholds = Closed({
  officers: Type.Integer({ minimum: 1, maximum: OFFICERS_MAX }),
  install: Type.Integer({ minimum: 2, maximum: OFFICERS_MAX }),
  set: Type.Integer({ minimum: 2, maximum: OFFICERS_MAX }),
  wipe: Type.Integer({ minimum: 2, maximum: OFFICERS_MAX }),
  configure: Type.Integer({ minimum: 1, maximum: OFFICERS_MAX }),
  rotate: Type.Integer({ minimum: 1, maximum: OFFICERS_MAX }),
  restart: Type.Integer({ minimum: 1, maximum: OFFICERS_MAX }),
});
export type Thresholds = Static<typeof Thresholds>;

/** Who may sign: pinned on a device at commissioning. Version n+1 is signed by the thresholds of n and of n+1. */
export const Officers = Closed({
  kind: Type.Literal('cityward-officers'),
  version: Type.Integer({ minimum: 1 }),
  city: Type.String({ minLength: 1, maxLength: 80 }),
  expires: Time,
  thresholds: Thresholds,
  keys: Type.Array(OfficerKey, { minItems: 1, maxItems: OFFICERS_MAX }),
});
export type Officers = Static<typeof Officers>;
export const SignedOfficers = Closed({
  officers: Officers,
  signatures: Type.Array(Ed25519Signature, { maxItems: 2 * OFFICERS_MAX }),
});
export type SignedOfficers = Static<typeof SignedOfficers>;

/** What two officers sign where no witness can say it: that this ledger is the newest there is. */
export const VaultOpening = Closed({
  kind: Type.Literal('cityward-vault-opening'),
  version: Type.Literal(1),
  city: Type.String({ minLength: 1, maxLength: 80 }),
  incarnation: Id,
  ledger: Closed({
    origin: Type.String({ maxLength: 300 }),
    size: Type.Integer({ minimum: 0 }),
    /** Base64. */
    root: Type.String({ maxLength: 60 }),
  }),
});
export type VaultOpening = Static<typeof VaultOpening>;

/** What the city sends one device: the job, who signed it, and the proof that the device is meant. */
export const JobOrder = Closed({
  order: Type.Literal('job'),
  job: ChangeJob,
  signatures: Type.Array(JobSignature, { minItems: 1, maxItems: OFFICERS_MAX }),
  leaf: JobLeaf,
  index: Type.Integer({ minimum: 0 }),
  /** RFC 6962 inclusion proof, base64url hashes. */
  proof: Type.Array(Base64Url, { maxItems: 40 }),
  /** Where the artifact or the document lies, on the city's own hosts. */
  source: Type.Union([Type.String({ maxLength: 300 }), Type.Null()]),
  /** A way back is ordered by naming it: the job stays the same. */
  part: OneOf(['forward', 'revert']),
});
export type JobOrder = Static<typeof JobOrder>;

/** What a device says of a job, in order; `seq` grows by one for each report of one order. */
export const JOB_REPORT_STATES = [
  'accepted',
  'refused',
  'downloading',
  'installing',
  'restarting',
  'done',
  'failed',
  'reverted',
] as const;
/** What a wipe takes from a camera: its memory card, recordings that are left on it, then all that was ever set, accounts and keys among it. */
export const ERASED_ITEMS = ['card', 'recordings', 'settings'] as const;
/** `absent`: there is no such thing to erase. */
export const ERASED_STATES = ['done', 'absent', 'failed'] as const;
export const Erased = Closed({
  item: OneOf(ERASED_ITEMS),
  state: OneOf(ERASED_STATES),
  reason: Type.Union([Type.String({ maxLength: 200 }), Type.Null()]),
});
export type Erased = Static<typeof Erased>;
/** Whoever erased it says so, for whoever has the city's authority: the device itself, or a camera's gateway, by the key of this certificate. */
export const WipeProof = Closed({
  /** PEM. */
  certificate: Type.String({ maxLength: 4_096 }),
  /** ECDSA with SHA-256 over WIPE_DOMAIN and the canonical JSON of the report without its proof; IEEE P1363. */
  signature: Base64Url,
});
export type WipeProof = Static<typeof WipeProof>;
export const JobReport = Closed({
  order: Type.Literal('job'),
  job: Id,
  part: OneOf(['forward', 'revert']),
  seq: Type.Integer({ minimum: 1, maximum: 1_000 }),
  at: Time,
  state: OneOf(JOB_REPORT_STATES),
  /** Its firmware or document hash as it runs now. */
  running: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
  reason: Type.Union([Type.String({ maxLength: 300 }), Type.Null()]),
  /** Item by item, where a gateway erased a camera. */
  erased: Type.Optional(Type.Array(Erased, { maxItems: ERASED_ITEMS.length })),
  /** Only of a wipe that has ended; one that is done counts with it only. */
  proof: Type.Optional(WipeProof),
});
export type JobReport = Static<typeof JobReport>;
