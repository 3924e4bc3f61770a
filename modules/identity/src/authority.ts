/** The city's certificate authority: a root that signs once and is sealed away, an issuing key that works. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { X509Certificate, type KeyObject } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { DAY_MS, err, ok, Secret, type Refusal, type Result } from '@cityward/kernel';
import {
  assembleSigned,
  encodeStatusPlaces,
  encodeToBeSigned,
  SERIAL_BYTES,
  serialOf,
  serialText,
  type AlternativeName,
  type CertificateDraft,
  type Profile,
} from './domain/certificate.ts';
import { readDer, TAG, wholeBits } from './domain/der.ts';
import { encodeCertsOnly } from './domain/certs-only.ts';
import { BACKDATED_MS, CERTIFICATE_LIFE_MS } from './domain/enrolment.ts';
import { authorityName, nameOf, spiffeOf, subjectOf, trustDomainOf } from './domain/names.ts';
import { SERVICE_CERTIFICATE_LIFE_MS } from './domain/services.ts';
import { encodeRevocationList, type RevokedEntry } from './domain/revocation-list.ts';
import { newCode } from './codes.ts';
import { holderIn, NAMED_AS, type Holder, type HolderProfile, type HolderRequest } from './holder-of.ts';
import { ownerOnlyFolder, readSlot, seal, syncFolder, unseal, writeSlot } from './slot-file.ts';

const ROOT_LIFE_MS = 25 * 365 * DAY_MS;
const ISSUING_LIFE_MS = 10 * 365 * DAY_MS;
const SERVER_LIFE_MS = 397 * DAY_MS;
const RESPONDER_LIFE_MS = 7 * DAY_MS;
/** The proof of when a document was signed is the ledger; its signer is certified for longer than anybody waits to look. */
const DOCUMENT_LIFE_MS = 5 * 365 * DAY_MS;
const REVOCATION_LIST_LIFE_MS = DAY_MS;
const NO_PLACES = Buffer.alloc(0);
const PASSPHRASE_SYMBOLS = 30; // 150 bits
const PASSPHRASE_GROUP = 5;

const FILES = {
  rootSealed: 'root-key.sealed',
  rootPassphrase: 'root-passphrase',
  root: 'root.pem',
  issuing: 'issuing.pem',
  issuingKey: 'issuing-key.pem',
} as const;

export interface Issued {
  readonly serial: string;
  readonly der: Buffer;
  readonly notBefore: number;
  readonly notAfter: number;
  /** SHA-256 of the public key, hex. */
  readonly keyHash: string;
}

/** A certificate for a TLS listener with its key, which is held in memory only. */
export interface ServerCertificate extends Issued {
  readonly keyPem: string;
  /** The leaf, then the issuing authority. */
  readonly certPem: string;
}

/** Who signs OCSP answers: its key is held in memory only. */
export interface Responder extends Issued {
  readonly key: KeyObject;
}

/** A key, and the names that its holder has proved. */
export interface Proved {
  readonly spki: Uint8Array;
  readonly names: readonly string[];
}

export interface Authority {
  readonly trustDomain: string;
  /** Root first, then issuing: what listeners take as `ca`, and what clients may pin. */
  readonly caPem: string;
  readonly rootPem: string;
  readonly issuingPem: string;
  /** The certs-only message that EST cacerts answers with, DER. */
  readonly caCertsOnly: Buffer;
  /** SHA-256 fingerprint of the root, for people to compare. */
  readonly fingerprint: string;
  issueDevice(device: string, spki: Uint8Array, now: number): Issued;
  /** For a site gateway or partner network: another name, so that it is never taken for a device. */
  issueNetwork(network: string, spki: Uint8Array, now: number): Issued;
  /** For a cloud service, and for hours: another name again. */
  issueService(service: string, spki: Uint8Array, now: number): Issued;
  /** For a device's own web server and network access: no EST or renewal by it. */
  issueAppliance(device: string, spki: Uint8Array, now: number): Issued;
  issueServer(names: readonly string[], now: number): ServerCertificate;
  issueResponder(now: number): Responder;
  /** For the key that signs the city's documents and nothing else. */
  issueDocument(spki: Uint8Array, now: number): Issued;
  /** The issuing authority's certificate. */
  readonly issuingDer: Uint8Array;
  /** DER name and key bits of the issuing authority: what OCSP questions name it by. */
  readonly issuer: { readonly name: Uint8Array; readonly keyBits: Uint8Array };
  /** A signed list, DER. */
  revocationList(entries: readonly RevokedEntry[], now: number): Buffer;
  /** For a network that has proved these DNS names: it may also serve under them. */
  issueGateway(network: string, proved: Proved, now: number): Issued;
  /** Was this certificate signed by the issuing key, for a device or network as its profile says? Says nothing on time or standing. */
  holderOf(certificate: X509Certificate): Holder | null;
  /** The same for devices only. */
  isDevice(certificate: X509Certificate): string | null;
}

