/**
 * Certificates of a camera: the key is made on it and stays there, the gateway has its request signed by the city, and the old
 * certificate goes only when the camera was reached under the new one, and when 802.1X has moved to the new one as well.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { DAY_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { escapeXml, findXml, parseXml } from '../camera-wire/xml.ts';
import { readInfo } from './camera-api.ts';
import type { CameraAsk } from './camera-asks.ts';
import { change, read, rest } from './camera-calls.ts';
import { attempt, enter, permitOf, type CameraWork } from './camera-work.ts';
import { checkClock } from './checks.ts';
import { readWired, setWired } from './wired.ts';
import { turnOver } from './turn-over.ts';

const CERT = '/config/rest/cert/v1';
const EST = '/config/rest/cert-est/v1';
const PREFIX = 'cityward-';
export const CA_ALIAS = 'cityward-ca';
export const AUTHORITIES = `${CERT}/ca_certificates`;
const PEM_CSR =
  /^\s*-----BEGIN CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]{100,8000})-----END CERTIFICATE REQUEST-----\s*$/u;
/** 802.1X is not turned on with a certificate that is about to end. */
const VALID_LEFT_MIN_MS = 7 * DAY_MS;

type Values = Readonly<Record<string, unknown>>;
/** The same for one job, whenever it is asked: what was begun is gone on with. */
const aliasOf = (work: CameraWork): string =>
  `${PREFIX}${createHash('sha256')
    .update(work.saved.now?.job ?? '')
    .digest('hex')
    .slice(0, 10)}`;

type Entries = readonly { readonly alias: string; readonly certificate: string }[];
async function listed(work: CameraWork, kind: 'certificates' | 'ca_certificates'): Promise<Result<Entries, Refusal>> {
  const list = await read(work, rest('GET', `${CERT}/${kind}`), 'list the certificates');
  if (!list.ok) return list;
  const isEntry = (one: unknown): one is Entries[number] => typeof (one as Entries[number] | null)?.alias === 'string';
  return ok(Array.isArray(list.value) ? list.value.filter(isEntry) : []);
}

/** The request that the camera signed with the key that it made. */
async function requestOf(work: CameraWork, alias: string): Promise<Result<Buffer, Refusal>> {
  const csr = await change(
    work,
    rest('POST', `${CERT}/certificates/${encodeURIComponent(alias)}/get_csr`, {}),
    'read the request',
  );
  if (!csr.ok) return csr;
  const base64 = PEM_CSR.exec(String(csr.value))?.[1];
  return base64 === undefined
    ? refuse('invalid', 'CAMERA_ANSWER_UNREADABLE', 'read the request: the camera answers something else')
    : ok(Buffer.from(base64, 'base64'));
}

/** A key, its request, the city's certificate for it, put in its place. */
async function obtain(work: CameraWork, alias: string): Promise<Result<string, Refusal>> {
  const { device } = work.parts.record();
  const there = await listed(work, 'certificates');
  if (!there.ok) return there;
  if (!there.value.some((one) => one.alias === alias)) {
    const wanted = { alias, key_type: 'EC-P256', keystore: 'SE0', subject: `CN=${device}`, subject_alt_names: [] };
    const made = await change(work, rest('POST', `${CERT}/create_certificate`, wanted), 'make a key on the camera');
    if (!made.ok) return made;
  }
  const request = await requestOf(work, alias);
  if (!request.ok) return request;
  let certificate: string;
  try {
    certificate = await work.parts.certify(request.value);
  } catch (fault) {
    return refuse('unavailable', 'NOT_CERTIFIED', `have the certificate signed: ${(fault as Error).message}`);
  }
  const put = await change(
    work,
    rest('PATCH', `${CERT}/certificates/${encodeURIComponent(alias)}`, { certificate }),
    'put the certificate in',
  );
  return put.ok ? ok(certificate) : put;
}

const SERVICES =
  'xmlns:aweb="http://www.axis.com/vapix/ws/webserver" xmlns:acert="http://www.axis.com/vapix/ws/certificates"';
const useAsk = (alias: string): CameraAsk => ({
  kind: 'soap',
  operation: 'SetWebServerTlsConfiguration',
  inside: `<aweb:SetWebServerTlsConfiguration ${SERVICES}><aweb:Configuration><aweb:Tls>true</aweb:Tls><aweb:CertificateSet><acert:Certificates><acert:Id>${escapeXml(alias)}</acert:Id></acert:Certificates><acert:CACertificates/><acert:TrustedCertificates/></aweb:CertificateSet></aweb:Configuration></aweb:SetWebServerTlsConfiguration>`,
});
async function use(work: CameraWork, alias: string): Promise<Result<void, Refusal>> {
  const answer = await work.parts.client.change(useAsk(alias), permitOf(work));
  if (!answer.ok) return answer;
  const fault = findXml(
    parseXml(answer.value.body) ?? { name: 'Fault', attributes: {}, children: [], text: '' },
    'Fault',
  );
  return fault || answer.value.status !== 200
    ? refuse('conflict', 'CAMERA_REFUSED', 'give the web server its certificate: the camera does not take it')
    : ok(undefined);
}
async function inUse(work: CameraWork): Promise<string | null> {
  const ask = {
    kind: 'soap',
    operation: 'GetWebServerTlsConfiguration',
    inside: `<aweb:GetWebServerTlsConfiguration ${SERVICES}/>`,
  } as const;
  const answer = await work.parts.client.read(ask);
  const root = answer.ok ? parseXml(answer.value.body) : null;
  return (root && findXml(root, 'Id')?.text) || null;
}

