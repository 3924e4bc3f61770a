/** Who calls a server in tests: a person who signed in by the first link, and a device with its own certificate. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request as requestLocally } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { call, certificatesIn, newRequest, pemOf } from '@cityward/identity/testing';
import { endChild } from './child.ts';
import { INGEST_PATH } from './gateway-http.ts';
import type { TestServer } from './testing.ts';

const PATIENCE_MS = 60_000;
const LOOK_MS = 25;

/** Looks until it is there; throws after a minute, or as long as is said, for machines that are busy. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null> | T | null,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > end) throw new Error(`waited too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

export interface Answered<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: T;
}
export type Call = <T>(method: 'GET' | 'POST' | 'PUT', url: string, body?: unknown) => Promise<Answered<T>>;

/** Calls as whoever has the cookie, past the same gate as a browser. */
export const caller =
  (server: TestServer, cookie?: string): Call =>
  async <T>(method: 'GET' | 'POST' | 'PUT', url: string, body?: unknown): Promise<Answered<T>> => {
    const host = `localhost:${server.config.consolePort}`;
    const headers = {
      host,
      origin: `http://${host}`,
      ...(cookie ? { cookie } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    const answer = await server.listeners.console.inject({ method, url, headers, ...payload });
    return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body) as T };
  };

/** The first person: administrator, operator and analyst. */
export async function signInFirst(server: TestServer): Promise<Call> {
  const link = (await server.modules.identity.firstLink()) ?? '';
  const token = link.slice(link.indexOf('#token=') + '#token='.length);
  const answer = await caller(server)('POST', '/api/session/link', { token });
  if (answer.status !== 200) throw new Error(`sign in the first person: ${JSON.stringify(answer.body)}`);
  return caller(server, String(answer.headers['set-cookie']).split(';')[0]);
}

export interface DeviceCredential {
  readonly device: string;
  readonly key: string;
  readonly certificate: string;
}

/** What the simulator, or an agent, keeps of a device in its folder; null while it has no certificate. */
export function credentialIn(folder: string, device: string): DeviceCredential | null {
  let text: string;
  try {
    text = readFileSync(join(folder, 'credentials.ndjson'), 'utf8');
  } catch {
    return null;
  }
  const lines = text.split('\n').slice(0, -1).filter(Boolean);
  const held = lines.map((line) => JSON.parse(line) as DeviceCredential);
  return held.findLast((one) => one.device === device) ?? null;
}

/** A device that is not run by an agent: enrolled over EST with a real code. */
export async function enrolDevice({ config, modules }: TestServer, device: string): Promise<DeviceCredential> {
  const [issued] = await modules.identity.issueCodes([device], 'system');
  const { key, base64: body } = newRequest(device);
  const { caPem: ca } = modules.identity.authority;
  const path = '/.well-known/est/simpleenroll';
  const answer = await call({ port: config.estPort, ca, path, body, basic: `${device}:${issued!.code}` });
  if (answer.status !== 200) throw new Error(`enrol "${device}": ${answer.status} ${answer.body}`);
  return { device, key: pemOf(key), certificate: certificatesIn(answer.body)[0]!.toString() };
}

export interface RunningAgent {
  readonly credential: DeviceCredential;
  stop(): Promise<void>;
}

const AGENT = fileURLToPath(new URL('../../agent/src/agent.ts', import.meta.url));

/** A device of its own, from the agent's command line: enrolled over EST with a real code, and connected over MQTT. */
export async function startAgent(
  { config, modules }: TestServer,
  device: string,
  more: readonly string[] = [],
): Promise<RunningAgent> {
  const [issued] = await modules.identity.issueCodes([device], 'system');
  const ca = modules.identity.authority.caPem;
  const enrolled = await enrolAgent(config, { device, code: issued!.code, ca, more });
  await eventually(`agent "${device}" is connected`, () => (modules.mqtt?.isConnected(device) ? true : null));
  return enrolled;
}

type AgentConfig = Pick<TestServer['config'], 'dataFolder' | 'estPort' | 'mqttPort'>;

/** The same for a server in another process. */
export async function enrolAgent(
  { dataFolder, estPort, mqttPort }: AgentConfig,
  {
    device,
    code,
    ca,
    more = [],
  }: { readonly device: string; readonly code: string; readonly ca: string; readonly more?: readonly string[] },
): Promise<RunningAgent> {
  const folder = join(dataFolder, 'agents', device);
  const caFile = join(dataFolder, 'ca.pem');
  writeFileSync(caFile, ca);
  const where = ['--est', `https://localhost:${estPort}`, '--mqtt', `localhost:${mqttPort}`];
  const own = ['--id', device, '--code', code, '--ca', caFile, '--data', folder];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', AGENT, ...own, ...where, ...more], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const credential = await eventually(`"${device}" has a certificate`, () => credentialIn(folder, device));
  return { credential, stop: () => endChild(child) };
}

/** Over the socket that the command uses. */
export function callLocally<T>(dataFolder: string, path: string, body?: unknown): Promise<Answered<T>> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const to = { socketPath: join(dataFolder, 'cityward.sock'), method: 'POST', path, headers };
    const sent = requestLocally(to, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('error', reject);
      answer.on('end', () => {
        if (!answer.complete) return reject(new Error(`post "${path}": the answer was cut off`));
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: JSON.parse(text) as T });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export interface IngestTarget {
  readonly port: number;
  readonly ca: string;
}

/** Observations as NDJSON over HTTPS, with the device's certificate. */
export function postObservations(
  { port, ca }: IngestTarget,
  { key, certificate }: DeviceCredential,
  bodies: readonly unknown[],
): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        path: INGEST_PATH,
        method: 'POST',
        ca,
        key,
        cert: certificate,
        agent: false,
        headers: { host: `localhost:${port}`, 'content-type': 'application/x-ndjson' },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('error', reject);
        answer.on('end', () => {
          if (!answer.complete) return reject(new Error('post observations: the answer was cut off'));
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
        });
      },
    );
    sent.on('error', reject);
    sent.end(bodies.map((body) => JSON.stringify(body)).join('\n'));
  });
}