export interface AuthorityOptions {
  /** A folder of its own. */
  readonly folder: string;
  readonly cityName: string;
  readonly now: number;
  /** The demo keeps the root's passphrase in a file that only the owner can read. A real city writes it down. */
  readonly keepPassphrase: boolean;
  /** Base of the public listener as clients reach it, written into certificates; without it they name no place to ask. */
  readonly statusUrl?: string | undefined;
}

export interface OpenedAuthority {
  readonly authority: Authority;
  /** Only when it was made just now: to be shown once. */
  readonly passphrase: Secret | null;
}

interface Signer {
  readonly key: KeyObject;
  readonly name: Buffer;
  readonly keyId: Buffer;
}

const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
/** The BIT STRING's bytes of a public key, without tag, length and count of unused bits (RFC 6960 4.1.1). */
export function keyBitsOf(spki: Uint8Array): Uint8Array {
  const fields = readDer(readDer(spki).take(TAG.sequence, 'public key').body);
  fields.take(TAG.sequence, 'key algorithm');
  return wholeBits(fields.take(TAG.bitString, 'public key bits'), 'public key bits');
}
const RESPONDER_NAME = 'OCSP responder';
const DOCUMENT_NAME = 'Documents of the city';
const keyIdOf = (spki: Uint8Array): Buffer => createHash('sha256').update(spki).digest().subarray(0, 20); // RFC 7093 2(1), over the whole key
const toPem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`;
export const certificatePem = (der: Uint8Array): string => toPem('CERTIFICATE', der);

/** Random bytes fetched for many serials at once; none is handed out twice. */
const RANDOM_POOL_BYTES = 4_096;
let pool = Buffer.alloc(0);
function nextRandom(): Buffer {
  if (pool.length < SERIAL_BYTES) pool = randomBytes(RANDOM_POOL_BYTES);
  const taken = pool.subarray(0, SERIAL_BYTES);
  pool = pool.subarray(SERIAL_BYTES);
  return taken;
}

interface IssueRequest {
  readonly profile: Profile;
  readonly subject: Buffer;
  readonly spki: Uint8Array;
  readonly lifeMs: number;
  readonly now: number;
  readonly alternativeNames: readonly AlternativeName[];
  readonly statusPlaces?: Buffer;
}

function issue(signer: Signer, request: IssueRequest): Issued {
  const { profile, subject, spki, alternativeNames } = request;
  const serial = serialOf(nextRandom());
  const notBefore = Math.floor((request.now - BACKDATED_MS) / 1_000) * 1_000;
  const notAfter = Math.floor((request.now + request.lifeMs) / 1_000) * 1_000;
  const keyHash = createHash('sha256').update(spki).digest();
  const draft: CertificateDraft = {
    profile,
    serial,
    issuer: signer.name,
    subject,
    notBefore,
    notAfter,
    spki,
    keyId: keyHash.subarray(0, 20),
    issuerKeyId: signer.keyId,
    alternativeNames,
    statusPlaces: request.statusPlaces ?? NO_PLACES,
  };
  const toBeSigned = encodeToBeSigned(draft);
  const der = assembleSigned(toBeSigned, sign('sha256', toBeSigned, signer.key));
  return { serial: serialText(serial), der, notBefore, notAfter, keyHash: keyHash.toString('hex') };
}

const newKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

function alternativeName(name: string): AlternativeName {
  const family = isIP(name);
  if (family === 0) return { kind: 'dns', value: name };
  if (family === 4) return { kind: 'ip', value: Buffer.from(name.split('.').map(Number)) };
  return { kind: 'ip', value: ipv6Bytes(name) };
}

function ipv6Bytes(text: string): Buffer {
  const [head, tail] = text.split('::');
  const words = (part: string | undefined): number[] => (part ? part.split(':').map((word) => parseInt(word, 16)) : []);
  const before = words(head);
  const after = words(tail);
  const middle = Array<number>(8 - before.length - after.length).fill(0);
  const bytes = Buffer.alloc(16);
  [...before, ...middle, ...after].forEach((word, index) => bytes.writeUInt16BE(word, index * 2));
  return bytes;
}

/** Opens the authority in its folder, or makes one there. Throws when the folder holds a damaged one. */
export async function openAuthority(options: AuthorityOptions): Promise<OpenedAuthority> {
  const { folder } = options;
  const exists = await stat(join(folder, FILES.issuing)).then(
    () => true,
    () => false,
  );
  const passphrase = exists ? null : await createFiles(options);
  const rootPem = await readFile(join(folder, FILES.root), 'utf8');
  const issuingPem = await readFile(join(folder, FILES.issuing), 'utf8');
  const key = createPrivateKey(await readSlot(join(folder, FILES.issuingKey)));
  const issuing = new X509Certificate(issuingPem);
  if (!issuing.checkPrivateKey(key))
    throw new Error(`open authority in "${folder}": the issuing key is not the certificate's`);
  if (!issuing.verify(new X509Certificate(rootPem).publicKey))
    throw new Error(`open authority in "${folder}": the issuing certificate is not signed by the root`);
  return { authority: authorityOf({ rootPem, issuingPem, key, statusUrl: options.statusUrl }), passphrase };
}

