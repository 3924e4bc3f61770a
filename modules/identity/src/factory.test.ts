/** Factory certificates over real TLS: who comes in, who waits, who is kept out, and what a restart remembers of it. */
import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '@cityward/http';
import { DAY_MS } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { EstListener } from './est-listener.ts';
import type { IdentityOptions } from './needs.ts';
import type { Identity } from './service.ts';
import {
  call,
  certificatesIn,
  newKey,
  newRequest,
  removeFolder,
  testClock,
  testFolder,
  testIdentity,
} from './testing.ts';
import { certify, keyPem, newMaker, type Holder, type Maker } from './testing-maker.ts';

const clock = testClock();
const folder = testFolder();
const OPERATOR: Caller = {
  principal: { type: 'Person', id: 'per-1', roles: ['operator'], attributes: {} },
  id: 'req-1',
  sessionToken: null,
  setSession: () => undefined,
  origin: '',
};
/** The purchase list: device by serial. */
const purchased = new Map<string, { id: string; maker?: string; mac?: string }>();
const directory: IdentityOptions['directory'] = {
  device: (id) => ({ id, class: 'camera', site: 'site-1' }),
  siteOf: () => 'site-1',
  bySerial: (serial) => {
    const found = purchased.get(serial);
    return found ? { class: 'camera', site: 'site-1', serial, ...found } : null;
  },
  isParty: (id) => id.startsWith('party-'),
};

let sql: TestSql;
let identity: Identity;
let listener: EstListener;
let maker: Maker;

async function start(): Promise<void> {
  identity = testIdentity(sql, { folder, clock, directory });
  await identity.start();
  listener = identity.createEstListener({ host: '127.0.0.1', port: 0, log: silentLog });
  await listener.start();
}
async function stop(): Promise<void> {
  await listener.stop();
  await identity.stop();
}
beforeAll(async () => {
  sql = await openTestSql();
  await start();
  maker = await newMaker();
  expect(await pin(maker.root)).toBe('ok');
});
afterAll(async () => {
  await stop();
  await sql.stop();
  removeFolder(folder);
});

async function ask(
  name: string,
  input: object = {},
): Promise<{ ok: boolean; value?: unknown; error?: { code: string } }> {
  const found = identity.routes.find((route) => route.endpoint.name === name)!;
  return (await found.handle({ params: {}, query: {}, body: {}, ...input } as never, OPERATOR)) as never;
}
async function pin(root: Holder, more: object = {}): Promise<string> {
  const fingerprint = new X509Certificate(root.pem).fingerprint256;
  const answer = await ask('pinMakerRoot', { body: { maker: 'party-axis', pem: root.pem, fingerprint, ...more } });
  return answer.ok ? 'ok' : answer.error!.code;
}
const listed = async (name: 'listEnrolments' | 'listDiscoveries'): Promise<Record<string, unknown>[]> =>
  Object.values((await ask(name)).value as Record<string, Record<string, unknown>[]>)[0]!;

interface Sent {
  readonly chain?: readonly Holder[];
  readonly name?: string;
  readonly key?: ReturnType<typeof newKey>;
  readonly path?: string;
}
/** One request with this factory certificate; the intermediate is sent along. */
async function enrol(device: Holder, sent: Sent = {}): Promise<{ status: number; body: string; retry: unknown }> {
  const { chain = [maker.intermediate], name = 'cam-0001', key, path = 'simpleenroll' } = sent;
  const answer = await call({
    port: listener.port(),
    ca: identity.authority.caPem,
    path: `/.well-known/est/${path}`,
    body: newRequest(name, undefined, key).base64,
    key: await keyPem(device),
    cert: [device, ...chain].map(({ pem }) => pem).join('\n'),
  });
  return { status: answer.status, body: answer.body, retry: answer.headers['retry-after'] };
}
const cameraOf = (serial: string, more: object = {}): Promise<Holder> =>
  maker.device(`O=Axis, CN=axis-${serial}-eccp256-1`, more);

