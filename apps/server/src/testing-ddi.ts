/** The listener for device certificates with a real policy and a desk of a test, and devices that call it over mutual TLS. */
import { request } from 'node:https';
import { ok, refuse, systemClock, type Clock } from '@cityward/kernel';
import type { TrustMark } from '@cityward/identity';
import { createHttpListener, type HttpListener, type RawRoute } from '@cityward/http';
import { silentLog } from '@cityward/log';
import { createTestAuthority, type TestAuthority, type TestIdentity } from '@cityward/mqtt/testing';
import { createPolicy } from '@cityward/policy';
import { createAccess, type AccessParts } from './access.ts';
import { createDdiGateway, DDI_BASE, type DdiGateway, type DdiParts } from './gateway-ddi.ts';
import { createMenderGateway } from './gateway-mender.ts';
import { createPolled } from './polled-devices.ts';
import { statusOf } from './problems.ts';
import { freePorts } from './testing-ports.ts';
import { testDesk, type TestDesk } from './testing-desk.ts';

export interface DdiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  json<T = Record<string, never>>(): T;
}
export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly as?: TestIdentity;
}
export interface TestDdi {
  readonly desk: TestDesk;
  readonly gateway: DdiGateway;
  readonly listener: HttpListener;
  readonly port: number;
  readonly ca: string;
  readonly revoked: Set<string>;
  readonly held: Set<string>;
  readonly alive: string[];
  /** What was refused for its form: device and code. */
  readonly refused: string[];
  /** Routes of the Mender gateway beside it. */
  readonly mender: readonly RawRoute[];
  identity(device: string): TestIdentity;
  /** A path below the device's own base, or a whole one from `/`. */
  ask(device: string, path: string, ask?: Ask): Promise<DdiAnswer>;
  stop(): Promise<void>;
}

function accessFor(revoked: ReadonlySet<string>, held: ReadonlySet<string>) {
  const policy = createPolicy({ log: silentLog, onFault: (alarm) => silentLog.error('policy', { ...alarm }) });
  const record = (id: string) => ({ id, class: 'camera', site: 'site-1', criticality: 'low', neverCut: false });
  const identity = {
    admit: ({ commonName }: { readonly commonName: string }) =>
      revoked.has(commonName) ? refuse('forbidden', 'DEVICE_REVOKED', 'revoked') : ok({ device: commonName }),
    standing: (id: string) => (revoked.has(id) ? 'revoked' : held.has(id) ? 'held' : 'active'),
    networkOf: () => null,
    trustMarkOf: () => FULL_TRUST,
  } as unknown as AccessParts['identity'];
  const city = { record } as unknown as AccessParts['city'];
  const local = { owns: () => false } as unknown as AccessParts['local'];
  return { identity, access: createAccess({ policy, identity, city, local, metricsToken: 'none' }) };
}

const FULL_TRUST: TrustMark = { level: 'full', value: 100, conduct: 100 };
const NAMES = ['localhost', '127.0.0.1'];

function listenerFor(
  parts: {
    readonly gateway: DdiGateway;
    readonly mender: readonly RawRoute[];
    readonly access: ReturnType<typeof createAccess>;
    readonly authority: TestAuthority;
    readonly refused: string[];
  },
  port: number,
): HttpListener {
  const { gateway, mender, access, authority } = parts;
  return createHttpListener({
    host: '127.0.0.1',
    port,
    https: { ...authority.server(), ca: authority.ca, requestCert: true },
    allowedHosts: NAMES,
    allowedOrigins: [],
    routes: [],
    rawRoutes: [...gateway.routes, ...mender],
    shortWay: gateway.poll,
    authenticate: (facts) => access.authenticatePeer(facts),
    screen: access.screen.bind(access),
    authorise: access.authorise.bind(access),
    statusOf,
    refused: ({ code, principal }) => void parts.refused.push(`${principal?.id ?? 'nobody'} ${code}`),
    log: silentLog,
  });
}

export interface TestDdiStart extends Pick<DdiParts, 'pollMs' | 'busyPollMs'> {
  readonly port?: number;
  readonly clock?: Clock;
  readonly downloadsMax?: number;
}

export async function startTestDdi({
  clock = systemClock,
  port: asked,
  ...change
}: TestDdiStart = {}): Promise<TestDdi> {
  const [revoked, held] = [new Set<string>(), new Set<string>()];
  const [alive, refused]: [string[], string[]] = [[], []];
  const { identity, access } = accessFor(revoked, held);
  const authority = createTestAuthority('Test city');
  const desk = testDesk();
  const [free] = await freePorts(1);
  const port = asked ?? free!;
  const hosts = NAMES.map((name) => `${name}:${port}`);
  const heard = (device: string): void => void alive.push(device);
  const noted = (device: string, code: string): void => void refused.push(`${device} ${code}`);
  const polled = createPolled({ ...change, desk, clock, log: silentLog, alive: heard, refused: noted });
  const mender = createMenderGateway({ polled }).routes;
  const gateway = createDdiGateway({ ...change, polled, identity, access, hosts });
  const listener = listenerFor({ gateway, mender, access, authority, refused }, port);
  await listener.start();
  const identities = new Map<string, TestIdentity>();
  const identityOf = (device: string): TestIdentity => {
    const known = identities.get(device) ?? authority.device(device);
    identities.set(device, known);
    return known;
  };
  const common = {
    desk,
    gateway,
    listener,
    port,
    ca: authority.ca,
    revoked,
    held,
    alive,
    refused,
    mender,
    identity: identityOf,
  };
  return {
    ...common,
    ask: (device, path, asked = {}) => {
      const own = `${DDI_BASE}/${device}`;
      const whole = path.startsWith('/') ? path : path === '' || path.startsWith('?') ? own + path : `${own}/${path}`;
      return askOver({ port, ca: authority.ca, identity: asked.as ?? identityOf(device) }, whole, asked);
    },
    stop: async () => {
      polled.stop();
      await listener.stop();
    },
  };
}

function askOver(
  to: { readonly port: number; readonly ca: string; readonly identity: TestIdentity },
  path: string,
  { method = 'GET', body, headers = {} }: Ask,
): Promise<DdiAnswer> {
  const { key, cert } = to.identity;
  const bytes = body === undefined ? null : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const length = bytes ? { 'content-type': 'application/json', 'content-length': String(bytes.length) } : {};
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port: to.port,
        path,
        method,
        ca: to.ca,
        key,
        cert,
        agent: false,
        headers: { ...length, ...headers },
      },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => {
          const whole = Buffer.concat(pieces);
          const json = <T>(): T => JSON.parse(whole.toString('utf8')) as T;
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: whole, json });
        });
      },
    );
    sent.on('error', reject);
    sent.end(bytes ?? undefined);
  });
}
