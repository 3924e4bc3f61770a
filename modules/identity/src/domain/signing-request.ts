/** PKCS#10 certificate requests (RFC 2986): a strict parser of what devices ask for; the proof of possession is checked by the caller. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { contextTag, DerFault, oidText, readDer, TAG, unsignedBytes, wholeBits, type Element } from './der.ts';
import { OID } from './oids.ts';

export const REQUEST_MAX_BYTES = 16_384;
const NAME_PARTS_MAX = 16;
const ATTRIBUTES_MAX = 16;
const EXTENSIONS_MAX = 32;
const ALTERNATIVE_NAMES_MAX = 16;
const RSA_BITS_MIN = 2_048;
const RSA_BITS_MAX = 4_096; // above it one verification costs milliseconds
const RSA_EXPONENT_BYTES_MAX = 4;

export type Digest = 'sha256' | 'sha384' | 'sha512';
export type KeyKind = 'P-256' | 'P-384' | 'RSA' | 'Ed25519';
export type RequestedName =
  | { readonly kind: 'uri' | 'dns' | 'email'; readonly value: string }
  | { readonly kind: 'other'; readonly value: string };

export interface SigningRequest {
  /** What the holder signed, DER. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** Null for Ed25519, which has its own. */
  readonly digest: Digest | null;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly key: KeyKind;
  /** The subject's attributes in order; `type` is a dotted object identifier. */
  readonly subject: readonly { readonly type: string; readonly value: string }[];
  /** Requested alternative names; null when none were asked for. */
  readonly alternativeNames: readonly RequestedName[] | null;
}

export type RequestRefusal = Refusal<'REQUEST_UNREADABLE' | 'REQUEST_TOO_LARGE' | 'KEY_NOT_ACCEPTED'>;

class NotAccepted extends Error {}

/** Reads one DER request. Never throws on input. */
export function parseSigningRequest(der: Uint8Array): Result<SigningRequest, RequestRefusal> {
  if (der.length > REQUEST_MAX_BYTES)
    return refuse(
      'too-large',
      'REQUEST_TOO_LARGE',
      `read request of ${der.length} bytes: wanted at most ${REQUEST_MAX_BYTES}`,
    );
  try {
    return ok(parse(der));
  } catch (fault) {
    if (fault instanceof NotAccepted) return refuse('invalid', 'KEY_NOT_ACCEPTED', fault.message);
    if (fault instanceof DerFault) return refuse('invalid', 'REQUEST_UNREADABLE', fault.message);
    throw fault;
  }
}

function parse(der: Uint8Array): SigningRequest {
  const outer = readDer(der);
  const request = readDer(outer.take(TAG.sequence, 'request').body);
  outer.end('request');
  const info = request.take(TAG.sequence, 'request information');
  const algorithm = request.take(TAG.sequence, 'signature algorithm');
  const signature = wholeBits(request.take(TAG.bitString, 'signature'), 'signature');
  request.end('signature');

  const parts = readDer(info.body);
  const version = unsignedBytes(parts.take(TAG.integer, 'version'), 'version');
  if (version.length !== 1 || version[0] !== 0) throw new DerFault('read version: wanted 0, the only one there is');
  const subject = parseName(parts.take(TAG.sequence, 'subject'));
  const spki = parts.take(TAG.sequence, 'public key');
  const attributes = parts.maybe(contextTag(0, true), 'attributes');
  parts.end('attributes');

  const key = keyKindOf(spki);
  return {
    signed: info.whole,
    signature,
    digest: digestOf(algorithm, key),
    spki: spki.whole,
    key,
    subject,
    alternativeNames: attributes ? parseAttributes(attributes) : null,
  };
}

