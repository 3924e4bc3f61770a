/** What a camera answers over HTTP: anonymous basic device information, everything else behind a digest challenge. Pure. */

export interface CameraFacts {
  readonly serial: string;
  readonly model: string;
  readonly brand: string;
  readonly firmware: string;
}
export interface CameraRequest {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly body: string;
}
export interface CameraAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const BASIC_INFO = '/axis-cgi/basicdeviceinfo.cgi';
export const BODY_MAX_BYTES = 16_384;
const API_VERSION = '1.3';
const CONTEXT_MAX = 200;
/** Error codes of the JSON APIs: 1000 internal, 2000 invalid request, 2001 access denied, 2002 method not allowed, 4000 invalid JSON, 4002 missing parameter, 2003 version. */
const ERROR = { version: 2003, method: 2004, denied: 2001, json: 4000, missing: 4002 } as const;

const json = (status: number, value: unknown): CameraAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

const fault = (code: number, message: string, context?: string): CameraAnswer =>
  json(200, { apiVersion: API_VERSION, ...(context === undefined ? {} : { context }), error: { code, message } });

/** 401 with a fresh nonce: nobody has an account on these cameras, so that there is no password that could be known. */
export function challenge(realm: string, nonce: string): CameraAnswer {
  const scheme = `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5, qop="auth"`;
  return {
    status: 401,
    headers: { 'www-authenticate': scheme, 'content-type': 'text/html; charset=utf-8' },
    body: '<html><body><h1>401 Unauthorized</h1></body></html>',
  };
}

const propertiesOf = (camera: CameraFacts): Record<string, string> => ({
  Architecture: 'aarch64',
  Brand: camera.brand,
  BuildDate: 'Jan 15 2026 09:12',
  HardwareID: '8A2.1',
  ProdFullName: `${camera.model} Network Camera`,
  ProdNbr: camera.model,
  ProdShortName: camera.model,
  ProdType: 'Network Camera',
  ProdVariant: '',
  SerialNumber: camera.serial,
  Soc: 'CV22',
  SocSerialNumber: '',
  Version: camera.firmware,
  WebURL: '',
});

function basicInfo(camera: CameraFacts, body: string): CameraAnswer | 'sign-in' {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return fault(ERROR.json, 'Invalid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fault(ERROR.json, 'Invalid JSON');
  const asked = value as Record<string, unknown>;
  const context = typeof asked['context'] === 'string' ? asked['context'].slice(0, CONTEXT_MAX) : undefined;
  const { method, apiVersion } = asked;
  if (typeof method !== 'string') return fault(ERROR.missing, 'Required parameter missing: method', context);
  if (method === 'getSupportedVersions') {
    return json(200, { apiVersion: API_VERSION, context, method, data: { apiVersions: [API_VERSION] } });
  }
  if (typeof apiVersion !== 'string') return fault(ERROR.missing, 'Required parameter missing: apiVersion', context);
  if (!/^1\.\d{1,3}$/u.test(apiVersion)) return fault(ERROR.version, 'API version not supported', context);
  if (method === 'getAllUnrestrictedProperties') {
    return json(200, { apiVersion: API_VERSION, context, method, data: { propertyList: propertiesOf(camera) } });
  }
  if (method === 'getAllProperties' || method === 'getProperties') return 'sign-in';
  return fault(ERROR.method, 'Method not supported', context);
}

/** Answers one request; `nonce` is a fresh random text. Never throws on input. */
export function answerCamera(camera: CameraFacts, request: CameraRequest, nonce: string): CameraAnswer {
  const refused = challenge(`${camera.brand} ${camera.serial}`, nonce);
  const path = request.url.split('?', 1)[0];
  if (path !== BASIC_INFO) return refused;
  if (request.method !== 'POST') {
    return { status: 405, headers: { allow: 'POST', 'content-type': 'text/plain' }, body: 'Method Not Allowed\n' };
  }
  if (Buffer.byteLength(request.body) > BODY_MAX_BYTES) {
    return { status: 413, headers: { 'content-type': 'text/plain' }, body: 'Content Too Large\n' };
  }
  const answer = basicInfo(camera, request.body);
  return answer === 'sign-in' ? refused : answer;
}
