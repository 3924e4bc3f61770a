/** Certificates that others made (IEEE 802.1AR, RFC 5280), read strictly as far as a chain to a pinned root needs. */
import { err, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { contextTag, DerFault, oidText, readDer, TAG, unsignedBytes, type Element } from './der.ts';
import { OID } from './oids.ts';

export const CERTIFICATE_MAX_BYTES = 8_192;
/** The device's own, intermediates and the root. */
export const CHAIN_MAX = 6;
const NAME_PARTS_MAX = 16;
const EXTENSIONS_MAX = 32;
const USAGES_MAX = 16;
const TEXT_MAX_CHARS = 64;
const SUBJECT_MAX_CHARS = 300;

export interface NamePart {
  readonly type: string;
  readonly value: string;
}

/** What is said in the certificate itself; its signature is checked by the caller. */
export interface ReadCertificate {
  /** DER of the public key. */
  readonly spki: Uint8Array;
  readonly subject: readonly NamePart[];
  readonly notBefore: number;
  /** The year 9999 means: no end that the maker knows of (RFC 5280 4.1.2.5). */
  readonly notAfter: number;
  readonly authority: boolean;
  /** Certificates of authorities that may stand below this one; null for any number. */
  readonly pathLength: number | null;
  /** Bit numbers of KeyUsage; null where it does not say. */
  readonly keyUsage: readonly number[] | null;
  readonly extKeyUsage: readonly string[] | null;
}

export type FactoryRefusal = Refusal<'CHAIN_NOT_ACCEPTED' | 'SERIAL_NOT_READ'>;
const notAccepted = (why: string) => refuse('forbidden', 'CHAIN_NOT_ACCEPTED', `accept factory certificate: ${why}`);

/** Critical extensions that this reader understands; any other critical one refuses the certificate (RFC 5280 4.2). */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extKeyUsage,
  OID.subjectAltName,
  OID.certificatePolicies,
]);
const SIGNATURES: ReadonlySet<string> = new Set([
  OID.ecdsaSha256,
  OID.ecdsaSha384,
  OID.ecdsaSha512,
  OID.rsaSha256,
  OID.rsaSha384,
  OID.rsaSha512,
  OID.ed25519,
]);

/** Reads one DER certificate. Never throws on input. */
export function readCertificate(der: Uint8Array): Result<ReadCertificate, FactoryRefusal> {
  if (der.length > CERTIFICATE_MAX_BYTES)
    return notAccepted(`it has ${der.length} bytes, wanted at most ${CERTIFICATE_MAX_BYTES}`);
  try {
    return ok(parse(der));
  } catch (fault) {
    if (fault instanceof DerFault) return notAccepted(fault.message);
    throw fault;
  }
}

function parse(der: Uint8Array): ReadCertificate {
  const outer = readDer(der);
  const whole = readDer(outer.take(TAG.sequence, 'certificate').body);
  outer.end('certificate');
  const body = readDer(whole.take(TAG.sequence, 'certificate body').body);
  const algorithm = whole.take(TAG.sequence, 'signature algorithm');
  whole.take(TAG.bitString, 'signature');
  whole.end('signature');

  const version = body.take(contextTag(0, true), 'version').body;
  if (!Buffer.from(version).equals(Buffer.from([TAG.integer, 1, 2]))) throw new DerFault('read version: wanted 3');
  body.take(TAG.integer, 'serial number');
  const inner = body.take(TAG.sequence, 'signature algorithm');
  if (!Buffer.from(inner.whole).equals(algorithm.whole))
    throw new DerFault('read signature algorithm: it is given twice, and differs');
  const name = oidText(readDer(algorithm.body).take(TAG.oid, 'signature algorithm').body);
  if (!SIGNATURES.has(name)) throw new DerFault(`read signature algorithm "${name}": wanted SHA-256 or better`);
  body.take(TAG.sequence, 'issuer');
  const validity = readDer(body.take(TAG.sequence, 'validity').body);
  const notBefore = timeOf(validity.any('start'));
  const notAfter = timeOf(validity.any('end'));
  validity.end('end');
  const subject = parseSubject(body.take(TAG.sequence, 'subject'));
  const spki = body.take(TAG.sequence, 'public key').whole;
  for (const old of [1, 2]) body.maybe(contextTag(old, false), 'unique identifier');
  const extensions = body.maybe(contextTag(3, true), 'extensions');
  body.end('extensions');
  return { spki, subject, notBefore, notAfter, ...parseExtensions(extensions) };
}