/** Every certificate of ours but the one in use, by web server or 802.1X: a camera says itself that one is in use. */
async function removeOthers(work: CameraWork, alias: string): Promise<Result<void, Refusal>> {
  const all = await listed(work, 'certificates');
  if (!all.ok) return all;
  for (const one of all.value)
    if (one.alias.startsWith(PREFIX) && one.alias !== alias)
      await change(
        work,
        rest('DELETE', `${CERT}/certificates/${encodeURIComponent(one.alias)}`),
        'remove the old certificate',
      );
  return ok(undefined);
}

/** @param counts called once only the new one is shown */
export async function newCertificate(work: CameraWork, counts: () => void): Promise<Result<void, Refusal>> {
  const { parts } = work;
  const clock = await checkClock(work);
  if (!clock.ok) return clock;
  const alias = aliasOf(work);
  const before = await inUse(work);
  if (before !== alias) {
    const obtained = await obtain(work, alias);
    if (!obtained.ok) return obtained;
    // Both are trusted while it turns: the one that it shows, and the city's in its name.
    if (!parts.record().isOfCity) parts.keepRecord({ ...parts.record(), isOfCity: true });
    const used = await use(work, alias);
    if (!used.ok) return used;
  }
  parts.client.hangUp();
  const proved = await attempt(() => readInfo(parts.client));
  if (!proved?.ok) {
    if (before !== null && before !== alias) await attempt(() => use(work, before));
    return refuse(
      'conflict',
      'NOT_PROVED',
      'give the camera a certificate: it was not reached under the new one, so that it has the old one again',
    );
  }
  counts();
  // From here on only the city's counts.
  if (parts.record().pinned.length > 0) parts.keepRecord({ ...parts.record(), pinned: [], isOfCity: true });
  const moved = await moveNetworkAccess(work, alias);
  return moved.ok ? removeOthers(work, alias) : moved;
}

/** The port must not go on asking for a certificate that ends, or that is taken away. */
async function moveNetworkAccess(work: CameraWork, alias: string): Promise<Result<void, Refusal>> {
  const wired = await readWired(work);
  if (!wired.ok) return wired;
  const { value } = wired;
  if (!value?.enabled || value.certClient === alias || !value.certClient?.startsWith(PREFIX)) return ok(undefined);
  return setWired(work, { ...value, certClient: alias });
}

export const rotateCertificate = (work: CameraWork): Promise<boolean> =>
  turnOver(
    work,
    () => newCertificate(work, () => enter(work, 'restarting')),
    'it went away while it got a certificate; the one before still counts',
  );

/** The city's authority, known to the camera under one name. */
export async function trustCity(work: CameraWork): Promise<Result<void, Refusal>> {
  const there = await listed(work, 'ca_certificates');
  if (!there.ok) return there;
  if (there.value.some(({ alias }) => alias === CA_ALIAS)) return ok(undefined);
  const added = await change(
    work,
    rest('POST', AUTHORITIES, { alias: CA_ALIAS, certificate: work.parts.ca }),
    "add the city's authority",
  );
  return added.ok ? ok(undefined) : added;
}

/** Its certificate in use, where the city issued it and it is valid for a while. */
export async function cityCertificate(work: CameraWork): Promise<Result<string, Refusal>> {
  const all = await listed(work, 'certificates');
  if (!all.ok) return all;
  const alias = await inUse(work);
  const own = all.value.find((one) => one.alias === alias);
  const { device } = work.parts.record();
  const now = work.parts.clock();
  try {
    const read = new X509Certificate(own?.certificate ?? '');
    const isOurs = read.subject === `CN=${device}` && own!.alias.startsWith(PREFIX);
    const isValid = Date.parse(read.validFrom) <= now && Date.parse(read.validTo) > now + VALID_LEFT_MIN_MS;
    if (isOurs && isValid) return ok(own!.alias);
  } catch {
    // No certificate of anybody: as good as one of somebody else.
  }
  return refuse(
    'conflict',
    'NOT_CERTIFIED',
    'turn 802.1X on: wanted a certificate of the city on the camera first, valid for a week more; its first step puts one there',
  );
}

/** Cameras with an EST client of their own (AXIS OS 12.10 and later) enrol themselves, by their factory certificate. */
export async function setEstProfile(work: CameraWork, wanted: Values): Promise<Result<void, Refusal>> {
  const { device } = work.parts.record();
  const id = 'cityward';
  const { server, services = ['WEBSERVER'], certificate = 'Axis device ID ECC-P256 (802.1AR)' } = wanted;
  const clock = await checkClock(work);
  if (!clock.ok) return clock;
  const profiles = await read(work, rest('GET', `${EST}/profiles`), 'read the EST profiles');
  if (!profiles.ok) return profiles;
  const there = Array.isArray(profiles.value) ? (profiles.value as Values[]) : [];
  const own = there.find((one) => one['id'] === id);
  if (own && own['server'] === server && JSON.stringify(own['services']) === JSON.stringify(services))
    return ok(undefined);
  const trusted = await trustCity(work);
  if (!trusted.ok) return trusted;
  if (own) {
    const removed = await change(work, rest('DELETE', `${EST}/profiles/${id}`), 'remove the EST profile');
    if (!removed.ok) return removed;
  }
  const profile = {
    id,
    server,
    certificate,
    caCertificates: [CA_ALIAS],
    services,
    subject: { cn: device },
    subjectAlternativeNames: [],
  };
  const set = await change(work, rest('POST', `${EST}/profiles`, profile), 'set the EST profile');
  return set.ok ? ok(undefined) : set;
}
