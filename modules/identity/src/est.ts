/** Enrolment over Secure Transport (RFC 7030): what each request is answered, independent of the listener that carries it. */
import type { X509Certificate } from 'node:crypto';
import { ANONYMOUS, DEVICE_CLASSES, NETWORK_KINDS, THE_CITY, type ActionName } from '@cityward/contracts';
import { ok, refuse, SECOND_MS, type Refusal, type RefusalKind, type Result } from '@cityward/kernel';
import type { Authority } from './authority.ts';
import { encodeCertsOnly } from './domain/certs-only.ts';
import { encodeCsrAttributes } from './domain/csr-attributes.ts';
import { OCSP_REQUEST_MAX_BYTES } from './domain/ocsp.ts';
import { REQUEST_BODY_MAX_BYTES } from './domain/request-body.ts';
import type { Enrolment, Granted } from './enrolment.ts';
import type { Quarantined } from './enrolment-factory.ts';
import type { FindHolder } from './holders.ts';
import type { Authorise } from './needs.ts';
import { OCSP_TYPE, type Ocsp } from './ocsp.ts';
import type { RefusalNotes } from './refusals.ts';

export interface EstRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  readonly address: string;
  /** What the client proved to hold the key of in TLS; its chain and profile are checked here. Null for none. */
  readonly certificate: X509Certificate | null;
  /** What the client sent above its own certificate, in its order; nothing of it is verified. */
  readonly chain?: readonly X509Certificate[];
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
export const OCSP_PATH = '/ocsp';
/** The label of a gateway that asks for a device behind it. */
const BEHALF = 'behalf';
/** What may stand between base and operation: the class of device, or kind of network, that it has to be. `device` stands for any. */
const LABELS: ReadonlySet<string> = new Set<string>([...DEVICE_CLASSES, ...NETWORK_KINDS, 'device', BEHALF]);
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
  readonly ocsp: Ocsp;
  readonly holder: FindHolder;
  readonly refusals: Pick<RefusalNotes, 'note'>;
  readonly authorise?: Authorise | undefined;
}

/** An EST request with the label of its path; null where it has none. */
interface Labelled extends EstRequest {
  readonly label: string | null;
}
type Answerer = (request: Labelled) => Promise<EstAnswer> | EstAnswer;

export function createEst(parts: EstParts): EstHandler {
  const routes = routesOf(parts);
  return async (request) => {
    if (request.method === 'GET' && request.path.startsWith(`${OCSP_PATH}/`))
      return routes.get(OCSP_PATH)!.GET!({ ...request, label: null });
    const { operation, label } = splitPath(request.path);
    const found = operation === null ? undefined : routes.get(operation);
    if (!found)
      return text(
        404,
        `answer "${request.path.slice(0, 100)}": wanted cacerts, csrattrs, simpleenroll or simplereenroll below ${BASE}, after it a class of device or nothing`,
      );
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const answer = method === 'GET' || method === 'POST' ? found[method] : undefined;
    if (!answer)
      return withHeaders(
        text(405, `answer ${request.method.slice(0, 20)}: wanted ${Object.keys(found).join(' or ')}`),
        {
          allow: Object.keys(found).join(', '),
        },
      );
    return answer({ ...request, label });
  };
}

type Methods = { readonly [Method in 'GET' | 'POST']?: Answerer };

/** `/.well-known/est/camera/simpleenroll` is `simpleenroll` for label `camera`; no operation where the label is not known. */
function splitPath(path: string): { readonly operation: string | null; readonly label: string | null } {
  if (!path.startsWith(BASE)) return { operation: path, label: null };
  const [first, second, ...more] = path.slice(BASE.length).split('/');
  if (second === undefined) return { operation: `${BASE}${first}`, label: null };
  const isLabel = more.length === 0 && LABELS.has(first!);
  return { operation: isLabel ? `${BASE}${second}` : null, label: isLabel && first !== 'device' ? first! : null };
}

