/**
 * Commissioning: what a site gateway is asked to look at on a device, what it says it saw, and the handover certificate, whose
 * canonical JSON (RFC 8785) is signed; a field added to the certificate is a new `version`.
 */
import { Type, type Static } from 'typebox';
import { Base64Url, Sha256 } from './jobs.ts';
import { Closed, Id, Line, OneOf, OrNull, Time } from './schema.ts';
import { DEVICE_CLASSES } from './words.ts';

const Text = (maxLength: number) => Type.String({ maxLength });

/** In the order in which they are shown. */
export const GATE_CHECKS = ['default-credentials', 'tls', 'firmware-track', 'clock', 'baseline'] as const;
export type GateCheckName = (typeof GATE_CHECKS)[number];

/** Well-known sign-ins that one look may try: fewer than any device locks out at. */
export const CREDENTIALS_TRIED_MAX = 12;
/** What a gateway says of one look, at most. */
export const PROBE_RESULT_MAX_BYTES = 4_096;

/** Sent on `orders`, not retained: look at this device of your own site, once. */
export const ProbeOrder = Closed({
  order: Type.Literal('probe'),
  id: Id,
  device: Id,
  /** An answer after this is of no use. */
  until: Time,
});
export type ProbeOrder = Static<typeof ProbeOrder>;

/** How the search for a known sign-in ended. Only `complete` and `no-service` say anything about the device. */
export const CREDENTIAL_ENDS = ['complete', 'no-service', 'no-answer', 'locked', 'not-tried'] as const;
/** What the gateway saw, as facts: the city judges. */
export const ProbeResult = Closed({
  order: Type.Literal('probe'),
  id: Id,
  device: Id,
  at: Time,
  credentials: Closed({
    ended: OneOf(CREDENTIAL_ENDS),
    tried: Type.Integer({ minimum: 0, maximum: CREDENTIALS_TRIED_MAX }),
    /** The entry of the list that was let in, by its name: a password never travels. */
    accepted: OrNull(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' })),
    /** It let somebody in who gave no name and no password. */
    open: Type.Boolean(),
  }),
  /** Of its own web service; null where it has none, or it did not answer. */
  tls: OrNull(
    Closed({
      protocol: OrNull(Text(16)),
      cipher: OrNull(Text(80)),
      fingerprint: OrNull(Sha256),
      selfSigned: OrNull(Type.Boolean()),
      notAfter: OrNull(Time),
      /** It asks for a sign-in over plain HTTP too. */
      plain: Type.Boolean(),
    }),
  ),
  /** Both clocks at the same moment. */
  clock: OrNull(Closed({ device: Time, gateway: Time })),
  firmware: OrNull(Line(64)),
});
export type ProbeResult = Static<typeof ProbeResult>;

/** What the installer signs with the certificate. */
export const Clause = Closed({ id: Id, text: Line(400) });
export type Clause = Static<typeof Clause>;

const Fact = Type.Union([Text(200), Type.Number(), Type.Boolean(), Type.Null()]);
/** What a check rests on, by name. */
export const CheckEvidence = Type.Record(Type.String({ pattern: '^[a-z][A-Za-z]{0,39}$' }), Fact, {
  maxProperties: 24,
});
export type CheckEvidence = Static<typeof CheckEvidence>;

export const GateException = Closed({
  /** Who answers for it, by name. */
  owner: Line(80),
  until: Time,
  reason: Line(500),
  by: Text(64),
  at: Time,
});
export type GateException = Static<typeof GateException>;

export const HANDOVER_DOMAIN = 'cityward/handover/v1\n';
export const HANDOVER_MAX_BYTES = 65_536;
/** What is handed over, as both sides sign it. */
export const Handover = Closed({
  kind: Type.Literal('cityward-handover'),
  version: Type.Literal(1),
  id: Id,
  city: Line(80),
  device: Closed({
    id: Id,
    name: Text(200),
    class: OneOf(DEVICE_CLASSES),
    model: Text(100),
    serial: OrNull(Text(64)),
    mac: OrNull(Text(64)),
    spiffe: Line(300),
    /** Serial of the certificate that it had. */
    certificate: Line(64),
  }),
  place: Closed({
    site: OrNull(Id),
    street: Text(200),
    ward: OrNull(Id),
    lon: OrNull(Type.Number()),
    lat: OrNull(Type.Number()),
  }),
  checks: Type.Array(
    Closed({
      check: OneOf(GATE_CHECKS),
      state: OneOf(['passed', 'excepted']),
      why: Text(400),
      at: OrNull(Time),
      by: OrNull(Text(64)),
      evidence: CheckEvidence,
      exception: OrNull(GateException),
    }),
    { minItems: GATE_CHECKS.length, maxItems: GATE_CHECKS.length },
  ),
  clauses: Type.Array(Clause, { minItems: 1, maxItems: 40 }),
  installer: Closed({
    name: Line(80),
    company: OrNull(Line(80)),
    /** Who was signed in: a person's id, or the command line of the city. */
    as: Line(64),
  }),
  at: Time,
});
export type Handover = Static<typeof Handover>;

/** The installer's signature over HANDOVER_DOMAIN and the canonical JSON of the handover. */
export const InstallerKeySignature = Closed({
  alg: Type.Literal('ed25519'),
  key: Id,
  publicKey: Base64Url,
  signature: Base64Url,
});
export const InstallerSignature = Type.Union([
  InstallerKeySignature,
  Closed({
    alg: Type.Literal('webauthn'),
    /** The passkey, by its credential id. */
    key: Line(1_024),
    /** SubjectPublicKeyInfo, DER. */
    publicKey: Base64Url,
    cose: Type.Union([Type.Literal(-7), Type.Literal(-8)]),
    origin: Line(200),
    rpId: Line(200),
    authenticatorData: Base64Url,
    clientDataJson: Base64Url,
    signature: Base64Url,
  }),
]);
export type InstallerSignature = Static<typeof InstallerSignature>;

/** The certificate: exactly these bytes, canonical, are what the city signs. */
export const HandoverCertificate = Closed({ handover: Handover, signature: InstallerSignature });
export type HandoverCertificate = Static<typeof HandoverCertificate>;
