/** Keys and certificates of a simulated camera: the REST interfaces `cert` v1 and `cert-est` v1. Keys never leave it. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { isRecord, json, NOT_FOUND, parseJson, type CameraAnswer, type CameraRequest } from './answers.ts';
import { FACTORY_KEY, type EstProfile, type Flash, type KeyEntry } from './flash.ts';
import { signingRequest } from '../signing-request.ts';
import { selfSigned } from './self-signed.ts';

const ALIAS = /^[A-Za-z0-9][A-Za-z0-9 ._()-]{0,63}$/u;
const KEYS_MAX = 20;
const NAMES_MAX = 16;
const PEM_MAX_CHARS = 16_384;
export const CERT_BASE = '/config/rest/cert/v1';
export const EST_BASE = '/config/rest/cert-est/v1';
const KEYSTORES: readonly unknown[] = ['SE0', 'TEE0'];
const EST_SERVICES: readonly unknown[] = ['WEBSERVER', 'NETAUTH', 'MQTT', 'RTSPS'];

const done = (status: number, data?: unknown): CameraAnswer =>
  json(status, { status: 'success', ...(data === undefined ? {} : { data }) });
export const refused = (status: number, message: string): CameraAnswer =>
  json(status, { status: 'error', error: { code: status, message } });

export const newCameraKey = (name: string, names: readonly string[], now: number): KeyEntry => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { key, certificate: selfSigned({ name, key: privateKey, names, now }), keystore: 'SE0' };
};

function certificateOf(pem: unknown): X509Certificate | null {
  if (typeof pem !== 'string' || pem.length > PEM_MAX_CHARS) return null;
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}
const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const texts = (value: unknown): readonly string[] | null =>
  Array.isArray(value) && value.length <= NAMES_MAX && value.every((one) => typeof one === 'string') ? value : null;
/** `CN=cam-0001` alone: the one form that the city asks for. */
const commonName = (subject: unknown): string | null =>
  typeof subject === 'string' ? (/^(?:CN=)?([^,=]{1,64})$/u.exec(subject)?.[1] ?? null) : null;

export interface CertificateParts {
  readonly flash: Flash;
  readonly now: () => number;
  /** A key or certificate that listeners use has changed. */
  readonly changed: () => void;
}

function create({ flash, now }: CertificateParts, data: Readonly<Record<string, unknown>>): CameraAnswer {
  const { alias, key_type: type, keystore, subject, subject_alt_names: names = [] } = data;
  const name = commonName(subject);
  const also = texts(names);
  if (typeof alias !== 'string' || !ALIAS.test(alias) || name === null || !also)
    return refused(400, 'Invalid parameter');
  if (type !== 'EC-P256' || !KEYSTORES.includes(keystore)) return refused(400, 'Key type or keystore not supported');
  if (Object.hasOwn(flash.keys, alias)) return refused(409, 'The alias is in use');
  if (Object.keys(flash.keys).length >= KEYS_MAX) return refused(507, 'The keystore is full');
  flash.keys[alias] = { ...newCameraKey(name, also, now()), keystore: String(keystore) };
  return done(201);
}

function csr(flash: Flash, alias: string): CameraAnswer {
  const entry = flash.keys[alias]!;
  const privateKey = createPrivateKey(entry.key);
  const subject = new X509Certificate(entry.certificate).subject.replace(/^CN=/u, '');
  const der = signingRequest(subject, { privateKey, publicKey: createPublicKey(privateKey) }).toString('base64');
  return done(
    200,
    `-----BEGIN CERTIFICATE REQUEST-----\n${der.match(/.{1,64}/gu)!.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`,
  );
}

function put({ flash, changed }: CertificateParts, alias: string, pem: unknown): CameraAnswer {
  const entry = flash.keys[alias]!;
  const certificate = certificateOf(pem);
  if (!certificate) return refused(400, 'Not a certificate');
  if (!spkiOf(certificate.publicKey).equals(spkiOf(createPublicKey(entry.key))))
    return refused(400, 'The key does not match');
  entry.certificate = String(pem);
  changed();
  return done(200);
}

function remove({ flash }: CertificateParts, alias: string): CameraAnswer {
  if (alias === flash.webCertificate || alias === flash.wired.certClient)
    return refused(409, 'The certificate is in use');
  if (alias === FACTORY_KEY) return refused(403, 'The certificate cannot be removed');
  delete flash.keys[alias];
  return done(200);
}

