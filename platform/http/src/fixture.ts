/** Routes and listeners for the tests of this package. */
import { Type, type TProperties } from 'typebox';
import { ANONYMOUS, endpoint } from '@cityward/contracts';
import type { Principal, Problem } from '@cityward/contracts';
import { ok } from '@cityward/kernel';
import type { RefusalKind } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createHttpListener, RawAnswer, route } from './index.ts';
import type { HttpListener, HttpListenerOptions } from './index.ts';

const STATUS: Record<RefusalKind, number> = {
  invalid: 400,
  'not-found': 404,
  conflict: 409,
  forbidden: 403,
  gone: 410,
  'too-large': 413,
  unavailable: 503,
};
export const ANN: Principal = { type: 'Person', id: 'ann', roles: ['operator'], attributes: {} };
export const HOST = { host: 'localhost:8080' };
export const OWN = { ...HOST, origin: 'http://localhost:8080' };
const Closed = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false });

const echo = endpoint({
  name: 'echo',
  method: 'POST',
  path: '/api/echo/:id',
  action: 'readCity',
  summary: 'Echo',
  params: Closed({ id: Type.String({ minLength: 2 }) }),
  query: Closed({ n: Type.Optional(Type.Integer()) }),
  body: Closed({ text: Type.Union([Type.String(), Type.Null()]), kind: Type.Enum(['a', 'b']) }),
  answer: Type.Object({ text: Type.Union([Type.String(), Type.Null()]), n: Type.Union([Type.Integer(), Type.Null()]) }),
});
const file = endpoint({
  name: 'file',
  method: 'POST',
  path: '/api/file',
  action: 'importInventory',
  summary: 'A file',
  body: Type.String(),
  answer: Type.Object({ chars: Type.Integer() }),
  bodyMaxBytes: 2_000_000,
});
const sign = endpoint({
  name: 'sign',
  method: 'POST',
  path: '/api/sign',
  action: 'signIn',
  summary: 'Sign in',
  answer: Type.Object({ was: Type.Union([Type.String(), Type.Null()]), origin: Type.String() }),
});
const brokenEndpoint = endpoint({
  name: 'broken',
  method: 'GET',
  path: '/api/broken',
  action: 'readCity',
  summary: 'A bug',
  answer: Type.Object({ good: Type.Boolean() }),
});
const pack = endpoint({
  name: 'pack',
  method: 'GET',
  path: '/api/pack',
  action: 'exportEvidence',
  summary: 'Bytes',
  answer: Type.Unsafe<Uint8Array>({}),
});

/** What `GET /api/broken` does; a test sets it, `closeAll` sets it back. */
export const broken: { answer: () => { good: boolean } } = { answer: () => ({ good: true }) };
export const routes = [
  route(echo, async ({ body, query }) => ok({ text: body.text, n: query.n ?? null })),
  route(file, async ({ body }) => ok({ chars: body.length })),
  route(sign, async (_input, caller) => {
    caller.setSession('token-1');
    return ok({ was: caller.sessionToken, origin: caller.origin });
  }),
  route(brokenEndpoint, async () => ok(broken.answer())),
  route(pack, async () => ok(new RawAnswer('application/zip', new Uint8Array([1, 2, 0xff]), 'pack "x"\r\n.zip'))),
];

export const logged: { message: string; fields: Readonly<Record<string, unknown>> | undefined }[] = [];
const defaults: HttpListenerOptions = {
  host: 'localhost',
  port: 0,
  allowedHosts: ['localhost', '127.0.0.1', '[::1]'],
  allowedOrigins: ['http://localhost:8080'],
  routes,
  authenticate: ({ sessionToken }) => (sessionToken === 'good' ? ANN : ANONYMOUS),
  authorise: async () => ok(undefined),
  statusOf: (kind) => STATUS[kind],
  checkAnswers: true,
  log: { ...silentLog, error: (message, fields) => void logged.push({ message, fields }) },
};
let open: HttpListener[] = [];
export const build = (options: Partial<HttpListenerOptions> = {}): HttpListener => {
  const listener = createHttpListener({ ...defaults, ...options });
  open.push(listener);
  return listener;
};
export async function closeAll(): Promise<void> {
  await Promise.all(open.map((listener) => listener.stop()));
  open = [];
  logged.length = 0;
  broken.answer = () => ({ good: true });
}
export const problem = (answer: { json: () => unknown }): Problem => answer.json() as Problem;
