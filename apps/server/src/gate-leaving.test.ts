/**
 * The ends of a commissioning through the whole server: an installer whose access is over with the handover, a device that erases
 * itself and its memory card on the signed order of two officers and signs for it, and one that stays silent.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gate, HandoverDraft, Leaving, Person, Retirement, TemporaryAccess } from '@cityward/contracts';
import { DAY_MS, HOUR_MS } from '@cityward/kernel';
import { handoverBytes } from '@cityward/fleet/verify';
import { startCamera, type TestCamera } from './testing-camera.ts';
import {
  caller,
  enrolDevice,
  eventually,
  signInFirst,
  startAgent,
  type Call,
  type RunningAgent,
} from './testing-clients.ts';
import { commandIn, inLedger, signOffline, SIGNERS, started, swearIn, type Desk } from './testing-journey.ts';
import { openTestServer, type TestServer } from './testing.ts';
import { CITY_NAME } from './city-names.ts';

const HOST = '127.62.0.9';
let server: TestServer;
let call: Call;
let desk: Desk;
const running: RunningAgent[] = [];
let camera: TestCamera;

beforeAll(async () => {
  server = await openTestServer();
  call = await signInFirst(server);
  desk = commandIn(join(server.config.dataFolder, 'officers-machine'), server.config);
  await swearIn(desk, CITY_NAME);
}, 240_000);
afterAll(async () => {
  for (const one of running) await one.stop();
  await camera?.stop();
  await server?.stop();
});

const lampsOf = (): string[] => {
  const { city } = server.modules;
  return [...city.deviceIds()].sort().filter((id) => city.record(id)?.class === 'street-light');
};
const withChanges = (): string[] => [
  '--officers',
  desk.at('officers.json'),
  '--content',
  `https://localhost:${server.config.ingestPort}`,
];
const leavingOf = async (device: string): Promise<Leaving> =>
  (await call<Leaving>('GET', `/api/devices/${device}/leaving`)).body;
async function certificateOf(device: string): Promise<Record<string, unknown>> {
  const found = server.modules.fleet.routes.find(({ endpoint }) => endpoint.name === 'getRetirement')!;
  const answer = await found.handle({ params: { id: device } } as never, undefined as never);
  const { body } = (answer as unknown as { value: { body: Uint8Array } }).value;
  return JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
}

describe('an installer', () => {
  let id: string;
  let other: string;
  let installer: { readonly person: string; readonly call: Call };

  /** A camera as it should be, and the gateway beside it. */
  async function commissioned(): Promise<void> {
    const { city, identity } = server.modules;
    const cameras = [...city.deviceIds()].sort().filter((one) => city.record(one)?.class === 'camera');
    id = cameras.find((one) => identity.gatewayOf(one) !== null)!;
    other = cameras.find((one) => city.record(one)!.site !== city.record(id)!.site)!;
    const issued = await identity.authority.serverCertificate([HOST]);
    camera = await startCamera(HOST, { firmware: '11.8.2', tls: { key: issued.keyPem, cert: issued.certPem } });
    Object.assign(camera, { password: 'long and its own', plainHttp: false });
    const { httpPort, httpsPort } = camera;
    const site = join(server.config.dataFolder, 'site.json');
    writeFileSync(site, JSON.stringify({ [id]: { host: HOST, httpPort, httpsPort, maker: 'Axis' } }));
    running.push(await startAgent(server, identity.gatewayOf(id)!, ['--site', site]));
    await enrolDevice(server, id);
    await call('PUT', '/api/fleet/tracks/camera', { model: '*', least: '11.8', track: null, reason: 'Supported' });
    const exception = { owner: 'Ann Lee', until: Date.now() + 30 * DAY_MS, reason: 'Controls are being written' };
    await call('PUT', `/api/devices/${id}/gate/exceptions/baseline`, exception);
  }
  async function invited(): Promise<typeof installer> {
    const { body } = await call<{ person: Person; link: string }>('POST', '/api/people', { handle: 'Lee', roles: [] });
    const token = body.link.slice(body.link.indexOf('#token=') + '#token='.length);
    const entered = await caller(server)('POST', '/api/session/link', { token });
    return { person: body.person.id, call: caller(server, String(entered.headers['set-cookie']).split(';')[0]) };
  }
  const accessNow = async (access: string): Promise<TemporaryAccess> =>
    (await call<{ access: TemporaryAccess[] }>('GET', '/api/access')).body.access.find((one) => one.id === access)!;
  async function hand(): Promise<number> {
    const gate = `/api/devices/${id}/gate`;
    expect((await installer.call('POST', `${gate}/test`)).status).toBe(200);
    const seen = await eventually('the gateway has looked', async () => {
      const { body } = await installer.call<Gate>('GET', gate);
      return body.looking === null ? body : null;
    });
    expect(seen.state).toBe('ready');
    const about = { installer: 'Ann Lee', company: 'Lee Installations' };
    const { body: draft } = await installer.call<HandoverDraft>('POST', `/api/devices/${id}/handover/draft`, about);
    const pair = generateKeyPairSync('ed25519');
    const bytes = handoverBytes(draft.handover);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(draft.hash);
    const signature = {
      alg: 'ed25519',
      key: 'ann-key',
      publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64url'),
      signature: sign(null, bytes, pair.privateKey).toString('base64url'),
    };
    return (await installer.call('POST', `/api/devices/${id}/handover`, { hash: draft.hash, signature })).status;
  }

  it('is let in for one device, commissions it, and is out with the handover that they signed', async () => {
    await commissioned();
    installer = await invited();
    expect((await installer.call('GET', `/api/devices/${id}`)).status).toBe(403);
    const until = Date.now() + 48 * HOUR_MS;
    const wanted = { role: 'installer', sites: [], devices: [id], until, reason: 'Commission the camera' };
    const { body: asked } = await installer.call<TemporaryAccess>('POST', '/api/access', wanted);
    await call('POST', `/api/access/${asked.id}/judge`, { approve: true, reason: 'The contract of May' });
    expect((await accessNow(asked.id)).state).toBe('running');
    expect((await installer.call('GET', `/api/devices/${id}`)).status).toBe(200);
    expect((await installer.call('GET', `/api/devices/${other}`)).status).toBe(403);

    expect(await hand()).toBe(200);
    const over = await eventually('the access is over', async () => {
      const now = await accessNow(asked.id);
      return now.state === 'ended' ? now : null;
    });
    expect(over.ended).toMatchObject({ why: 'done', by: 'system', reason: `Handed over: ${id}` });
    expect((await installer.call('GET', `/api/devices/${id}`)).status).toBe(403);
    expect((await installer.call('POST', `/api/devices/${id}/gate/test`)).status).toBe(403);
  }, 240_000);
});

