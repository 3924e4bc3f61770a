/** A gateway's look at cameras that are well kept, badly kept and hostile; real sockets on loopback addresses of their own. */
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CREDENTIALS_TRIED_MAX, type ProbeResult } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { proofOf, readAuthorization, secretOf } from '../camera-wire/digest.ts';
import { testAuthority, until, type TestAuthority } from '../testing.ts';
import { isLocalAddress } from './ask-device.ts';
import { credentialsFor, FACTORY_CREDENTIALS, TRIES_PER_USER_MAX } from './factory-credentials.ts';
import { createLooks, readProbeOrder } from './looks.ts';
import { probe, type Target } from './probe.ts';
import { readSite } from './site.ts';

const HOST = '127.61.0.7';
const REALM = 'AXIS_ACCC8E000001';
const options = { signal: new AbortController().signal, tryEveryMs: 0 };

let authority: TestAuthority;
const servers: { close(done: () => void): unknown; closeAllConnections?(): void }[] = [];
beforeAll(async () => void (authority = await testAuthority()));
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections?.();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  }
});
async function listen<S extends Server | ReturnType<typeof createTcp>>(server: S): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, HOST, () => resolve()));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

interface Kept {
  readonly user?: string;
  readonly password?: string;
  readonly clockOffMs?: number;
  readonly locksAfter?: number;
  readonly open?: boolean;
  readonly basic?: boolean;
}
const seen: { user: string; plain: boolean }[] = [];
function camera(kept: Kept, plain: boolean): RequestListener {
  let wrong = 0;
  return (request, response) => {
    response.setHeader('date', new Date(Date.now() + (kept.clockOffMs ?? 0)).toUTCString());
    const refuse = (): void => {
      const challenge = kept.basic
        ? `Basic realm="${REALM}"`
        : `Digest realm="${REALM}", nonce="abc", algorithm=MD5, qop="auth"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    };
    if (request.method === 'POST') {
      response.setHeader('content-type', 'application/json');
      return void response.end(JSON.stringify({ data: { propertyList: { Version: '11.8.2' } } }));
    }
    if (kept.open) return void response.end('root');
    if (kept.locksAfter !== undefined && wrong >= kept.locksAfter) return void response.writeHead(403).end();
    const given = request.headers.authorization;
    if (given === undefined) return refuse();
    const [user, isRight] = kept.basic ? byBasic(given, kept) : byDigest(given, kept);
    seen.push({ user, plain });
    if (isRight) return void response.end('users');
    wrong++;
    refuse();
  };
}
function byBasic(given: string, { user, password }: Kept): [string, boolean] {
  const text = Buffer.from(given.slice('Basic '.length), 'base64').toString();
  return [text.split(':')[0]!, text === `${user}:${password}`];
}
function byDigest(given: string, { user, password }: Kept): [string, boolean] {
  const answer = readAuthorization(given)!;
  const secret = secretOf(answer.algorithm, REALM, { user: user ?? '', password: password ?? '' });
  const asked = { method: 'GET', uri: answer.uri, count: answer.count, cnonce: answer.cnonce };
  return [answer.user, answer.user === user && proofOf(answer, secret, asked) === answer.response];
}

const CLOSED_PORT = 1;
async function at(kept: Kept, doors: { readonly http?: boolean; readonly https?: boolean }): Promise<Target> {
  seen.length = 0;
  const httpPort = doors.http ? await listen(createHttp(camera(kept, true))) : CLOSED_PORT;
  const httpsPort = doors.https ? await listen(createHttps({ ...authority.server }, camera(kept, false))) : CLOSED_PORT;
  return { host: HOST, httpPort, httpsPort, maker: 'Axis Communications' };
}

describe('a look', () => {
  it('finds a well-kept camera well kept: nothing let in, TLS alone, its time and its version', async () => {
    const facts = await probe(await at({ user: 'root', password: 'long and its own' }, { https: true }), options);
    const tried = credentialsFor('Axis Communications').length;
    expect(facts.credentials).toEqual({ ended: 'complete', tried, accepted: null, open: false });
    expect(facts.tls).toMatchObject({ protocol: 'TLSv1.3', plain: false, selfSigned: false });
    expect(Math.abs(facts.clock!.device - facts.clock!.gateway)).toBeLessThan(2_000);
    expect(facts.firmware).toBe('11.8.2');
  });

  it.each([{ basic: false }, { basic: true }])('finds a factory password, and says its name only: %o', async (kind) => {
    const facts = await probe(
      await at({ user: 'root', password: 'pass', ...kind }, { http: true, https: true }),
      options,
    );
    expect(facts.credentials).toMatchObject({ ended: 'complete', accepted: 'root-pass', tried: 1 });
    expect(facts.tls).toMatchObject({ plain: true });
    // What could be read on the way is never sent where there is another way.
    expect(seen.every(({ plain }) => !plain)).toBe(true);
  });

  it('finds no TLS, a wrong clock, an open door, a locked one, and nobody at home', async () => {
    expect((await probe(await at({ user: 'a', password: 'b' }, { http: true }), options)).tls).toMatchObject({
      protocol: null,
      plain: true,
    });
    const late = await probe(await at({ user: 'a', password: 'b', clockOffMs: -86_400_000 }, { https: true }), options);
    expect(Math.round((late.clock!.device - late.clock!.gateway) / 86_400_000)).toBe(-1);
    const open = await probe(await at({ open: true }, { https: true }), options);
    expect(open.credentials).toMatchObject({ open: true, tried: 0 });
    const locked = await probe(await at({ user: 'a', password: 'b', locksAfter: 2 }, { https: true }), options);
    expect(locked.credentials).toMatchObject({ ended: 'locked', accepted: null, tried: 2 });
    const away = await probe(await at({}, {}), options);
    expect(away).toMatchObject({ credentials: { ended: 'no-service' }, tls: null, clock: null, firmware: null });
  });

  it('tries few passwords for each account and few in all, the maker’s own first', () => {
    for (const maker of [null, 'Axis', 'Hikvision', 'Dahua', 'Nobody']) {
      const chosen = credentialsFor(maker);
      expect(chosen.length).toBeLessThanOrEqual(CREDENTIALS_TRIED_MAX);
      for (const { user } of chosen)
        expect(chosen.filter((one) => one.user === user).length).toBeLessThanOrEqual(TRIES_PER_USER_MAX);
    }
    expect(credentialsFor('HIKVISION Digital')[0]!.name).toBe('admin-12345');
    const names = FACTORY_CREDENTIALS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
  });

  it('comes through devices that talk nonsense, without end, or never', async () => {
    const nonsense = createTcp(
      (socket) => void socket.on('error', () => undefined).end('\x16\x03\x01garbage\r\n\r\n', () => socket.destroy()),
    );
    const endless = createHttp((_, response) => {
      const more = (fault?: Error | null): void => {
        if (!fault && !response.destroyed) response.write('x'.repeat(8_192), more);
      };
      response.writeHead(200);
      more();
    });
    const target = { host: HOST, httpPort: await listen(endless), httpsPort: await listen(nonsense), maker: null };
    const facts = await probe(target, options);
    expect(facts).toMatchObject({ credentials: { ended: 'no-answer', accepted: null }, firmware: null });
  });

  it('goes to local addresses only', async () => {
    for (const host of [
      '127.0.0.1',
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.1',
      '192.168.1.1',
      '169.254.1.1',
      '::1',
      'fd00::1',
    ])
      expect([host, isLocalAddress(host)]).toEqual([host, true]);
    for (const host of [
      '8.8.8.8',
      '172.32.0.1',
      '192.0.2.1',
      '11.0.0.1',
      '2001:db8::1',
      'localhost',
      'cam.example',
      '',
    ])
      expect([host, isLocalAddress(host)]).toEqual([host, false]);
    const target = { host: '192.0.2.1', httpPort: 80, httpsPort: 443, maker: null };
    expect((await probe(target, options)).credentials.ended).toBe('no-answer');
    expect(() => readSite('{"cam-0001":{"host":"192.0.2.1"}}')).toThrow('local address');
    expect(() => readSite('{"cam-0001":{"host":"127.0.0.1","passwords":1}}')).toThrow('"passwords" is not known');
    expect(readSite('{"cam-0001":{"host":"127.4.0.1"}}').get('cam-0001')).toMatchObject({
      httpPort: 80,
      httpsPort: 443,
    });
  });
});

describe('orders to look', () => {
  const order = (device: string, id = 'prb-0001') =>
    Buffer.from(JSON.stringify({ order: 'probe', id, device, until: Date.now() + 60_000 }));

  it('are done one after the other for devices of the own site, and answered for others without a look', async () => {
    const target = await at({ user: 'a', password: 'b' }, { https: true });
    const results: ProbeResult[] = [];
    const looks = createLooks({
      gateway: 'switch-0001',
      target: (device) => (device === 'cam-0001' ? target : null),
      publish: (result) => void results.push(result),
      log: silentLog,
      tryEveryMs: 0,
    });
    expect(looks.take(order('cam-0001'))).toBe(true);
    expect(looks.take(order('cam-0002', 'prb-0002'))).toBe(true);
    await until('both are answered', () => results.length === 2);
    expect(results.map(({ id, device, credentials }) => [id, device, credentials.ended])).toEqual([
      ['prb-0001', 'cam-0001', 'complete'],
      ['prb-0002', 'cam-0002', 'no-answer'],
    ]);
    looks.stop();
  });

  it('are read strictly', () => {
    expect(readProbeOrder(order('cam-0001'))?.device).toBe('cam-0001');
    const odd = ['', '[]', '{"order":"quarantine","version":1,"devices":[],"until":null}', '{"order":"probe"}'];
    for (const text of odd) expect(readProbeOrder(Buffer.from(text))).toBeNull();
    expect(readProbeOrder(Buffer.alloc(2_000, 0x20))).toBeNull();
  });
});