describe('a factory certificate', () => {
  it('lets its device in, without an end and by the name of the city', async () => {
    purchased.set('accc8e000001', { id: 'cam-0001', maker: 'party-axis', mac: 'ac:cc:8e:00:00:01' });
    const answer = await enrol(await cameraOf('accc8e000001'), { name: 'axis-accc8e000001-eccp256-1' });
    expect(answer.status).toBe(200);
    expect(certificatesIn(answer.body)[0]!.subject).toBe('CN=cam-0001');
    expect(identity.standing('cam-0001')).toBe('active');
  });
  it('is believed by serialNumber too, and not when what it says differs', async () => {
    purchased.set('foc2233x0ab', { id: 'cam-0002' });
    const router = await maker.device('2.5.4.5=PID:C9300 SN:FOC2233X0AB, CN=C9300');
    expect((await enrol(router, { name: 'FOC2233X0AB' })).status).toBe(200);
    const twofold = await maker.device('2.5.4.5=ACCC8E000001, CN=axis-accc8e000002-eccp256-1');
    expect(await enrol(twofold)).toMatchObject({ status: 403, body: expect.stringContaining('one serial') as string });
  });
  it('opens no other door', async () => {
    const camera = await cameraOf('accc8e000001');
    expect((await enrol(camera, { path: 'simplereenroll' })).status).toBe(403);
    expect(identity.admit({ commonName: 'cam-0001', serial: '01' }).ok).toBe(false);
  });
  it('may ask for no name of another', async () => {
    const camera = await cameraOf('accc8e000001');
    expect((await enrol(camera, { name: 'cam-0002' })).status).toBe(400);
  });
  it.each([
    ['that is an authority', { authority: true }],
    ['that has ended', { notAfter: new Date('2021-01-01T00:00:00Z') }],
    ['for servers only', { extensions: [new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1'])] }],
    [
      'with a critical extension that nobody knows',
      { extensions: [new x509.Extension('1.2.3.4', true, Buffer.from([5, 0]))] },
    ],
  ])('%s is refused', async (_what, more) => {
    expect((await enrol(await cameraOf('accc8e000001', more))).status).toBe(403);
  });
  it('of another maker, or below an authority that may not, is refused', async () => {
    const other = await newMaker();
    const subject = 'CN=axis-accc8e000001-eccp256-1';
    expect((await enrol(await other.device(subject), { chain: [other.intermediate] })).status).toBe(403);
    const camera = await cameraOf('accc8e000009');
    expect((await enrol(await certify({ subject }, camera), { chain: [camera, maker.intermediate] })).status).toBe(403);
    const below = await certify({ subject: 'CN=too deep', authority: true }, maker.intermediate);
    expect((await enrol(await certify({ subject }, below), { chain: [below, maker.intermediate] })).status).toBe(403);
  });
});

describe('an unknown device', () => {
  it('is kept out with one card, however often it knocks', async () => {
    const stranger = await cameraOf('accc8effffff');
    for (let i = 0; i < 3; i++) expect(await enrol(stranger)).toMatchObject({ status: 202, retry: '3600' });
    const cards = (await listed('listDiscoveries')).filter(({ serial }) => serial === 'accc8effffff');
    expect(cards).toMatchObject([{ why: 'serial-unknown', state: 'quarantined', times: 3, maker: 'party-axis' }]);
    const dismissed = await ask('dismissDiscovery', { params: { id: cards[0]!['id'] }, body: { reason: 'a visitor' } });
    expect(dismissed.value).toMatchObject({ state: 'dismissed' });
  });
  it('of another maker than the purchase list says, or of another MAC, is kept out', async () => {
    purchased.set('accc8e000003', { id: 'cam-0003', maker: 'party-other' });
    purchased.set('accc8e000004', { id: 'cam-0004', mac: 'ac:cc:8e:00:00:05' });
    expect((await enrol(await cameraOf('accc8e000003'), { name: 'cam-0003' })).status).toBe(202);
    expect((await enrol(await cameraOf('accc8e000004'), { name: 'cam-0004' })).status).toBe(202);
    expect((await listed('listDiscoveries')).map(({ why }) => why)).toEqual(
      expect.arrayContaining(['maker-differs', 'serial-ambiguous']),
    );
  });
  it('with an id that nobody has leaves a card and learns nothing', async () => {
    const port = listener.port();
    const body = newRequest('cam-0001').base64;
    const ca = identity.authority.caPem;
    const own = testIdentity(sql, { folder: testFolder(), clock, directory: { ...directory, device: () => null } });
    await own.start();
    const request = { method: 'POST', path: '/.well-known/est/simpleenroll', body: Buffer.from(body), address: '::1' };
    const headers = { authorization: `Basic ${Buffer.from('toaster-1:guess').toString('base64')}` };
    expect((await own.est({ ...request, headers, certificate: null })).status).toBe(401);
    await own.stop();
    expect(
      (await call({ port, ca, path: '/.well-known/est/simpleenroll', body, basic: 'cam-0001:guess' })).status,
    ).toBe(401);
  });
});

describe('a claim', () => {
  it('is one per serial: the same key comes back by itself, another waits for a person', async () => {
    purchased.set('accc8e000010', { id: 'cam-0010' });
    const first = await cameraOf('accc8e000010');
    for (let i = 0; i < 2; i++) expect((await enrol(first, { name: 'cam-0010' })).status).toBe(200);
    const second = await cameraOf('accc8e000010');
    const key = newKey();
    expect(await enrol(second, { name: 'cam-0010', key })).toMatchObject({ status: 202, retry: '60' });
    const [open] = (await listed('listEnrolments')).filter(({ state }) => state === 'waiting');
    expect(open).toMatchObject({ device: 'cam-0010', why: 'second-claim', serial: 'accc8e000010' });
    const approved = { params: { id: open!['id'] }, body: { reason: 'new board' } };
    expect((await ask('approveEnrolment', approved)).ok).toBe(true);
    expect((await ask('refuseEnrolment', approved)).error?.code).toBe('ENROLMENT_JUDGED');
    // The approval is for the key that was shown: another key waits again, and takes the approval with it.
    expect((await enrol(second, { name: 'cam-0010', key: newKey() })).status).toBe(202);
    expect((await enrol(second, { name: 'cam-0010', key })).status).toBe(202);
    const [again] = (await listed('listEnrolments')).filter(({ state }) => state === 'waiting');
    await ask('approveEnrolment', { params: { id: again!['id'] }, body: { reason: 'new board' } });
    expect((await enrol(second, { name: 'cam-0010', key })).status).toBe(200);
    expect((await enrol(first, { name: 'cam-0010' })).status).toBe(202);
  });
  it('refused by a person stays so for a day, whatever the key', async () => {
    purchased.set('accc8e000011', { id: 'cam-0011' });
    await enrol(await cameraOf('accc8e000011'), { name: 'cam-0011' });
    const second = await cameraOf('accc8e000011');
    await enrol(second, { name: 'cam-0011' });
    const [open] = (await listed('listEnrolments')).filter(({ device }) => device === 'cam-0011');
    await ask('refuseEnrolment', { params: { id: open!['id'] }, body: { reason: 'it is a copy' } });
    expect(await enrol(second, { name: 'cam-0011' })).toMatchObject({
      status: 403,
      body: expect.stringContaining('it is a copy') as string,
    });
    clock.add(DAY_MS + 1);
    expect((await enrol(second, { name: 'cam-0011' })).status).toBe(202);
    clock.add(-DAY_MS - 1);
  });
  it('does not lift a hold or a revocation, and ends with the identity', async () => {
    purchased.set('accc8e000012', { id: 'cam-0012' });
    const camera = await cameraOf('accc8e000012');
    const because = { reason: 'test', by: 'per-1' };
    expect((await enrol(camera, { name: 'cam-0012' })).status).toBe(200);
    await identity.hold('cam-0012', { until: clock() + 60_000, ...because });
    expect((await enrol(camera, { name: 'cam-0012' })).status).toBe(403);
    await identity.revoke('cam-0012', because);
    expect((await enrol(camera, { name: 'cam-0012' })).status).toBe(403);
    await identity.end('cam-0012', { as: 'replaced', ...because });
    expect((await enrol(camera, { name: 'cam-0012' })).body).toContain('has ended');
    // Its successor is let in by a person, and by nobody else.
    purchased.delete('accc8e000012');
    purchased.set('accc8e000013', { id: 'cam-0012' });
    const next = await cameraOf('accc8e000013');
    const key = newKey();
    expect((await enrol(next, { name: 'cam-0012', key })).status).toBe(202);
    await stop();
    await start(); // what waits and what has ended outlives a restart
    const [open] = (await listed('listEnrolments')).filter(({ device }) => device === 'cam-0012');
    await ask('approveEnrolment', { params: { id: open!['id'] }, body: { reason: 'the new camera' } });
    expect((await enrol(next, { name: 'cam-0012', key })).status).toBe(200);
    expect(identity.standing('cam-0012')).toBe('active');
    purchased.set('accc8e000012', { id: 'cam-0099' });
    expect((await enrol(camera, { name: 'cam-0099' })).body).toContain('has ended');
  });
});

describe('the root of a maker', () => {
  it('is pinned by its fingerprint, once, and only when it is a root of a party', async () => {
    const other = await newMaker('Other');
    expect(await pin(maker.root)).toBe('ROOT_PINNED');
    expect(await pin(other.root, { fingerprint: '00'.repeat(32) })).toBe('ROOT_NOT_ACCEPTED');
    expect(await pin(other.intermediate)).toBe('ROOT_NOT_ACCEPTED');
    expect(await pin(await other.device('CN=x'))).toBe('ROOT_NOT_ACCEPTED');
    expect(await pin(other.root, { maker: 'somebody' })).toBe('ROOT_NOT_ACCEPTED');
    expect(await pin(other.root, { pem: `${other.root.pem}\n${maker.root.pem}` })).toBe('ROOT_NOT_ACCEPTED');
    const [own] = identity.authority.caPem.split(/(?<=-----END CERTIFICATE-----\n)/);
    const fingerprint = new X509Certificate(own!).fingerprint256;
    expect(await pin(other.root, { pem: own!, fingerprint })).toBe('ROOT_NOT_ACCEPTED');
  });
  it('may ask for a person each time, and is removed with all that it let in to come', async () => {
    const other = await newMaker('Each');
    expect(await pin(other.root, { approval: 'each' })).toBe('ok');
    purchased.set('each-0001', { id: 'cam-0020' });
    const device = await other.device('2.5.4.5=EACH-0001, CN=thing');
    const sent = { name: 'cam-0020', chain: [other.intermediate] };
    expect((await enrol(device, sent)).status).toBe(202);
    const fingerprint = new X509Certificate(other.root.pem).fingerprint256.replaceAll(':', '').toLowerCase();
    expect((await ask('removeMakerRoot', { params: { fingerprint } })).ok).toBe(true);
    expect((await enrol(device, sent)).status).toBe(403);
    // What was remembered of a chain is forgotten with the root; a known one needs its intermediate no more.
    purchased.set('accc8e000021', { id: 'cam-0021' });
    const camera = await cameraOf('accc8e000021');
    expect((await enrol(camera, { name: 'cam-0021', chain: [] })).status).toBe(403);
    expect((await enrol(camera, { name: 'cam-0021' })).status).toBe(200);
    expect((await enrol(camera, { name: 'cam-0021', chain: [] })).status).toBe(200);
  });
});
