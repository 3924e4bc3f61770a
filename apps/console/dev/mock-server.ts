/** A stand-in for the server while one works on the console: built files, every endpoint from seeded data, the live stream. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { api, type Endpoint, type LiveEvent } from '@cityward/contracts';
import { HANDLERS } from './mock-data.ts';
import { MockRefusal, mockState, type MockState } from './mock-state.ts';
import { changesTick } from './mock-changes.ts';
import { countStates } from './mock-city.ts';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  mjs: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
  txt: 'text/plain',
};
/** The policy of the real server, so that what it forbids is seen here first. */
const CSP =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
const TICK_MS = 2_000;
const SWITCH_MS = 3_000;

interface Bound {
  readonly endpoint: Endpoint;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}
const BOUND: readonly Bound[] = Object.values(api).map((one) => {
  const endpoint = one as Endpoint;
  const names: string[] = [];
  const pattern = endpoint.path.replace(/:([a-z]+)/gi, (_all, name: string) => (names.push(name), '([^/]+)'));
  return { endpoint, pattern: new RegExp(`^${pattern}$`), names };
});

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString('utf8');
  if (text === '') return undefined;
  return request.headers['content-type']?.includes('json') ? (JSON.parse(text) as unknown) : text;
}

const send = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};

async function answer(state: MockState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const found = BOUND.find((one) => one.endpoint.method === request.method && one.pattern.test(url.pathname));
  const handler = found ? HANDLERS[found.endpoint.name] : undefined;
  if (!found || !handler)
    return send(response, found ? 501 : 404, {
      code: 'MOCK_LACKS_IT',
      message: `answer "${url.pathname}": the mock does not have it`,
      id: 'mock',
    });
  if (!state.signedIn && !/Session|signIn|passkeyChallenge|health/.test(found.endpoint.name))
    return send(response, 401, { code: 'NO_SESSION', message: 'read: nobody is signed in', id: 'mock' });
  const values = found.pattern.exec(url.pathname)!.slice(1).map(decodeURIComponent);
  const params = Object.fromEntries(found.names.map((name, i) => [name, values[i]!]));
  try {
    send(
      response,
      200,
      handler(state, { params, query: Object.fromEntries(url.searchParams), body: await bodyOf(request) }),
    );
  } catch (error) {
    if (!(error instanceof MockRefusal)) throw error;
    send(response, error.status, { code: error.code, message: error.message, id: 'mock-1f3a' });
  }
}

/** Moves containments on, and says what changed: a few devices, the counts. */
function* ticking(state: MockState, tick: number): Generator<LiveEvent> {
  const at = Date.now();
  yield* state.news.splice(0);
  yield* changesTick(state);
  const row = state.rows[(tick * 37) % state.rows.length];
  if (row && !state.calm && (row.state === 'trusted' || row.state === 'learning')) {
    row.state = row.state === 'trusted' ? 'learning' : 'trusted';
    yield { kind: 'devices', at, changes: [[row.id, row.state]] };
  }
  yield { kind: 'counts', at, states: countStates(state.rows), observationsPerSecond: 118 + (tick % 7) };
  for (const one of state.containments) {
    if (one.state !== 'applying' || at - one.applied < SWITCH_MS) continue;
    const devices = one.devices.map((device, i) => ({
      ...device,
      switch: device.switch === 'waiting' ? (i === 5 ? ('failed' as const) : ('applied' as const)) : device.switch,
      note: i === 5 && device.switch === 'waiting' ? 'The switch does not answer' : '',
    }));
    state.containments = [
      { ...one, state: devices.some((device) => device.switch === 'failed') ? 'partly-failed' : 'in-force', devices },
    ];
    yield { kind: 'containment', at, id: one.id, incident: one.incident, change: 'confirmed' };
  }
}

function stream(state: MockState, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const say = (event: LiveEvent): void =>
    void response.write(`event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
  say({ kind: 'hello', at: Date.now(), city: 'Port Merrow' });
  let tick = 0;
  const timer = setInterval(() => {
    for (const event of ticking(state, tick++)) say(event);
  }, TICK_MS);
  response.on('close', () => clearInterval(timer));
}

async function file(path: string, response: ServerResponse): Promise<void> {
  const wanted = normalize(path).replace(/^\/+/, '');
  const name = /\.[a-z]+$/.test(wanted) && !wanted.startsWith('..') ? wanted : 'index.html';
  const bytes = await readFile(join(DIST, name)).catch(() => null);
  if (bytes === null) return void response.writeHead(404).end();
  response
    .writeHead(200, {
      'content-type': TYPES[name.split('.').at(-1)!] ?? 'application/octet-stream',
      'content-security-policy': CSP,
    })
    .end(bytes);
}

/** Serves the built console with the mock's answers; close the server that comes back when done. */
export async function startMock(options: { readonly port: number; readonly state: MockState }): Promise<Server> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0]!;
    const work =
      path === '/api/live'
        ? Promise.resolve(stream(options.state, response))
        : path.startsWith('/api/') || path === '/health'
          ? answer(options.state, request, response)
          : file(path, response);
    work.catch((error: unknown) => send(response, 500, { code: 'MOCK_FAULT', message: String(error), id: 'mock' }));
  });
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  return server;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '21601' },
      devices: { type: 'string', default: '600' },
      calm: { type: 'boolean', default: false },
      'signed-out': { type: 'boolean', default: false },
    },
  });
  await startMock({
    port: Number(values.port),
    state: mockState({ devices: Number(values.devices), calm: values.calm, signedIn: !values['signed-out'] }),
  });
  process.stdout.write(`mock at http://localhost:${values.port}\n`);
}
