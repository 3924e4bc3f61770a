/** X.509 v3 certificates (RFC 5280) by profile: what each kind may be used for is fixed here, never by who asks. */
import {
  bitString,
  booleanTrue,
  contextTag,
  integer,
  integerOf,
  namedBits,
  octetString,
  oid,
  sequence,
  TAG,
  time,
  tlv,
} from './der.ts';
import { OID } from './oids.ts';

/**
 * root: signs issuing authorities only; issuing: signs leaves; device, network and service: TLS client only; gateway: a network that
 * also serves under names it proved; server: TLS server only; appliance: a device's own web server and network access, its key made on
 * it and asked for by its gateway; ocsp: signs OCSP answers only; document: signs documents only (RFC 9336).
 */
export type Profile =
  'root' | 'issuing' | 'device' | 'network' | 'service' | 'gateway' | 'server' | 'appliance' | 'ocsp' | 'document';

export interface CertificateDraft {
  readonly profile: Profile;
  /** 16 random bytes, see `serialOf`. */
  readonly serial: Uint8Array;
  /** DER Name of the signer and of the holder. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  /** DER SubjectPublicKeyInfo of the holder. */
  readonly spki: Uint8Array;
  /** Key identifiers (any hash of the key) of holder and signer. */
  readonly keyId: Uint8Array;
  readonly issuerKeyId: Uint8Array;
  readonly alternativeNames: readonly AlternativeName[];
  /** Extensions that say where its revocation can be asked, see `encodeStatusPlaces`; empty for none. */
  readonly statusPlaces: Uint8Array;
}

export type AlternativeName =
  { readonly kind: 'uri' | 'dns'; readonly value: string } | { readonly kind: 'ip'; readonly value: Uint8Array };

export const SERIAL_BYTES = 16;

/**
 * Makes 16 random bytes a positive serial of fixed length: the top bit is cleared (DER sign) and the first hex digit is never 0,
 * so that every library prints it alike. 127 bits less one part in eight.
 */
export function serialOf(random: Uint8Array): Buffer {
  const serial = Buffer.from(random.subarray(0, SERIAL_BYTES));
  serial[0]! &= 0x7f;
  if (serial[0]! < 0x10) serial[0]! |= 0x40;
  return serial;
}

/** The text form of a serial that our tables use: upper-case hex as OpenSSL and Node print it. */
export const serialText = (serial: Uint8Array): string => Buffer.from(serial).toString('hex').toUpperCase();

export const ECDSA_SHA256: Buffer = sequence(oid(OID.ecdsaSha256));

const NULL = Buffer.from([TAG.null, 0]);
const KEY_USAGE = { digitalSignature: 0, keyCertSign: 5, crlSign: 6 } as const;
const critical = (type: string, value: Uint8Array): Buffer => sequence(oid(type), booleanTrue, octetString(value));
const plain = (type: string, value: Uint8Array): Buffer => sequence(oid(type), octetString(value));

const authority = (constraints: Uint8Array): Buffer =>
  Buffer.concat([
    critical(OID.basicConstraints, constraints),
    critical(OID.keyUsage, namedBits([KEY_USAGE.keyCertSign, KEY_USAGE.crlSign])),
  ]);
const leaf = (...usages: readonly string[]): Buffer =>
  Buffer.concat([
    critical(OID.basicConstraints, sequence()),
    critical(OID.keyUsage, namedBits([KEY_USAGE.digitalSignature])),
    plain(OID.extKeyUsage, sequence(...usages.map(oid))),
  ]);

/** The fixed extensions of each profile, encoded once: this is the template of the fast path. */
const FIXED: Readonly<Record<Profile, Buffer>> = {
  root: authority(sequence(booleanTrue, integer(1))),
  issuing: authority(sequence(booleanTrue, integer(0))),
  device: leaf(OID.clientAuth),
  network: leaf(OID.clientAuth),
  service: leaf(OID.clientAuth),
  gateway: leaf(OID.clientAuth, OID.serverAuth),
  server: leaf(OID.serverAuth),
  document: leaf(OID.documentSigning),
  appliance: leaf(OID.serverAuth, OID.clientAuth),
  // Without the no-check mark (RFC 6960 4.2.2.2.1) a client would ask about the responder in turn.
  ocsp: Buffer.concat([leaf(OID.ocspSigning), plain(OID.ocspNoCheck, NULL)]),
};

const VERSION_3 = tlv(contextTag(0, true), integer(2));
const AUTHORITY_KEY_ID = oid(OID.authorityKeyId);
const SUBJECT_KEY_ID = oid(OID.subjectKeyId);

const generalName = (name: AlternativeName): Buffer => {
  if (name.kind === 'ip') return tlv(contextTag(7, false), name.value);
  return tlv(contextTag(name.kind === 'uri' ? 6 : 2, false), Buffer.from(name.value, 'latin1'));
};

/** AuthorityInfoAccess and CRLDistributionPoints (RFC 5280 4.2.2.1, 4.2.1.13), encoded once. */
export function encodeStatusPlaces(places: { readonly ocsp: string; readonly list: string }): Buffer {
  const uri = (value: string): Buffer => generalName({ kind: 'uri', value });
  const point = sequence(tlv(contextTag(0, true), tlv(contextTag(0, true), uri(places.list))));
  return Buffer.concat([
    plain(OID.authorityInfo, sequence(sequence(oid(OID.ocsp), uri(places.ocsp)))),
    plain(OID.crlDistributionPoints, sequence(point)),
  ]);
}

/** The bytes that the authority signs. */
export function encodeToBeSigned(draft: CertificateDraft): Buffer {
  const extensions = [
    FIXED[draft.profile],
    sequence(SUBJECT_KEY_ID, octetString(octetString(draft.keyId))),
    sequence(AUTHORITY_KEY_ID, octetString(sequence(tlv(contextTag(0, false), draft.issuerKeyId)))),
  ];
  if (draft.alternativeNames.length > 0)
    extensions.push(plain(OID.subjectAltName, sequence(...draft.alternativeNames.map(generalName))));
  if (draft.statusPlaces.length > 0) extensions.push(Buffer.from(draft.statusPlaces));
  return sequence(
    VERSION_3,
    integerOf(draft.serial),
    ECDSA_SHA256,
    draft.issuer,
    sequence(time(draft.notBefore), time(draft.notAfter)),
    draft.subject,
    draft.spki,
    tlv(contextTag(3, true), sequence(...extensions)),
  );
}

/** Signed bytes, algorithm and DER ECDSA signature as one certificate, or one revocation list. */
export const assembleSigned = (toBeSigned: Uint8Array, signature: Uint8Array): Buffer =>
  sequence(toBeSigned, ECDSA_SHA256, bitString(signature));
