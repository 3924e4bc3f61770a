/** A vendor in the whole server: asked, let in, shown only what the access reaches, recorded, taken back, and out at once. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  api,
  DeviceDetail,
  EndpointAnswer,
  LedgerEntry,
  LiveEvent,
  Person,
  Session,
  TemporaryAccess,
} from '@cityward/contracts';
import { HOUR_MS } from '@cityward/kernel';
import { openTestServer, type TestServer } from './testing.ts';
import { caller, eventually, signInFirst, type Call } from './testing-clients.ts';

type MyDevices = EndpointAnswer<typeof api.myDevices>;
let server: TestServer;
let city: Call;
let inside: string;
let outside: string;

beforeAll(async () => {
  server = await openTestServer();
  city = await signInFirst(server);
  const { city: graph } = server.modules;
  const cameras = graph.deviceIds().filter((id) => graph.record(id)!.class === 'camera' && graph.record(id)!.site);
  inside = cameras[0]!;
  outside = cameras.find((id) => graph.record(id)!.site !== graph.record(inside)!.site)!;
}, 120_000);
afterAll(() => server.stop());

interface Visitor {
  readonly id: string;
  readonly cookie: string;
  readonly call: Call;
}
const linkOf = (link: string): string => link.slice(link.indexOf('#token=') + '#token='.length);
async function signIn(link: string): Promise<string> {
  const answer = await caller(server)('POST', '/api/session/link', { token: linkOf(link) });
  return String(answer.headers['set-cookie']).split(';')[0]!;
}
async function visitor(handle: string): Promise<Visitor> {
  const invited = await city<{ person: Person; link: string }>('POST', '/api/people', { handle, roles: [] });
  const cookie = await signIn(invited.body.link);
  return { id: invited.body.person.id, cookie, call: caller(server, cookie) };
}
const ask = async ({ call }: Visitor, change: object = {}): Promise<TemporaryAccess> => {
  const draft = {
    role: 'vendor',
    sites: [],
    devices: [inside],
    until: Date.now() + HOUR_MS,
    reason: 'mend the camera',
  };
  const { status, body } = await call<TemporaryAccess>('POST', '/api/access', { ...draft, ...change });
  expect(status).toBe(200);
  return body;
};
const approve = ({ id }: TemporaryAccess) =>
  city<TemporaryAccess>('POST', `/api/access/${id}/judge`, { approve: true, reason: 'agreed by phone' });

interface Heard {
  readonly events: LiveEvent[];
  readonly closed: Promise<void>;
  has(fits: (event: LiveEvent) => boolean): Promise<true>;
  leave(): void;
}
/** The stream as a browser reads it, over the real listener. */
async function listen(cookie: string): Promise<Heard> {
  const events: LiveEvent[] = [];
  const { consolePort: port } = server.config;
  const headers = { host: `localhost:${port}`, cookie };
  return new Promise((resolve, reject) => {
    const stream = request({ host: '127.0.0.1', port, path: '/api/live', headers }, (answer) => {
      let rest = '';
      const closed = new Promise<void>((done) => answer.once('close', done));
      const has: Heard['has'] = (fits) => eventually('the event is heard', () => (events.some(fits) ? true : null));
      answer.on('data', (chunk: Buffer) => {
        const parts = (rest + chunk.toString()).split('\n\n');
        rest = parts.pop()!;
        for (const part of parts) {
          const data = /^data: (.*)$/m.exec(part)?.[1];
          if (data) events.push(JSON.parse(data) as LiveEvent);
        }
      });
      resolve({ events, closed, has, leave: () => stream.destroy() });
    });
    stream.on('error', reject);
    stream.end();
  });
}
const named = (event: LiveEvent): string[] => (event.kind === 'devices' ? event.changes.map(([id]) => id) : []);
const kinds = ({ events }: Heard): string[] => [...new Set(events.map(({ kind }) => kind))].sort();
/** Changes the state of both cameras, the one outside first. */
async function changeBoth(hours: number): Promise<void> {
  for (const device of [outside, inside])
    await server.modules.identity.hold(device, { reason: 'a test', by: 'system', until: Date.now() + hours * HOUR_MS });
}
async function releaseBoth(): Promise<void> {
  for (const device of [outside, inside])
    await server.modules.identity.release(device, { reason: 'a test', by: 'system' });
}