function authorities(
  { flash }: CertificateParts,
  { method, alias }: Place,
  data: Readonly<Record<string, unknown>>,
): CameraAnswer {
  const list = Object.entries(flash.authorities).map(([name, certificate]) => ({ alias: name, certificate }));
  if (method === 'GET' && alias === '') return done(200, list);
  if (method === 'DELETE' && Object.hasOwn(flash.authorities, alias)) {
    if (flash.wired.certsCA.includes(alias)) return refused(409, 'The certificate is in use');
    delete flash.authorities[alias];
    return done(200);
  }
  if (method !== 'POST' || alias !== '') return NOT_FOUND;
  const { alias: name, certificate } = data;
  if (typeof name !== 'string' || !ALIAS.test(name) || !certificateOf(certificate))
    return refused(400, 'Invalid parameter');
  if (Object.hasOwn(flash.authorities, name)) return refused(409, 'The alias is in use');
  flash.authorities[name] = String(certificate);
  return done(201);
}

interface Place {
  readonly method: string;
  readonly alias: string;
}
const dataOf = (body: Buffer): Readonly<Record<string, unknown>> => {
  const value = parseJson(body.toString('utf8'));
  return isRecord(value) && isRecord(value['data']) ? value['data'] : {};
};

export function answerCertificates(parts: CertificateParts, { method, path, body }: CameraRequest): CameraAnswer {
  const { flash } = parts;
  const [kind = '', rawAlias = '', act = ''] = path.slice(CERT_BASE.length + 1).split('/');
  const alias = decode(rawAlias);
  const data = dataOf(body);
  if (kind === 'ca_certificates') return authorities(parts, { method, alias }, data);
  if (kind === 'create_certificate' && method === 'POST') return create(parts, data);
  if (kind !== 'certificates') return NOT_FOUND;
  if (method === 'GET' && alias === '')
    return done(
      200,
      Object.entries(flash.keys).map(([name, { certificate, keystore }]) => ({ alias: name, certificate, keystore })),
    );
  if (!Object.hasOwn(flash.keys, alias)) return refused(404, 'No such certificate');
  if (method === 'POST' && act === 'get_csr') return csr(flash, alias);
  if (method === 'PATCH' && act === '') return put(parts, alias, data['certificate']);
  return method === 'DELETE' && act === '' ? remove(parts, alias) : NOT_FOUND;
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function readProfile(flash: Flash, data: Readonly<Record<string, unknown>>): EstProfile | string {
  const { id, server, certificate, caCertificates, services, subject, subjectAlternativeNames: names } = data;
  const [authoritiesOf, servicesOf, also] = [texts(caCertificates), texts(services), texts(names ?? [])];
  const cn = isRecord(subject) ? subject['cn'] : undefined;
  if (typeof id !== 'string' || !ALIAS.test(id) || typeof cn !== 'string' || !also) return 'Invalid parameter';
  if (typeof server !== 'string' || !/^[^/]{1,253}:\d{1,5}\/\.well-known\/est(\/[a-z-]{1,40})?$/u.test(server))
    return 'Invalid server';
  if (typeof certificate !== 'string' || !authoritiesOf?.every((alias) => Object.hasOwn(flash.authorities, alias)))
    return 'No such certificate';
  if (!servicesOf?.length || !servicesOf.every((one) => EST_SERVICES.includes(one))) return 'Invalid service';
  return {
    id,
    server,
    certificate,
    caCertificates: authoritiesOf,
    services: servicesOf,
    subject: { cn },
    subjectAlternativeNames: also,
    status: 'UNCONNECTED',
  };
}

/** The camera's own EST client, AXIS OS 12.10 and later: only its profiles; whether it enrols is told by their status. */
export function answerEst({ flash }: CertificateParts, { method, path, body }: CameraRequest): CameraAnswer {
  const [kind = '', rawId = ''] = path.slice(EST_BASE.length + 1).split('/');
  const id = decode(rawId);
  if (kind !== 'profiles') return NOT_FOUND;
  if (method === 'GET' && id === '') return done(200, flash.estProfiles);
  if (method === 'DELETE') {
    flash.estProfiles = flash.estProfiles.filter((one) => one.id !== id);
    return done(200);
  }
  if (method !== 'POST' || id !== '') return NOT_FOUND;
  const profile = readProfile(flash, dataOf(body));
  if (typeof profile === 'string') return refused(400, profile);
  if (flash.estProfiles.some((one) => one.id === profile.id)) return refused(409, 'The profile exists');
  flash.estProfiles = [...flash.estProfiles, profile];
  return done(201);
}