/** Makes everything in a folder beside and renames it: a kill on the way leaves no half authority. */
async function createFiles({ folder, cityName, now, keepPassphrase }: AuthorityOptions): Promise<Secret> {
  const building = `${folder}.new`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true, mode: 0o700 });
  await ownerOnlyFolder(building);
  const passphrase = newCode(PASSPHRASE_SYMBOLS, PASSPHRASE_GROUP);

  const root = newKeyPair();
  const rootSpki = spkiOf(root.publicKey);
  const rootSigner: Signer = {
    key: root.privateKey,
    name: authorityName(cityName, `${cityName} root`),
    keyId: keyIdOf(rootSpki),
  };
  const common = { now, alternativeNames: [] };
  const rootCertificate = issue(rootSigner, {
    ...common,
    profile: 'root',
    subject: rootSigner.name,
    spki: rootSpki,
    lifeMs: ROOT_LIFE_MS,
  });
  const issuing = newKeyPair();
  const issuingCertificate = issue(rootSigner, {
    ...common,
    profile: 'issuing',
    subject: authorityName(cityName, `${cityName} issuing 1`),
    spki: spkiOf(issuing.publicKey),
    lifeMs: ISSUING_LIFE_MS,
  });
  const rootKey = root.privateKey.export({ type: 'pkcs8', format: 'der' });
  await writeSlot(join(building, FILES.rootSealed), await seal(rootKey, passphrase));
  rootKey.fill(0);
  if (keepPassphrase) await writeSlot(join(building, FILES.rootPassphrase), `${passphrase}\n`);
  await writeSlot(join(building, FILES.issuingKey), issuing.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeSlot(join(building, FILES.root), certificatePem(rootCertificate.der));
  await writeSlot(join(building, FILES.issuing), certificatePem(issuingCertificate.der));
  await rename(building, folder);
  await syncFolder(dirname(folder));
  return new Secret(passphrase);
}

/** Opens the sealed root, for the rare act of signing a new issuing authority; `forbidden` with another passphrase. */
export async function openRootKey(folder: string, passphrase: Secret): Promise<Result<KeyObject, Refusal>> {
  const opened = await unseal((await readSlot(join(folder, FILES.rootSealed))).toString('utf8'), passphrase.reveal());
  if (!opened.ok) return err(opened.error);
  const key = createPrivateKey({ key: opened.value, format: 'der', type: 'pkcs8' });
  opened.value.fill(0);
  return ok(key);
}

interface Material {
  readonly rootPem: string;
  readonly issuingPem: string;
  readonly key: KeyObject;
  readonly statusUrl: string | undefined;
}

/** Below the public listener's base. */
export const STATUS_PATHS = { ocsp: '/pki/ocsp', list: '/pki/revoked.crl' } as const;
const placesBelow = (base: string | undefined): Buffer => {
  if (base === undefined) return NO_PLACES;
  const root = base.replace(/\/+$/, '');
  return encodeStatusPlaces({ ocsp: `${root}${STATUS_PATHS.ocsp}`, list: `${root}${STATUS_PATHS.list}` });
};