describe('a vendor', () => {
  it('sees nothing before, hears the answer live, and then only of what the access reaches', async () => {
    const [vendor, other] = [await visitor('Camera vendor'), await visitor('Lamp vendor')];
    const [own, all] = [await listen(vendor.cookie), await listen((await signInCity()).cookie)];
    expect((await vendor.call('GET', `/api/devices/${inside}`)).status).toBe(403);
    expect((await vendor.call<MyDevices>('GET', '/api/me/devices')).body).toEqual({ total: 0, devices: [] });
    await changeBoth(1);
    await all.has((event) => named(event).includes(inside));
    await ask(other);
    const access = await ask(vendor);
    expect((await approve(access)).body.state).toBe('running');
    await own.has((event) => event.kind === 'access' && event.state === 'running');
    expect(
      own.events.filter(({ kind }) => kind === 'access').every((one) => 'person' in one && one.person === vendor.id),
    ).toBe(true);
    expect(own.events.flatMap(named)).toEqual([]);

    await releaseBoth();
    await own.has((event) => named(event).includes(inside));
    await all.has((event) => named(event).includes(outside));
    await server.modules.ledger.record([{ subject: 'test', text: 'something to hear of' }], 'system');
    await all.has(({ kind }) => kind === 'evidence');
    expect(new Set(own.events.flatMap(named))).toEqual(new Set([inside]));
    expect(kinds(own)).toEqual(['access', 'devices', 'hello']);

    const { total, devices } = (await vendor.call<MyDevices>('GET', '/api/me/devices')).body;
    expect([total, devices.map(({ id }) => id)]).toEqual([1, [inside]]);
    const status = async (url: string): Promise<number> => (await vendor.call('GET', url)).status;
    expect(await status(`/api/devices/${inside}`)).toBe(200);
    expect(await status(`/api/devices/${inside}/trust`)).toBe(200);
    for (const url of [`/api/devices/${outside}`, '/api/city', '/api/evidence/entries', '/api/access', '/api/people'])
      expect([url, await status(url)]).toEqual([url, 403]);
    all.leave();
    own.leave();
  });

  it('reaches every device of a site that was approved, and no other', async () => {
    const { city: graph } = server.modules;
    const site = graph.record(inside)!.site!;
    const vendor = await visitor('Site vendor');
    await approve(await ask(vendor, { devices: [], sites: [site] }));
    const { devices } = (await vendor.call<MyDevices>('GET', '/api/me/devices')).body;
    const there = graph.deviceIds().filter((id) => graph.record(id)!.site === site);
    expect(devices.map(({ id }) => id).sort()).toEqual([...there].sort());
    expect(new Set(devices.map((one) => one.site?.id))).toEqual(new Set([site]));
  });

  it('is told beside a device only of those that they were given too, while the city sees all', async () => {
    const beside = async (call: Call, id: string) =>
      (await call<DeviceDetail>('GET', `/api/devices/${id}`)).body.neighbours;
    const wired = (await beside(city, inside)).filter(({ node }) => node === 'device');
    const [given] = wired;
    expect(given).toBeDefined();
    expect(new Set((await beside(city, inside)).map(({ node }) => node)).size).toBeGreaterThan(1);
    const vendor = await visitor('Curious vendor');
    await approve(await ask(vendor));
    expect(await beside(vendor.call, inside)).toEqual([]);
    const both = await visitor('Thorough vendor');
    await approve(await ask(both, { devices: [inside, given!.id] }));
    expect(new Set((await beside(both.call, inside)).map(({ id }) => id))).toEqual(new Set([given!.id]));
  });

  it('reads no baseline, and an installer that of the devices of their work alone', async () => {
    const status = async ({ call }: Visitor, url: string): Promise<number> => (await call('GET', url)).status;
    const vendor = await visitor('Patient vendor');
    await approve(await ask(vendor));
    expect(await status(vendor, `/api/devices/${inside}/baseline`)).toBe(403);
    const installer = await visitor('Camera installer');
    await approve(await ask(installer, { role: 'installer' }));
    expect(await status(installer, `/api/devices/${inside}/baseline`)).toBe(200);
    expect(await status(installer, `/api/devices/${outside}/baseline`)).toBe(403);
    for (const url of ['/api/baseline', '/api/baseline/devices', '/api/baseline/exceptions'])
      expect([url, await status(installer, url)]).toEqual([url, 403]);
  });

  it('is recorded with what they did, once for each device, and found by who did it and when', async () => {
    const vendor = await visitor('Watched vendor');
    const access = await ask(vendor);
    await approve(access);
    for (let times = 0; times < 3; times++) await vendor.call('GET', `/api/devices/${inside}`);
    await vendor.call('GET', `/api/devices/${outside}`);
    const did = async (query = ''): Promise<LedgerEntry[]> =>
      (await city<{ entries: LedgerEntry[] }>('GET', `/api/evidence/entries?actor=${vendor.id}${query}`)).body.entries;
    await eventually('the look is in the ledger', async () =>
      (await did()).some(({ type }) => type === 'access.used') ? true : null,
    );
    const entries = await did(`&from=${access.asked}`);
    expect(entries.map(({ type, subject }) => [type, subject])).toEqual([
      ['access.used', inside],
      ['access.asked', vendor.id],
    ]);
    expect(entries[0]!.text).toBe(`Person ${vendor.id} used temporary access to device ${inside}`);
    expect(await did(`&to=${access.asked - 1}`)).not.toContainEqual(expect.objectContaining({ type: 'access.used' }));
    await city('GET', `/api/devices/${inside}`);
    const byCity = await city<{ entries: LedgerEntry[] }>('GET', '/api/evidence/entries?type=access.used');
    expect(new Set(byCity.body.entries.map(({ actor }) => actor))).not.toContain('per-first');
    expect(byCity.body.entries.filter(({ actor }) => actor === vendor.id)).toHaveLength(1);
  });

  it('is out at once when the access is taken back: the stream says why and ends, the sign-in with it', async () => {
    const vendor = await visitor('Hasty vendor');
    const access = await ask(vendor);
    await approve(access);
    const [first, second] = [await listen(vendor.cookie), await listen(vendor.cookie)];
    const reason = 'wrong camera, ask anew';
    await city('POST', `/api/access/${access.id}/end`, { reason });
    await Promise.all([first.closed, second.closed]);
    for (const { events } of [first, second])
      expect(events.at(-1)).toMatchObject({
        kind: 'ended',
        why: 'access-ended',
        access: { why: 'taken-back', reason },
      });
    expect((await vendor.call<Session>('GET', '/api/session')).body.me).toBeNull();
    expect((await vendor.call('GET', `/api/devices/${inside}`)).body).toMatchObject({ code: 'SIGN_IN_NEEDED' });
  });

  it('is out when the time is over, with nobody doing anything', async () => {
    const vendor = await visitor('Slow vendor');
    await approve(await ask(vendor, { until: Date.now() + 8_000 }));
    const own = await listen(vendor.cookie);
    expect((await vendor.call('GET', `/api/devices/${inside}`)).status).toBe(200);
    await own.closed;
    expect(own.events.at(-1)).toMatchObject({ kind: 'ended', why: 'access-ended', access: { why: 'time' } });
    expect((await vendor.call('GET', `/api/devices/${inside}`)).body).toMatchObject({ code: 'SIGN_IN_NEEDED' });
  });

  it('is told to the city with the names of those it speaks of, and to no other visitor', async () => {
    const vendor = await visitor('Named vendor');
    await ask(vendor);
    const { body } = await city<EndpointAnswer<typeof api.listAccess>>('GET', '/api/access');
    expect(body.people).toContainEqual({ id: vendor.id, handle: 'Named vendor' });
    expect(body.access[0]).toMatchObject({ person: vendor.id, state: 'asked' });
  });
});

/** The first person once more, for a stream of their own. */
async function signInCity(): Promise<{ readonly cookie: string }> {
  const link = await server.modules.identity.reissueLink('First operator');
  if (!link.ok) throw new Error(link.error.message);
  return { cookie: await signIn(link.value) };
}
