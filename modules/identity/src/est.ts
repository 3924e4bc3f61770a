/** Enrolment over Secure Transport (RFC 7030): what each request is answered, independent of the listener that carries it. */
import type { X509Certificate } from 'node:crypto';
import { ANONYMOUS, THE_CITY, type ActionName } from '@cityward/contracts';
import { ok, type Refusal, type RefusalKind, type Result } from '@cityward/kernel';
import type { Authority } from './authority.ts';
import { encodeCertsOnly } from './domain/certs-only.ts';
import { REQUEST_BODY_MAX_BYTES } from './domain/request-body.ts';
import type { Enrolment } from './enrolment.ts';
import type { Authorise, Directory } from './needs.ts';

export interface EstRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  readonly address: string;
  /** What the client proved to hold the key of in TLS; its chain and profile are checked here. Null for none. */
  readonly certificate: X509Certificate | null;
}

export interface EstAnswer {
  readonly status: number;
  /** `content-length` is always among them: strongSwan takes a chunked answer for a failure. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Answers every request; never rejects on input. */
export type EstHandler = (request: EstRequest) => Promise<EstAnswer>;

export const EST_BODY_MAX_BYTES = REQUEST_BODY_MAX_BYTES;
const BASE = '/.well-known/est/';
/** Where the revocation list lies on the same listener. */
export const REVOCATIONS_PATH = '/revocations.crl';
const CREDENTIALS_MAX_CHARS = 300;

const CERTS_ONLY = 'application/pkcs7-mime; smime-type=certs-only';
const STATUS: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  'not-found': 404,
  conflict: 409,
  forbidden: 403,
  gone: 410,
  'too-large': 413,
  unavailable: 503,
};
/** Wrong credentials are asked for again; everything else forbidden stays forbidden. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = { CODE_NOT_VALID: 401, TOO_MANY_ATTEMPTS: 429 };
const RETRY_AFTER_S = '60';

export interface EstParts {
  readonly authority: Authority;
  readonly enrolment: Enrolment;
  readonly revocations: () => Buffer;
  readonly directory: Directory;
  readonly authorise?: Authorise | undefined;
}

type Answerer = (request: EstRequest) => Promise<EstAnswer> | EstAnswer;

export function createEst(parts: EstParts): EstHandler {
  const routes = routesOf(parts);
  return async (request) => {
    const found = routes.get(request.path);
    if (!found)
      return text(
        404,
        `answer "${request.path.slice(0, 100)}": wanted cacerts, csrattrs, simpleenroll or simplereenroll below ${BASE}`,
      );
    if (request.method !== found.method && !(request.method === 'HEAD' && found.method === 'GET'))
      return withHeaders(text(405, `answer ${request.method}: wanted ${found.method}`), { allow: found.method });
    return found.answer(request);
  };
}

interface Answered {
  readonly method: 'GET' | 'POST';
  readonly answer: Answerer;
}

function routesOf(parts: EstParts): ReadonlyMap<string, Answered> {
  const { authority, revocations } = parts;
  const open =
    (action: ActionName, answer: () => EstAnswer): Answerer =>
    () => {
      const allowed = parts.authorise?.(ANONYMOUS, action, THE_CITY) ?? ok(undefined);
      return allowed.ok ? answer() : refused(allowed.error);
    };
  const list = (): EstAnswer => bytes(200, { 'content-type': 'application/pkix-crl' }, revocations());
  return new Map<string, Answered>([
    [`${BASE}cacerts`, { method: 'GET', answer: open('readCaCertificates', () => base64(authority.caCertsOnly)) }],
    [`${BASE}csrattrs`, { method: 'GET', answer: open('readCaCertificates', () => bytes(204, {}, Buffer.alloc(0))) }],
    [`${BASE}simpleenroll`, { method: 'POST', answer: (request) => simpleEnrol(parts, request) }],
    [`${BASE}simplereenroll`, { method: 'POST', answer: (request) => simpleReEnrol(parts, request) }],
    [REVOCATIONS_PATH, { method: 'GET', answer: open('readRevocations', list) }],
  ]);
}

/** Asks policy once it is known which device this is. */
function mayDevice(parts: EstParts, device: string, action: 'enrol' | 'reEnrol'): Result<void, Refusal> {
  const known = parts.directory.device(device);
  const attributes = { class: known?.class ?? 'other', site: known?.site ?? '' };
  const standing = parts.enrolment.standingFor(device, action);
  const principal = { type: 'Device', id: device, roles: [], attributes: { ...attributes, standing } } as const;
  return parts.authorise?.(principal, action, { type: 'Device', id: device, attributes }) ?? ok(undefined);
}