function routesOf(parts: EstParts): ReadonlyMap<string, Methods> {
  const { authority, revocations } = parts;
  const open =
    (action: ActionName, answer: Answerer): Answerer =>
    (request) => {
      const allowed = parts.authorise?.(ANONYMOUS, action, THE_CITY) ?? ok(undefined);
      return allowed.ok ? answer(request) : refused(allowed.error);
    };
  const list = (): EstAnswer => bytes(200, { 'content-type': 'application/pkix-crl' }, revocations());
  const ocsp: Answerer = async (request) =>
    bytes(200, { 'content-type': OCSP_TYPE }, await answerOcsp(parts.ocsp, request));
  return new Map<string, Methods>([
    [`${BASE}cacerts`, { GET: open('readCaCertificates', () => base64(authority.caCertsOnly)) }],
    [`${BASE}csrattrs`, { GET: open('readCaCertificates', (request) => csrAttributes(parts, request)) }],
    [`${BASE}simpleenroll`, { POST: (request) => simpleEnrol(parts, request) }],
    [`${BASE}simplereenroll`, { POST: (request) => simpleReEnrol(parts, request) }],
    [REVOCATIONS_PATH, { GET: open('readRevocations', list) }],
    [OCSP_PATH, { POST: open('readRevocations', ocsp), GET: open('readRevocations', ocsp) }],
  ]);
}

const answerOcsp = (ocsp: Ocsp, { method, path, body }: EstRequest): Promise<Buffer> =>
  method === 'POST'
    ? ocsp.answer(body.subarray(0, OCSP_REQUEST_MAX_BYTES + 1))
    : ocsp.answerPath(path.slice(OCSP_PATH.length + 1));

/** Who comes with its certificate is told its own name; everybody else how the name begins; the label says which key is wanted. */
function csrAttributes({ authority }: EstParts, { certificate, label }: Labelled): EstAnswer {
  const holder = certificate && authority.holderOf(certificate);
  const der = encodeCsrAttributes({ trustDomain: authority.trustDomain, label, holder });
  return bytes(200, { 'content-type': 'application/csrattrs' }, Buffer.from(der.toString('base64'), 'latin1'));
}

type Way = 'enrol' | 'factory' | 'reEnrol';

/** The label must be the device's class, and policy is asked once it is known which device this is. */
function mayDevice(
  parts: EstParts,
  label: string | null,
  { device, way }: { readonly device: string; readonly way: Way },
): Result<void, Refusal> {
  const known = parts.holder(device);
  if (label !== null && label !== known?.class)
    return refuse(
      'forbidden',
      'LABEL_NOT_OF_DEVICE',
      `enrol "${device}": it is of class "${known?.class ?? 'other'}", wanted the label of its class or none`,
    );
  const attributes = { class: known?.class ?? 'other', site: known?.site ?? '' };
  const standing = parts.enrolment.standingFor(device, way);
  if (known?.type === 'network') {
    const network = { name: device, kind: known.class, standing };
    const principal = { type: 'Network', id: device, roles: [], attributes: network } as const;
    return parts.authorise?.(principal, 'enrolNetwork', THE_CITY) ?? ok(undefined);
  }
  const principal = { type: 'Device', id: device, roles: [], attributes: { ...attributes, standing } } as const;
  const action = way === 'reEnrol' ? 'reEnrol' : 'enrol';
  return parts.authorise?.(principal, action, { type: 'Device', id: device, attributes }) ?? ok(undefined);
}

async function simpleEnrol(parts: EstParts, request: Labelled): Promise<EstAnswer> {
  const typed = checkType(parts, request);
  if (typed) return typed;
  if (request.label === BEHALF) return behalfEnrol(parts, request);
  const credentials = basicCredentials(request.headers['authorization']);
  if (!credentials) return factoryEnrol(parts, request);
  const claim = { ...credentials, address: request.address };
  const answer = answerTo(parts, request, credentials.device);
  const known = parts.enrolment.checkCode(claim);
  if (!known.ok) return answer(known);
  const allowed = mayDevice(parts, request.label, { device: known.value, way: 'enrol' });
  return answer(allowed.ok ? await parts.enrolment.enrol(claim, request.body) : allowed);
}

/** A gateway asks, with its own certificate, for a device behind it that has made its own key. */
async function behalfEnrol(parts: EstParts, request: Labelled): Promise<EstAnswer> {
  const { certificate, body } = request;
  const answer = (who: string) => answerTo(parts, request, who);
  if (!certificate) return answer(UNKNOWN)(NO_GATEWAY);
  const known = parts.enrolment.recogniseGateway(certificate, body);
  if (!known.ok) return answer(parts.authority.holderOf(certificate)?.id ?? UNKNOWN)(known);
  const { gateway, device } = known.value;
  const holder = parts.holder(gateway);
  const standing = parts.enrolment.standingFor(gateway, 'reEnrol');
  const attributes = { name: gateway, standing };
  const principal =
    holder?.type === 'network'
      ? ({ type: 'Network', id: gateway, roles: [], attributes: { ...attributes, kind: holder.class } } as const)
      : ({
          type: 'Device',
          id: gateway,
          roles: [],
          attributes: { ...attributes, class: holder?.class ?? 'other' },
        } as const);
  const resource = { type: 'Device', id: device, attributes: { gateway } } as const;
  const allowed = parts.authorise?.(principal, 'carryChange', resource) ?? ok(undefined);
  return allowed.ok ? answer(device)(await parts.enrolment.enrolBehalf(known.value, body)) : answer(gateway)(allowed);
}