function authorityOf({ rootPem, issuingPem, key, statusUrl }: Material): Authority {
  const root = new X509Certificate(rootPem);
  const issuing = new X509Certificate(issuingPem);
  const publicKey = createPublicKey(key);
  // Names come from the certificate, not from configuration: renaming the city must not orphan every device.
  const self = subjectOf(issuing.raw);
  const trustDomain = trustDomainOf(self.organization);
  const signer: Signer = { key, name: self.der, keyId: keyIdOf(spkiOf(publicKey)) };
  const statusPlaces = placesBelow(statusUrl);
  const issueHolder = (profile: HolderProfile, request: HolderRequest): Issued => {
    const { id, spki, now, names = [], lifeMs = CERTIFICATE_LIFE_MS } = request;
    return issue(signer, {
      ...{ profile, subject: nameOf(id), spki, now, lifeMs, statusPlaces },
      alternativeNames: [
        { kind: 'uri', value: spiffeOf(trustDomain, id, NAMED_AS[profile]) },
        ...names.map((value) => ({ kind: 'dns', value }) as const),
      ],
    });
  };
  const holderOf = (certificate: X509Certificate): Holder | null => holderIn(certificate, issuing, trustDomain);
  return {
    trustDomain,
    caPem: `${rootPem}${issuingPem}`,
    rootPem,
    issuingPem,
    caCertsOnly: encodeCertsOnly([root.raw, issuing.raw]),
    fingerprint: root.fingerprint256,
    issueDevice: (id, spki, now) => issueHolder('device', { id, spki, now }),
    issueNetwork: (id, spki, now) => issueHolder('network', { id, spki, now }),
    issueService: (id, spki, now) => issueHolder('service', { id, spki, now, lifeMs: SERVICE_CERTIFICATE_LIFE_MS }),
    issueAppliance: (id, spki, now) => issueHolder('appliance', { id, spki, now }),
    issueGateway: (network, { spki, names }, now) => issueHolder('gateway', { id: network, spki, now, names }),
    issuer: { name: self.der, keyBits: keyBitsOf(spkiOf(publicKey)) },
    issuingDer: issuing.raw,
    issueResponder: (now) => issueResponder(signer, now),
    issueDocument: (spki, now) => issueDocument(signer, spki, { now, statusPlaces }),
    issueServer: (names, now) => issueServer(signer, { names, now, issuingPem, statusPlaces }),
    revocationList: (entries, now) => {
      const thisUpdate = Math.floor(now / 1_000) * 1_000;
      const toBeSigned = encodeRevocationList({
        issuer: signer.name,
        issuerKeyId: signer.keyId,
        number: now,
        thisUpdate,
        nextUpdate: thisUpdate + REVOCATION_LIST_LIFE_MS,
        entries,
      });
      return assembleSigned(toBeSigned, sign('sha256', toBeSigned, key));
    },
    holderOf,
    isDevice: (certificate) => {
      const holder = holderOf(certificate);
      return holder?.type === 'device' ? holder.id : null;
    },
  };
}

function issueResponder(signer: Signer, now: number): Responder {
  const pair = newKeyPair();
  const request = { profile: 'ocsp', subject: nameOf(RESPONDER_NAME), lifeMs: RESPONDER_LIFE_MS, now } as const;
  return { ...issue(signer, { ...request, spki: spkiOf(pair.publicKey), alternativeNames: [] }), key: pair.privateKey };
}

const issueDocument = (signer: Signer, spki: Uint8Array, rest: { now: number; statusPlaces: Buffer }): Issued =>
  issue(signer, {
    profile: 'document',
    subject: nameOf(DOCUMENT_NAME),
    spki,
    lifeMs: DOCUMENT_LIFE_MS,
    alternativeNames: [],
    ...rest,
  });

interface ServerRequest {
  readonly names: readonly string[];
  readonly now: number;
  readonly issuingPem: string;
  readonly statusPlaces: Buffer;
}
function issueServer(signer: Signer, { names, now, issuingPem, statusPlaces }: ServerRequest): ServerCertificate {
  const pair = newKeyPair();
  const issued = issue(signer, {
    profile: 'server',
    subject: nameOf(names[0] ?? 'localhost'),
    spki: spkiOf(pair.publicKey),
    lifeMs: SERVER_LIFE_MS,
    now,
    alternativeNames: names.map(alternativeName),
    statusPlaces,
  });
  const keyPem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { ...issued, keyPem, certPem: `${certificatePem(issued.der)}${issuingPem}` };
}