describe('retiring', () => {
  it('is proven by the device itself: erased, its memory card too, on the order of two officers, and signed by its key', async () => {
    const lamp = lampsOf()[0]!;
    const card = join(server.config.dataFolder, 'card');
    mkdirSync(join(card, 'DCIM'), { recursive: true });
    writeFileSync(join(card, 'DCIM', 'street.jpg'), 'somebody walks by');
    const agent = await startAgent(server, lamp, [...withChanges(), '--card', card]);
    running.push(agent);
    await eventually('it says whose signatures it takes', async () =>
      (await leavingOf(lamp)).wipe.possible ? true : null,
    );
    const { status, body } = await call<Retirement>('POST', `/api/devices/${lamp}/retire`, {
      reason: 'The street is dug up',
      wipe: true,
    });
    expect([status, body.state]).toEqual([200, 'wiping']);
    const change = body.change!;
    await signOffline(desk, change, SIGNERS[0]);
    // One officer is not enough to erase anything.
    expect((await desk.run('job', 'apply', change, '--reason', 'Now')).err).toContain('NOT_SIGNED');
    expect(existsSync(join(card, 'DCIM', 'street.jpg'))).toBe(true);
    await signOffline(desk, change, SIGNERS[1]);
    await started(desk, change);
    const closed = await eventually('its retirement is closed', async () => {
      const { retirement } = await leavingOf(lamp);
      return retirement?.state === 'closed' ? retirement : null;
    });
    expect(closed).toMatchObject({ wiped: 'proven', change });
    expect(readdirSync(card)).toEqual([]);
    expect(await certificateOf(lamp)).toMatchObject({
      kind: 'cityward-retirement',
      device: lamp,
      wiped: 'proven',
      change,
    });
    expect(await inLedger(call, 'device.retired', lamp)).toContain('proven');
    expect(server.modules.identity.standing(lamp)).toBe('ended');
    await eventually('its link is cut', () => (server.modules.mqtt!.isConnected(lamp) ? null : true));
    // Its keys went last: nothing of the identity is left on it.
    const folder = join(server.config.dataFolder, 'agents', lamp);
    await eventually('its keys are gone', () => (existsSync(join(folder, 'credentials.ndjson')) ? null : true));
  }, 240_000);

  it('of a silent device cannot be proven: it is refused as a wipe, and ends with a certificate that says so', async () => {
    const lamp = lampsOf()[1]!;
    await enrolDevice(server, lamp);
    const asked = await call<{ code: string }>('POST', `/api/devices/${lamp}/retire`, { reason: 'Gone', wipe: true });
    expect([asked.status, asked.body.code]).toEqual([409, 'CANNOT_WIPE']);
    expect(server.modules.identity.standing(lamp)).toBe('active');
    const { body } = await call<Retirement>('POST', `/api/devices/${lamp}/retire`, { reason: 'Gone', wipe: false });
    expect(body).toMatchObject({ state: 'closed', wiped: 'unproven' });
    expect(await certificateOf(lamp)).toMatchObject({ device: lamp, wiped: 'unproven', change: null });
    expect(server.modules.identity.standing(lamp)).toBe('ended');
  }, 120_000);

  it('of a device that falls silent before it obeys is closed as unproven by a person, whatever waits for it', async () => {
    const lamp = lampsOf()[2]!;
    const agent = await startAgent(server, lamp, withChanges());
    await eventually('it says whose signatures it takes', async () =>
      (await leavingOf(lamp)).wipe.possible ? true : null,
    );
    const { body } = await call<Retirement>('POST', `/api/devices/${lamp}/retire`, { reason: 'Sold', wipe: true });
    await agent.stop();
    for (const officer of SIGNERS) await signOffline(desk, body.change!, officer);
    await started(desk, body.change!);
    expect((await leavingOf(lamp)).retirement).toMatchObject({ state: 'wiping', wiped: null });
    const closing = await call<Retirement>('POST', `/api/devices/${lamp}/retire/close`, {
      reason: 'It will not come back',
    });
    expect(closing.body).toMatchObject({ state: 'closed', wiped: 'unproven' });
    expect(await certificateOf(lamp)).toMatchObject({ device: lamp, wiped: 'unproven' });
    expect(server.modules.identity.standing(lamp)).toBe('ended');
  }, 240_000);
});