/** Without a code the client certificate has to be one that a pinned maker put into the device. */
async function factoryEnrol(parts: EstParts, request: Labelled): Promise<EstAnswer> {
  const { certificate, chain = [], address } = request;
  if (!certificate || parts.authority.holderOf(certificate) !== null)
    return needsCredentials(
      'wanted HTTP Basic: the id of the device and its one-time code; or its factory certificate',
    );
  const recognised = parts.enrolment.recognise({ certificate, chain, address });
  if (!recognised.ok) return answerTo(parts, request, UNKNOWN)(recognised);
  if (!('device' in recognised.value)) return pending(recognised.value);
  const { device } = recognised.value;
  const allowed = mayDevice(parts, request.label, { device, way: 'factory' });
  return answerTo(
    parts,
    request,
    device,
  )(allowed.ok ? await parts.enrolment.enrolByFactory(recognised.value, request.body) : allowed);
}

async function simpleReEnrol(parts: EstParts, request: Labelled): Promise<EstAnswer> {
  const typed = checkType(parts, request);
  if (typed) return typed;
  const device = request.certificate && parts.authority.holderOf(request.certificate)?.id;
  if (!request.certificate || !device) return answerTo(parts, request, UNKNOWN)(NOTHING_TO_RENEW);
  const answer = answerTo(parts, request, device);
  const allowed = mayDevice(parts, request.label, { device, way: 'reEnrol' });
  return answer(allowed.ok ? await parts.enrolment.reEnrol(request.certificate, request.body) : allowed);
}

const UNKNOWN = 'unknown';
const NO_GATEWAY = refuse(
  'forbidden',
  'CERTIFICATE_WANTED',
  'enrol for a device: wanted the TLS client certificate of its gateway',
);
const NOTHING_TO_RENEW = refuse(
  'forbidden',
  'CERTIFICATE_WANTED',
  're-enrol: wanted the TLS client certificate that is to be renewed, issued by this city to a device or network',
);
/** Noted where the true cause is known, which the answer does not tell. */
const NOTED_BEFORE = new Set(['CODE_NOT_VALID', 'CLAIM_ENDED']);
/** The fault is ours: nobody was refused. */
const isOurs = ({ kind, code }: Refusal): boolean => kind === 'unavailable' && code !== 'TOO_MANY_ATTEMPTS';

/** The answer to what `who` asked for; a refusal is noted. */
const answerTo =
  ({ refusals }: EstParts, { address }: EstRequest, who: string) =>
  (result: Result<Granted, Refusal> | { readonly ok: false; readonly error: Refusal }): EstAnswer => {
    if (!result.ok && !isOurs(result.error) && !NOTED_BEFORE.has(result.error.code))
      refusals.note(who, { way: 'EST', code: result.error.code, address });
    return granted(result);
  };

function checkType(parts: EstParts, { headers, body, certificate, address }: EstRequest): EstAnswer | null {
  const who = (certificate && parts.authority.holderOf(certificate)?.id) ?? UNKNOWN;
  const noted = (code: string, answer: EstAnswer): EstAnswer => {
    parts.refusals.note(who, { way: 'EST', code, address });
    return answer;
  };
  const type = String(headers['content-type'] ?? 'application/pkcs10')
    .split(';')[0]!
    .trim()
    .toLowerCase();
  if (type !== 'application/pkcs10')
    return noted('REQUEST_TYPE', text(415, `read request of type "${type.slice(0, 60)}": wanted application/pkcs10`));
  return body.length > EST_BODY_MAX_BYTES
    ? noted('REQUEST_TOO_LARGE', text(413, `read request: wanted at most ${EST_BODY_MAX_BYTES} bytes`))
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

/** RFC 7030 4.2.3: not yet; the client sends the same request again. */
const pending = ({ waitMs, why }: Quarantined): EstAnswer =>
  withHeaders(text(202, why), { 'retry-after': String(Math.ceil(waitMs / SECOND_MS)) });

function granted(result: Result<Granted, Refusal>): EstAnswer {
  if (!result.ok) return refused(result.error);
  return 'der' in result.value ? base64(encodeCertsOnly([result.value.der])) : pending(result.value);
}
