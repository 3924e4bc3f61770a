/**
 * The certificate of destruction, whose canonical JSON (RFC 8785) is signed: the fields of NIST SP 800-88r1 section 4.8, and what a
 * stranger needs to check it. A field added to it is a new `version`.
 */
import { Type, type Static } from 'typebox';
import { InstallerSignature } from './gate.ts';
import { Sha256 } from './jobs.ts';
import { Base64, Closed, Count, Id, Line, OneOf, Time } from './schema.ts';
import { COPY_KINDS, COPY_OUTCOMES } from './api/vault-copies.ts';

const Text = (maxLength: number) => Type.String({ maxLength });

export const DESTRUCTION_DOMAIN = 'cityward/destruction/v1\n';
export const DESTRUCTION_MAX_BYTES = 1_048_576;
export const CERTIFICATE_COPIES_MAX = 1_000;

/** Title, date, place, contact: asked of the one who destroyed and of the one who verified. */
const Person = Closed({
  /** Who was signed in. */
  as: Line(64),
  name: Line(80),
  title: Line(80),
  location: Line(120),
  contact: Line(120),
  at: Time,
});

/** What was destroyed, how, and what was looked at afterwards. The officer who verified signs it, then the city. */
export const DestructionRecord = Closed({
  kind: Type.Literal('cityward-destruction'),
  version: Type.Literal(1),
  id: Id,
  city: Line(80),
  medium: Closed({
    manufacturer: Text(100),
    model: Text(100),
    serial: Text(100),
    property: Text(100),
    type: Text(100),
    source: Text(200),
  }),
  sanitisation: Closed({
    /** NIST's word: the data was never at rest in the clear, so crypto-erase counts as purge. */
    description: OneOf(['purge']),
    method: Text(500),
    tool: Text(100),
    /** Where the medium goes: it stays. */
    destination: Text(200),
  }),
  confidentiality: Closed({ before: Text(100), after: Text(100) }),
  /** Who it was about: an id that tells nothing by itself. */
  subject: Id,
  trigger: Line(40),
  basis: Closed({ clause: Text(300), reason: Text(500) }),
  /** RFC 6962 tree over the canonical JSON `{key, record, version}` of each version, by record and version. */
  versions: Closed({ records: Count, count: Type.Integer({ minimum: 1 }), root: Sha256 }),
  /** SHA-256 over the ids of all keys, sorted, one a line: the keys themselves are nowhere. */
  keys: Closed({ count: Count, commitment: Sha256 }),
  copies: Type.Array(
    Closed({
      id: Id,
      kind: OneOf(COPY_KINDS),
      place: Text(300),
      custodian: Text(200),
      outcome: OneOf(COPY_OUTCOMES),
      why: Text(500),
      versions: Count,
    }),
    { maxItems: CERTIFICATE_COPIES_MAX },
  ),
  verification: Closed({
    /** Every key was looked for; of decryption samples were tried. */
    method: Text(300),
    keysLookedFor: Count,
    keysFound: Count,
    /** Slots of the key file read from the disk anew, and how many of them still name one of the keys. */
    slotsRead: Count,
    slotsFound: Count,
    decryptionsTried: Count,
    decryptionsSucceeded: Count,
    backupDecryptionsTried: Count,
    backupDecryptionsSucceeded: Count,
    ciphertextLeft: Count,
  }),
  /** Copies outside the city's control, in words; empty where there is none. */
  exclusions: Type.Array(Text(600), { maxItems: CERTIFICATE_COPIES_MAX }),
  unreadable: Closed({ live: Time, backups: Time }),
  destroyed: Person,
  verified: Person,
});
export type DestructionRecord = Static<typeof DestructionRecord>;

export const VerifierSignature = Type.Union([
  InstallerSignature.anyOf[0],
  Type.Omit(InstallerSignature.anyOf[1], ['publicKey', 'cose', 'origin', 'rpId']),
]);

export type VerifierSignature = Static<typeof VerifierSignature>;

export const DestructionDraft = Closed({ record: DestructionRecord, hash: Sha256, words: Type.Array(Text(1_000)) });
export type DestructionDraft = Static<typeof DestructionDraft>;

/** Exactly these bytes, canonical, are what the city signs. */
export const DestructionSigned = Closed({ record: DestructionRecord, signature: InstallerSignature });
export type DestructionSigned = Static<typeof DestructionSigned>;

/** One fact of the ledger with what a stranger checks it with. */
export const LedgerExhibit = Closed({
  entry: Text(2_000),
  body: Text(4_000),
  salt: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  proof: Text(20_000),
});

/** The file that is handed out: checked with the city's root and the log's key alone. */
export const DestructionCertificate = Closed({
  signed: DestructionSigned,
  /** The city's detached signature over the canonical JSON of `signed`; CMS, DER. */
  city: Base64(20_000),
  /** The fact that names the certificate's hash, and its proof in the ledger. */
  ledger: LedgerExhibit,
  /** That one version was among those destroyed. */
  proofs: Type.Array(
    Closed({
      record: Id,
      version: Type.Integer({ minimum: 1 }),
      key: Type.String({ pattern: '^[0-9a-f]{32}$' }),
      index: Count,
      hashes: Type.Array(Base64(44), { maxItems: 53 }),
    }),
    { maxItems: 1_000 },
  ),
});
export type DestructionCertificate = Static<typeof DestructionCertificate>;
