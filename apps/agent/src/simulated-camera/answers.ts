/** The few forms in which a simulated camera is asked and answers. */

export interface CameraRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query as they came: what a digest is made over. */
  readonly uri: string;
  readonly authorization: string | null;
  readonly contentType: string;
  readonly isTls: boolean;
  readonly body: Buffer;
}
export interface CameraAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
  /** The camera starts anew once this is on its way. */
  readonly restarts?: boolean;
}

const typed =
  (type: string) =>
  (status: number, body: string): CameraAnswer => ({ status, headers: { 'content-type': type }, body });
export const text = typed('text/plain');
export const html = typed('text/html; charset=utf-8');
export const xml = typed('text/xml');
export const soap = typed('application/soap+xml; charset=utf-8');
export const json = (status: number, value: unknown): CameraAnswer =>
  typed('application/json')(status, JSON.stringify(value));
export const NOT_FOUND = text(404, 'Not Found\n');

/** What a JSON interface was asked: `{apiVersion, context, method, params}`. */
export interface Call {
  readonly method: string;
  readonly apiVersion: string | null;
  readonly context: string | null;
  readonly params: Readonly<Record<string, unknown>>;
}
const CONTEXT_MAX = 200;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** Null where it is no call at all. */
export function readCall(body: string): Call | null {
  const value = parseJson(body);
  if (!isRecord(value) || typeof value['method'] !== 'string') return null;
  const { method, apiVersion, context, params } = value;
  return {
    method,
    apiVersion: typeof apiVersion === 'string' ? apiVersion : null,
    context: typeof context === 'string' ? context.slice(0, CONTEXT_MAX) : null,
    params: isRecord(params) ? params : {},
  };
}

/** One JSON interface: its version, its methods, and which error codes it says what with. */
export interface JsonApi {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly methods: Readonly<Record<string, (params: Call['params']) => Answered>>;
  /** Of codes that differ between interfaces. */
  readonly codes: { readonly json: number; readonly method: number; readonly version: number };
}
export type Answered =
  | { readonly data: unknown; readonly restarts?: boolean }
  | { readonly error: { readonly code: number; readonly message: string } };

export const fault = (code: number, message: string): Answered => ({ error: { code, message } });

export function answerJson(api: JsonApi, body: string): CameraAnswer {
  const call = readCall(body);
  const envelope = { apiVersion: api.version, ...(call?.context ? { context: call.context } : {}) };
  const refused = (code: number, message: string): CameraAnswer =>
    json(200, { ...envelope, ...(call ? { method: call.method } : {}), error: { code, message } });
  if (!call) return refused(api.codes.json, 'Invalid request');
  if (call.method === 'getSupportedVersions')
    return json(200, { ...envelope, method: call.method, data: { apiVersions: [api.version] } });
  if (!/^1\.\d{1,3}$/u.test(call.apiVersion ?? '')) return refused(api.codes.version, 'API version not supported');
  const method = Object.hasOwn(api.methods, call.method) ? api.methods[call.method] : undefined;
  if (!method) return refused(api.codes.method, 'Method not supported');
  const answered = method(call.params);
  if ('error' in answered) return refused(answered.error.code, answered.error.message);
  const answer = json(200, { ...envelope, method: call.method, data: answered.data });
  return answered.restarts ? { ...answer, restarts: true } : answer;
}