function parseName(name: Element): SigningRequest['subject'] {
  const parts: { type: string; value: string }[] = [];
  const relative = readDer(name.body);
  while (relative.more()) {
    const members = readDer(relative.take(TAG.set, 'part of the subject').body);
    do {
      const pair = readDer(members.take(TAG.sequence, 'attribute of the subject').body);
      const type = oidText(pair.take(TAG.oid, 'attribute type').body);
      parts.push({ type, value: textOf(pair.any('attribute value')) });
      pair.end('attribute value');
      if (parts.length > NAME_PARTS_MAX) throw new DerFault(`read subject: wanted at most ${NAME_PARTS_MAX} parts`);
    } while (members.more());
  }
  return parts;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(element: Element): string {
  if (element.tag !== TAG.utf8String && element.tag !== TAG.printableString && element.tag !== TAG.ia5String)
    throw new DerFault('read attribute value: wanted UTF8String, PrintableString or IA5String');
  return decodeText(element.body, element.tag !== TAG.utf8String);
}

function decodeText(bytes: Uint8Array, asciiOnly: boolean): string {
  if (asciiOnly && bytes.some((byte) => byte > 0x7e || byte < 0x20))
    throw new DerFault('read text: wanted printable ASCII');
  try {
    return utf8.decode(bytes);
  } catch {
    throw new DerFault('read text: it is not UTF-8');
  }
}

function keyKindOf(spki: Element): KeyKind {
  const fields = readDer(spki.body);
  const algorithm = readDer(fields.take(TAG.sequence, 'key algorithm').body);
  const bits = wholeBits(fields.take(TAG.bitString, 'public key bits'), 'public key bits');
  fields.end('public key');
  const name = oidText(algorithm.take(TAG.oid, 'key algorithm name').body);
  if (name === OID.ecPublicKey) {
    const curve = oidText(algorithm.take(TAG.oid, 'named curve').body);
    algorithm.end('named curve');
    if (curve === OID.p256) return 'P-256';
    if (curve === OID.p384) return 'P-384';
    throw new NotAccepted(`accept key on curve "${curve}": wanted P-256 or P-384`);
  }
  if (name === OID.ed25519) {
    algorithm.end('key algorithm');
    return 'Ed25519';
  }
  if (name === OID.rsa) {
    algorithm.take(TAG.null, 'key algorithm parameters');
    algorithm.end('key algorithm');
    checkRsa(bits);
    return 'RSA';
  }
  throw new NotAccepted(`accept key of algorithm "${name}": wanted P-256, P-384, Ed25519 or RSA`);
}

function checkRsa(bits: Uint8Array): void {
  const outer = readDer(bits);
  const numbers = readDer(outer.take(TAG.sequence, 'RSA key').body);
  outer.end('RSA key');
  const modulus = unsignedBytes(numbers.take(TAG.integer, 'RSA modulus'), 'RSA modulus');
  const exponent = unsignedBytes(numbers.take(TAG.integer, 'RSA exponent'), 'RSA exponent');
  numbers.end('RSA exponent');
  const size = modulus.length * 8 - Math.clz32(modulus[0]!) + 24;
  if (size < RSA_BITS_MIN || size > RSA_BITS_MAX)
    throw new NotAccepted(`accept RSA key of ${size} bits: wanted ${RSA_BITS_MIN} to ${RSA_BITS_MAX}`);
  const odd = (exponent[exponent.length - 1]! & 1) === 1;
  if (exponent.length > RSA_EXPONENT_BYTES_MAX || !odd || (exponent.length === 1 && exponent[0]! < 3))
    throw new NotAccepted('accept RSA key: its public exponent is not a small odd number of 3 or more');
}

const EC_DIGESTS: Readonly<Record<string, Digest>> = {
  [OID.ecdsaSha256]: 'sha256',
  [OID.ecdsaSha384]: 'sha384',
  [OID.ecdsaSha512]: 'sha512',
};
const RSA_DIGESTS: Readonly<Record<string, Digest>> = {
  [OID.rsaSha256]: 'sha256',
  [OID.rsaSha384]: 'sha384',
  [OID.rsaSha512]: 'sha512',
};

function digestOf(algorithm: Element, key: KeyKind): Digest | null {
  const fields = readDer(algorithm.body);
  const name = oidText(fields.take(TAG.oid, 'signature algorithm name').body);
  const parameters = fields.maybe(TAG.null, 'signature algorithm parameters');
  fields.end('signature algorithm');
  if (key === 'Ed25519') {
    if (name === OID.ed25519 && !parameters) return null;
  } else {
    const digest = (key === 'RSA' ? RSA_DIGESTS : EC_DIGESTS)[name];
    if (digest) return digest;
  }
  throw new NotAccepted(
    `accept signature of algorithm "${name}" with a key of kind ${key}: wanted SHA-256, SHA-384 or SHA-512`,
  );
}

function parseAttributes(attributes: Element): readonly RequestedName[] | null {
  const list = readDer(attributes.body);
  let names: readonly RequestedName[] | null = null;
  for (let count = 1; list.more(); count++) {
    if (count > ATTRIBUTES_MAX) throw new DerFault(`read attributes: wanted at most ${ATTRIBUTES_MAX}`);
    const attribute = readDer(list.take(TAG.sequence, 'attribute').body);
    const type = oidText(attribute.take(TAG.oid, 'attribute type').body);
    const values = readDer(attribute.take(TAG.set, 'attribute values').body);
    attribute.end('attribute');
    if (type !== OID.extensionRequest) continue;
    const extensions = values.take(TAG.sequence, 'requested extensions');
    values.end('requested extensions');
    const found = alternativeNamesIn(extensions);
    if (found && names) throw new DerFault('read requested extensions: alternative names are asked for twice');
    names ??= found;
  }
  return names;
}

function alternativeNamesIn(extensions: Element): readonly RequestedName[] | null {
  const list = readDer(extensions.body);
  let names: readonly RequestedName[] | null = null;
  for (let count = 1; list.more(); count++) {
    if (count > EXTENSIONS_MAX) throw new DerFault(`read requested extensions: wanted at most ${EXTENSIONS_MAX}`);
    const extension = readDer(list.take(TAG.sequence, 'requested extension').body);
    const type = oidText(extension.take(TAG.oid, 'extension type').body);
    extension.maybe(TAG.boolean, 'critical mark');
    const value = extension.take(TAG.octetString, 'extension value').body;
    extension.end('extension value');
    if (type !== OID.subjectAltName) continue;
    if (names) throw new DerFault('read requested extensions: alternative names are asked for twice');
    names = parseAlternativeNames(value);
  }
  return names;
}

const NAME_KINDS: Readonly<Record<number, 'email' | 'dns' | 'uri'>> = {
  [contextTag(1, false)]: 'email',
  [contextTag(2, false)]: 'dns',
  [contextTag(6, false)]: 'uri',
};

function parseAlternativeNames(value: Uint8Array): readonly RequestedName[] {
  const outer = readDer(value);
  const list = readDer(outer.take(TAG.sequence, 'alternative names').body);
  outer.end('alternative names');
  const names: RequestedName[] = [];
  while (list.more()) {
    if (names.length === ALTERNATIVE_NAMES_MAX)
      throw new DerFault(`read alternative names: wanted at most ${ALTERNATIVE_NAMES_MAX}`);
    const element = list.any('alternative name');
    const kind = NAME_KINDS[element.tag];
    names.push(
      kind
        ? { kind, value: decodeText(element.body, true) }
        : { kind: 'other', value: Buffer.from(element.whole).toString('hex') },
    );
  }
  return names;
}