/** UTCTime or GeneralizedTime in the one form that RFC 5280 4.1.2.5 allows: to the second, in UTC. */
function timeOf({ tag, body }: Element): number {
  const text = Buffer.from(body).toString('latin1');
  const digits =
    tag === TAG.utcTime
      ? (Number(text.slice(0, 2)) >= 50 ? '19' : '20') + text
      : tag === TAG.generalizedTime
        ? text
        : '';
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  const at = parts ? Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}Z`) : NaN;
  if (Number.isNaN(at)) throw new DerFault('read time: wanted a time to the second in UTC');
  return at;
}

const TEXT_TAGS: ReadonlySet<number> = new Set([TAG.utf8String, TAG.printableString, TAG.ia5String, TAG.teletexString]);

function parseSubject(name: Element): NamePart[] {
  const parts: NamePart[] = [];
  const relative = readDer(name.body);
  while (relative.more()) {
    const members = readDer(relative.take(TAG.set, 'part of the subject').body);
    while (members.more()) {
      if (parts.length === NAME_PARTS_MAX) throw new DerFault(`read subject: wanted at most ${NAME_PARTS_MAX} parts`);
      const pair = readDer(members.take(TAG.sequence, 'attribute of the subject').body);
      const type = oidText(pair.take(TAG.oid, 'attribute type').body);
      const value = pair.any('attribute value');
      pair.end('attribute value');
      // Of other string types nothing is read: they are no part of what a device is known by.
      if (!TEXT_TAGS.has(value.tag)) continue;
      parts.push({ type, value: printable(value.body) });
    }
  }
  return parts;
}

/** What a stranger wrote, fit to be shown: control characters become question marks. */
const printable = (body: Uint8Array): string =>
  Buffer.from(body)
    .toString('utf8')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
    .slice(0, SUBJECT_MAX_CHARS);

type Said = Pick<ReadCertificate, 'authority' | 'pathLength' | 'keyUsage' | 'extKeyUsage'>;

function parseExtensions(extensions: Element | null): Said {
  const said = { authority: false, pathLength: null, keyUsage: null, extKeyUsage: null } as {
    -readonly [K in keyof Said]: Said[K];
  };
  if (!extensions) return said;
  const outer = readDer(extensions.body);
  const list = readDer(outer.take(TAG.sequence, 'extensions').body);
  outer.end('extensions');
  const seen = new Set<string>();
  while (list.more()) {
    if (seen.size === EXTENSIONS_MAX) throw new DerFault(`read extensions: wanted at most ${EXTENSIONS_MAX}`);
    const extension = readDer(list.take(TAG.sequence, 'extension').body);
    const type = oidText(extension.take(TAG.oid, 'extension type').body);
    const critical = extension.maybe(TAG.boolean, 'critical mark');
    const value = extension.take(TAG.octetString, 'extension value').body;
    extension.end('extension value');
    if (seen.has(type)) throw new DerFault(`read extension "${type}": it is there twice`);
    seen.add(type);
    if (critical && critical.body[0] !== 0 && !UNDERSTOOD.has(type))
      throw new DerFault(`read extension "${type}": it is critical and not understood`);
    if (type === OID.basicConstraints) Object.assign(said, basicConstraints(value));
    if (type === OID.keyUsage) said.keyUsage = bitsOf(readDer(value).take(TAG.bitString, 'key usage'));
    if (type === OID.extKeyUsage) said.extKeyUsage = usagesOf(value);
  }
  return said;
}

function basicConstraints(value: Uint8Array): Pick<Said, 'authority' | 'pathLength'> {
  const fields = readDer(readDer(value).take(TAG.sequence, 'basic constraints').body);
  const authority = fields.maybe(TAG.boolean, 'authority mark');
  const length = fields.maybe(TAG.integer, 'path length');
  fields.end('path length');
  const bytes = length ? unsignedBytes(length, 'path length') : null;
  return {
    authority: authority !== null && authority.body[0] === 0xff,
    pathLength: bytes ? (bytes.length === 1 ? bytes[0]! : CHAIN_MAX) : null,
  };
}

function bitsOf({ body }: Element): number[] {
  const bits: number[] = [];
  for (let byte = 1; byte < Math.min(body.length, 3); byte++)
    for (let bit = 0; bit < 8; bit++) if (body[byte]! & (0x80 >> bit)) bits.push((byte - 1) * 8 + bit);
  return bits;
}

function usagesOf(value: Uint8Array): string[] {
  const list = readDer(readDer(value).take(TAG.sequence, 'extended key usage').body);
  const usages: string[] = [];
  while (list.more()) {
    if (usages.length === USAGES_MAX) throw new DerFault(`read extended key usage: wanted at most ${USAGES_MAX}`);
    usages.push(oidText(list.take(TAG.oid, 'usage').body));
  }
  return usages;
}

const DIGITAL_SIGNATURE = 0;
const KEY_CERT_SIGN = 5;
const ANY_USAGE = '2.5.29.37.0';

/** May this be a device's own certificate now, by what it says? */
export function checkFactoryLeaf(leaf: ReadCertificate, now: number): Result<void, FactoryRefusal> {
  if (leaf.authority) return notAccepted('it is the certificate of an authority');
  if (leaf.keyUsage && !leaf.keyUsage.includes(DIGITAL_SIGNATURE)) return notAccepted('its key may not sign');
  const usages = leaf.extKeyUsage;
  if (usages && !usages.includes(OID.clientAuth) && !usages.includes(ANY_USAGE))
    return notAccepted('its key may not be used by a TLS client');
  return inTime(leaf, now);
}

/** May this have signed what stands `below` it: how many authorities lie between it and the device's own certificate. */
export function checkFactoryAuthority(
  authority: ReadCertificate,
  below: number,
  now: number,
): Result<void, FactoryRefusal> {
  if (!authority.authority) return notAccepted('it was signed by a certificate that is of no authority');
  if (authority.keyUsage && !authority.keyUsage.includes(KEY_CERT_SIGN))
    return notAccepted('it was signed by a key that may not sign certificates');
  if (authority.pathLength !== null && below > authority.pathLength)
    return notAccepted('its chain is longer than an authority in it allows');
  return inTime(authority, now);
}

const inTime = ({ notBefore, notAfter }: ReadCertificate, now: number): Result<void, FactoryRefusal> =>
  now < notBefore || now > notAfter ? notAccepted('it, or an authority above it, is out of its time') : ok(undefined);

/** As one line for people: `CN=axis-accc8e000001-eccp256-1, O=Axis`. */
export const subjectText = (subject: readonly NamePart[]): string =>
  subject
    .map(({ type, value }) => `${NAMES[type] ?? type}=${value}`)
    .join(', ')
    .slice(0, SUBJECT_MAX_CHARS);
const NAMES: Readonly<Record<string, string>> = {
  [OID.commonName]: 'CN',
  [OID.organization]: 'O',
  [OID.serialNumber]: 'serialNumber',
};

const SERIAL = /^[0-9a-z][0-9a-z._-]{2,63}$/;
/** `axis-accc8e000001-eccp256-1`: the serial, which is the MAC, then which of its keys this is. */
const AXIS_NAME = /^axis-([0-9a-f]{12})(?:-[0-9a-z]+)*$/;
/** `PID:C9300 SN:FOC2233X0AB`, as network equipment writes it. */
const PRODUCT_AND_SERIAL = /(?:^| )sn:([^ ]+)/;

/**
 * The device's serial in lower case: subject serialNumber (802.1AR 8.6), or the common name where the maker puts it there. What
 * is given twice must agree.
 */
export function serialIn(subject: readonly NamePart[]): Result<string, FactoryRefusal> {
  const valuesOf = (type: string): string[] =>
    subject.filter((part) => part.type === type).map(({ value }) => value.trim().toLowerCase());
  const found = [
    ...valuesOf(OID.serialNumber).map((value) => PRODUCT_AND_SERIAL.exec(value)?.[1] ?? value),
    ...valuesOf(OID.commonName).flatMap((value) => AXIS_NAME.exec(value)?.[1] ?? []),
  ];
  const plain = [...new Set(found.map((value) => (MAC.test(value) ? value.replace(/[:-]/g, '') : value)))];
  if (plain.length !== 1 || !SERIAL.test(plain[0]!) || plain[0]!.length > TEXT_MAX_CHARS)
    return err({
      kind: 'forbidden',
      code: 'SERIAL_NOT_READ',
      message:
        'accept factory certificate: wanted one serial of 3 to 64 letters, digits, dots, hyphens or underscores in its subject',
    });
  return ok(plain[0]!);
}
const MAC = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/;