async function simpleEnrol(parts: EstParts, request: EstRequest): Promise<EstAnswer> {
  const typed = checkType(request);
  if (typed) return typed;
  const credentials = basicCredentials(request.headers['authorization']);
  if (!credentials) return needsCredentials('wanted HTTP Basic: the id of the device and its one-time code');
  const claim = { ...credentials, address: request.address };
  const known = parts.enrolment.checkCode(claim);
  if (!known.ok) return refused(known.error);
  const allowed = mayDevice(parts, known.value, 'enrol');
  return allowed.ok ? issued(await parts.enrolment.enrol(claim, request.body)) : refused(allowed.error);
}

async function simpleReEnrol(parts: EstParts, request: EstRequest): Promise<EstAnswer> {
  const typed = checkType(request);
  if (typed) return typed;
  const device = request.certificate && parts.authority.isDevice(request.certificate);
  if (!request.certificate || !device)
    return text(
      403,
      're-enrol: wanted the TLS client certificate that is to be renewed, issued by this city to a device',
    );
  const allowed = mayDevice(parts, device, 'reEnrol');
  return allowed.ok ? issued(await parts.enrolment.reEnrol(request.certificate, request.body)) : refused(allowed.error);
}

function checkType({ headers, body }: EstRequest): EstAnswer | null {
  const type = String(headers['content-type'] ?? 'application/pkcs10')
    .split(';')[0]!
    .trim()
    .toLowerCase();
  if (type !== 'application/pkcs10')
    return text(415, `read request of type "${type.slice(0, 60)}": wanted application/pkcs10`);
  return body.length > EST_BODY_MAX_BYTES
    ? text(413, `read request: wanted at most ${EST_BODY_MAX_BYTES} bytes`)
    : null;
}

/** Id and code of an `Authorization: Basic` header; null for anything else. */
function basicCredentials(header: string | readonly string[] | undefined): { device: string; code: string } | null {
  if (typeof header !== 'string' || header.length > CREDENTIALS_MAX_CHARS) return null;
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const plain = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = plain.indexOf(':');
  return colon < 1 ? null : { device: plain.slice(0, colon), code: plain.slice(colon + 1) };
}

const bytes = (status: number, headers: Readonly<Record<string, string>>, body: Buffer): EstAnswer => ({
  status,
  headers: status === 204 ? headers : { ...headers, 'content-length': String(body.length) },
  body,
});
const withHeaders = (answer: EstAnswer, headers: Readonly<Record<string, string>>): EstAnswer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
});
/** Base64 without line breaks: strongSwan fails on them although RFC 8951 allows white space. */
const base64 = (der: Buffer): EstAnswer =>
  bytes(200, { 'content-type': CERTS_ONLY }, Buffer.from(der.toString('base64'), 'latin1'));
const text = (status: number, reason: string): EstAnswer =>
  bytes(status, { 'content-type': 'text/plain; charset=utf-8' }, Buffer.from(`${reason}\n`, 'utf8'));

const needsCredentials = (reason: string): EstAnswer =>
  withHeaders(text(401, reason), { 'www-authenticate': 'Basic realm="Cityward EST", charset="UTF-8"' });

function refused(refusal: Refusal): EstAnswer {
  const status = STATUS_BY_CODE[refusal.code] ?? STATUS[refusal.kind];
  if (status === 401) return needsCredentials(refusal.message);
  const answer = text(status, refusal.message);
  return status === 429 || status === 503 ? withHeaders(answer, { 'retry-after': RETRY_AFTER_S }) : answer;
}

const issued = (result: Result<Buffer, Refusal>): EstAnswer =>
  result.ok ? base64(encodeCertsOnly([result.value])) : refused(result.error);
