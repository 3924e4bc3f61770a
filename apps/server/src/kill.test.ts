/** A whole server, killed at random moments under load: whatever it acknowledged is there after the next start. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceIdentity, LedgerEntry } from '@cityward/contracts';
import type { Config } from './config.ts';
import { startServerChild, type ServerChild } from './testing-child.ts';
import { callLocally, enrolAgent, eventually, postObservations, type DeviceCredential } from './testing-clients.ts';
import { testConfig } from './testing.ts';
import { meet } from './testing-tls.ts';

const KILLS = 3;
/** A kill comes somewhere between the two. */
const LOAD_MIN_MS = 150;
const LOAD_SPREAD_MS = 700;
const LINES = 20;
const POSTERS = 3;
const REPORTER = 'lamp-0001';

/** What the server said is done. */
interface Acknowledged {
  readonly observations: number[];
  readonly statements: string[];
  readonly held: string[];
  readonly revoked: string[];
}

let config: Config;
let server: ServerChild;
let credential: DeviceCredential;
let cookie: string;
const acknowledged: Acknowledged = { observations: [], statements: [], held: [], revoked: [] };

/** As a browser at the console's own port. */
async function call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ headers: Headers; body: T }> {
  const origin = `http://localhost:${config.consolePort}`;
  const answer = await fetch(`${origin}${path}`, {
    method,
    headers: { origin, ...(cookie ? { cookie } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return { headers: answer.headers, body: (await answer.json()) as T };
}

beforeAll(async () => {
  config = await testConfig();
  mkdirSync(config.dataFolder, { recursive: true });
  server = await startServerChild(config);
  const local = <T>(path: string, body?: unknown) => callLocally<T>(config.dataFolder, path, body);
  const code = await local<{ code: string }>(`/api/devices/${REPORTER}/enrolment-code`);
  const agent = await enrolAgent(config, { device: REPORTER, code: code.body.code, ca: server.ca });
  credential = agent.credential;
  await agent.stop();
  cookie = '';
  const invited = await local<{ link: string }>('/api/people', { handle: 'Night shift', roles: ['operator'] });
  const token = invited.body.link.split('#token=')[1];
  cookie = (await call('POST', '/api/session/link', { token })).headers.get('set-cookie')!.split(';')[0]!;
}, 120_000);
afterAll(async () => {
  await server?.kill();
  rmSync(config.dataFolder, { recursive: true, force: true });
});

/** Each of these goes on until the server is gone; what was not answered does not count. */
function load(round: number): Promise<unknown> {
  const forever = async (step: (turn: number) => Promise<void>): Promise<void> => {
    for (let turn = 0; ; turn++) {
      try {
        await step(turn);
      } catch {
        return;
      }
    }
  };
  const observe = (poster: number) => async (turn: number) => {
    const marks = Array.from({ length: LINES }, (_, i) => ((round * POSTERS + poster) * 100_000 + turn) * LINES + i);
    const at = Date.now();
    const bodies = marks.map((mark) => ({ kind: 'telemetry', at, subject: REPORTER, values: { mark } }));
    const answer = await postObservations({ port: config.ingestPort, ca: server.ca }, credential, bodies);
    if (answer.status !== 200) throw new Error(answer.body);
    acknowledged.observations.push(...marks);
  };
  const state = async (turn: number): Promise<void> => {
    const subject = `statement-${round}-${turn}`;
    const statements = [{ subject, text: 'Said under load' }];
    const answer = await callLocally(config.dataFolder, '/api/evidence/batch', { statements });
    if (answer.status !== 200) throw new Error(String(answer.status));
    acknowledged.statements.push(subject);
  };
  const device = (turn: number): string => `cam-${String(round * 8 + turn + 1).padStart(4, '0')}`;
  const restrict = async (turn: number): Promise<void> => {
    if (turn >= 8) throw new Error('enough');
    if (turn % 2 === 0) {
      await call('POST', `/api/devices/${device(turn)}/revoke`, { reason: 'stolen' });
      acknowledged.revoked.push(device(turn));
    } else if (await server.ask<boolean>({ ask: 'hold', device: device(turn) })) acknowledged.held.push(device(turn));
  };
  const posters = Array.from({ length: POSTERS }, (_, poster) => forever(observe(poster)));
  return Promise.all([...posters, forever(state), forever(restrict)]);
}

async function subjects(type: string): Promise<Set<string>> {
  const found = new Set<string>();
  let before = '';
  for (;;) {
    const page = await call<{ entries: LedgerEntry[] }>('GET', `/api/evidence/entries?type=${type}&limit=500${before}`);
    for (const { subject } of page.body.entries) found.add(subject);
    const oldest = page.body.entries.at(-1);
    if (!oldest || oldest.index === 0) return found;
    before = `&before=${oldest.index}`;
  }
}
const missing = <T>(wanted: readonly T[], there: Iterable<T>): T[] => {
  const held = new Set(there);
  return wanted.filter((one) => !held.has(one));
};

async function expectAllThere(): Promise<void> {
  const { observations, statements, held, revoked } = acknowledged;
  expect(missing(observations, await server.ask<number[]>({ ask: 'observations' }))).toEqual([]);
  expect(missing(statements, await subjects('evidence.recorded'))).toEqual([]);
  const stateOf = async (id: string) => (await call<DeviceIdentity>('GET', `/api/devices/${id}/identity`)).body.state;
  for (const id of revoked) expect([id, await stateOf(id)]).toEqual([id, 'revoked']);
  for (const id of held) expect([id, await stateOf(id)]).toEqual([id, 'held']);
  // Facts go from the outbox to the ledger in the background.
  const inLedger = (wanted: readonly string[], type: string) =>
    eventually(`every ${type} is in the ledger`, async () =>
      missing(wanted, await subjects(type)).length === 0 ? true : null,
    );
  await inLedger(revoked, 'device.revoked');
  await inLedger(held, 'device.held');
}

/** Those that keep TLS sessions, each under keys of its own. */
const LISTENERS = ['est', 'ingest', 'mqtt', 'services', 'syslog'];

describe('a server killed under load', () => {
  it(`has everything that it acknowledged, after each of ${KILLS} kills`, async () => {
    for (let round = 0; round < KILLS; round++) {
      const working = load(round);
      await new Promise((resolve) => setTimeout(resolve, LOAD_MIN_MS + Math.random() * LOAD_SPREAD_MS));
      await server.kill();
      await working;
      server = await startServerChild(config);
      await expectAllThere();
    }
    // It worked at all: a server that takes nothing loses nothing.
    for (const taken of Object.values(acknowledged)) expect(taken.length).toBeGreaterThan(0);
    expect(acknowledged.observations.length).toBeGreaterThan(KILLS * LINES);
  }, 120_000);
  it('takes up the sessions of its devices, each at its own listener, and no revoked one', async () => {
    const { ca } = server;
    const { ingestPort, mqttPort, syslogTlsPort, estPort } = config;
    const [polled, spoken] = [
      await meet(credential, { port: ingestPort, ca }),
      await meet(credential, { port: mqttPort, ca, polls: false }),
    ];
    expect([polled.resumed, polled.status, spoken.resumed]).toEqual([false, 200, false]);
    await server.kill();
    server = await startServerChild(config);
    expect(await meet(credential, { port: ingestPort, ca, session: polled.session })).toMatchObject({
      resumed: true,
      status: 200,
    });
    const { resumed } = await meet(credential, { port: mqttPort, ca, session: spoken.session, polls: false });
    expect(resumed).toBe(true);
    for (const port of [mqttPort, syslogTlsPort, estPort])
      expect((await meet(credential, { port, ca, session: polled.session, polls: false })).resumed).toBe(false);
    const folder = join(config.dataFolder, 'keys', 'tls');
    expect(readdirSync(folder).sort()).toEqual(LISTENERS.map((name) => `${name}.tickets`));
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    // TLS still takes the session up and calls it authorized: only the look at the serial keeps the stolen device out.
    const { session } = await meet(credential, { port: ingestPort, ca });
    await call('POST', `/api/devices/${REPORTER}/revoke`, { reason: 'stolen' });
    expect(await meet(credential, { port: ingestPort, ca, session })).toMatchObject({ resumed: true, status: 403 });
  }, 60_000);
});
