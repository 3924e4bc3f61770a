/**
 * A camera as it leaves the factory, mended by the baseline until nothing is left that a change could mend: the whole server, a real
 * gateway agent that verifies every order and speaks VAPIX over TLS, officers on a machine of their own. Its certificate comes from the
 * city's EST.
 */
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCamera, type TestCamera } from '@cityward/agent/simulated-camera';
import type { BaselineFix, BaselineScan, Change, ControlOutcome, DeviceBaseline } from '@cityward/contracts';
import { eventually, signInFirst, startAgent, type Call, type RunningAgent } from './testing-clients.ts';
import { commandIn, signOffline, started, swearIn, type Desk } from './testing-journey.ts';
import { openTestServer, type TestServer } from './testing.ts';
import { CITY_NAME } from './city-names.ts';

/** Long enough that the gateway misses it: what comes after a restart is proved elsewhere. */
const RESTART_MS = 500;
const ROUNDS_MAX = 6;
const PATIENCE = 4;
const QUICK = { canary: 1, shares: [1], soakMs: 0, healthMs: 0, quorum: 1 };
let server: TestServer;
let desk: Desk;
let call: Call;
let one: TestCamera;
let gateway: RunningAgent;
let id: string;

beforeAll(async () => {
  server = await openTestServer();
  const { config, modules } = server;
  desk = commandIn(join(config.dataFolder, 'officers-machine'), config);
  await swearIn(desk, CITY_NAME);
  call = await signInFirst(server);
  const { city, identity } = modules;
  id = [...city.deviceIds()].sort().find((at) => city.record(at)?.class === 'camera' && identity.gatewayOf(at))!;
  const { model, serial } = city.record(id)!;
  one = await testCamera({ facts: { model: model!, serial: serial! }, restartMs: RESTART_MS });
  const { url } = one.place;
  const entry = { device: id, url, serial, certificate: one.camera.certificate(), ...one.login };
  writeFileSync(desk.at('cameras.json'), JSON.stringify([entry]));
  const taken = ['--cameras', desk.at('cameras.json'), '--officers', desk.at('officers.json')];
  const content = ['--content', `https://localhost:${config.ingestPort}`];
  gateway = await startAgent(server, identity.gatewayOf(id)!, [...taken, ...content]);
  await eventually('its gateway has seen it', () => (modules.mqtt!.carries(id) ? true : null));
}, 180_000);
afterAll(async () => {
  await gateway?.stop();
  await one?.close();
  await server?.stop();
});

const shown = async (): Promise<DeviceBaseline> => (await desk.run<DeviceBaseline>('baseline', 'show', id)).data;
const outcomes = async (): Promise<Map<string, ControlOutcome>> =>
  new Map((await shown()).controls.map((control) => [control.control, control]));
const selection = () => ({ classes: [], sites: [], devices: [id] });
const order = () => ({ selection: selection(), controls: [], tiers: [], options: QUICK });
async function preview(): Promise<BaselineFix> {
  const { status, body } = await call<BaselineFix>('POST', '/api/baseline/fix/preview', order());
  expect(status).toBe(200);
  return body;
}
const over = async (change: string): Promise<string | null> => {
  const { body } = await call<{ devices: { state: string; reason: string | null }[] }>(
    'GET',
    `/api/changes/${change}/devices`,
  );
  const { state = '', reason = null } = body.devices[0] ?? {};
  return ['done', 'failed', 'reverted', 'skipped'].includes(state) ? `${state} ${reason ?? ''}`.trim() : null;
};
/** Signed by an officer, begun, carried out by the gateway, and read again by itself. */
async function done(change: Change): Promise<void> {
  const before = server.modules.fleet.baseline.standing(id)!.read!;
  await signOffline(desk, change.id, 'ann-doe');
  await started(desk, change.id);
  expect(await patiently(`"${change.title}" is over`, () => over(change.id))).toBe('done');
  await patiently('it was read again', () =>
    server.modules.fleet.baseline.standing(id)!.read! > before ? true : null,
  );
}
/** A gateway that lost its link on a busy machine comes back within a minute, and goes on. */
async function patiently<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await eventually(what, look);
    } catch (fault) {
      if (tries === PATIENCE) {
        const { mqtt, identity } = server.modules;
        const link = { gateway: mqtt!.isConnected(identity.gatewayOf(id)!), reached: mqtt!.reaches(id) };
        const { body } = await call<{ changes: { id: string }[] }>('GET', '/api/changes');
        const [newest] = body.changes;
        const stand = newest && (await call('GET', `/api/changes/${newest.id}/devices`)).body;
        throw new Error(`${(fault as Error).message}: ${JSON.stringify({ ...link, stand })}`, { cause: fault });
      }
      // What was asked while it was away is asked again, as a person would.
      await call('POST', '/api/baseline/scans', selection());
    }
  }
}
const writes = (): string[] =>
  one.camera.log
    .filter(
      ({ user, method, call: called }) => user !== null && method !== 'GET' && !/^(get|status$)/u.test(called ?? ''),
    )
    .map(({ path }) => path);

describe('a camera as it left the factory', () => {
  it('is read by its gateway, and nothing is written at it', async () => {
    const scan = await desk.run<BaselineScan>('baseline', 'scan', '--device', id);
    expect(scan).toMatchObject({ exit: 0, data: { devices: 1, answered: 1, silent: 0, unreachable: 0 } });
    const all = await outcomes();
    for (const control of ['axis-bonjour-off', 'axis-lldp-off', 'axis-time-servers', 'axis-network-access'])
      expect([control, all.get(control)?.state]).toEqual([control, 'failed']);
    expect(server.modules.fleet.baseline.standing(id)!.by).toBe(server.modules.identity.gatewayOf(id));
    const dry = await desk.run<BaselineFix>('baseline', 'fix', '--device', id, '--dry-run');
    expect(dry.data.groups).toMatchObject([{ devices: 1, secondStep: false }]);
    expect(dry.data.groups[0]!.sample[0]!.differences).toContainEqual({
      control: 'axis-lldp-off',
      name: 'lldp.activated',
      is: true,
      wanted: false,
    });
    expect(writes()).toEqual([]);
  }, 120_000);

  it('is mended by signed changes, one safe step after the other, until nothing is left that they could mend', async () => {
    const steps: string[][] = [];
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const { groups } = await preview();
      if (groups.length === 0) break;
      const { body } = await call<{ changes: Change[] }>('POST', '/api/baseline/fix', order());
      expect(body).toMatchObject({ changes: [{}] });
      steps.push(groups[0]!.controls);
      await done(body.changes[0]!);
    }
    // First what is safe, the 802.1X certificate among it; then, each alone with nothing else, what could lock the gateway out.
    expect(steps[0]).toEqual(expect.arrayContaining(['axis-bonjour-off', 'axis-lldp-off', 'axis-network-access']));
    expect(steps.slice(1)).toEqual([['axis-https-only', 'axis-network-access']]);
    const { flash } = one.camera;
    expect(flash.parameters).toMatchObject({ 'Network.Bonjour.Enabled': 'no', 'System.BoaGroupPolicy.admin': 'https' });
    expect(flash.settings).toMatchObject({
      lldp: { activated: false },
      users: { settings: { passphraseComplexity: { policy: 'length' } } },
      applications: { AllowUnsigned: 'false' },
    });
    expect(flash.ntp).toMatchObject({ serversSource: 'static', staticServers: ['ntp-1.example', 'ntp-2.example'] });
    expect(flash.wired).toMatchObject({ enabled: true, certClient: flash.webCertificate, identity: id });
  }, 900_000);

  it('shows green what was mended, and says of the rest why no change mends it', async () => {
    const { unmended } = await preview();
    const all = await outcomes();
    const failed = [...all.values()].filter(({ state }) => state === 'failed').map(({ control }) => control);
    expect(unmended.map(({ control }) => control).sort()).toEqual(failed.sort());
    for (const { why } of unmended) expect(why.length).toBeGreaterThan(20);
    for (const control of [
      'axis-network-access',
      'axis-https-only',
      'axis-trusted-certificate',
      'axis-signed-applications',
    ])
      expect([control, all.get(control)?.state]).toEqual([control, 'passed']);
    expect(failed).toEqual([
      'axis-dedicated-accounts',
      'axis-firewall',
      'axis-remote-log',
      'axis-static-address',
      'axis-storage-encrypted',
      'axis-trusted-time',
    ]);
  }, 120_000);

  it("has a key that it made itself and a certificate of the city's EST, and gets the next one the same way", async () => {
    const [, issuing] = server.modules.identity.authority.caPem.split(/(?<=-----END CERTIFICATE-----\n)/u);
    const first = one.camera.flash.webCertificate;
    const before = new X509Certificate(one.camera.certificate());
    const rotation = { what: 'certificate', selection: selection(), dueOnly: false, options: QUICK };
    const { body: planned } = await call<{ changes: Change[] }>('POST', '/api/rotation', rotation);
    expect(planned.changes).toMatchObject([{ action: { do: 'rotate', what: 'certificate' }, devices: 1 }]);
    await done(planned.changes[0]!);
    const { flash } = one.camera;
    const shownNow = new X509Certificate(one.camera.certificate());
    expect(shownNow.subject).toBe(`CN=${id}`);
    expect(shownNow.serialNumber).not.toBe(before.serialNumber);
    expect(shownNow.verify(new X509Certificate(issuing!).publicKey)).toBe(true);
    expect(shownNow.publicKey.equals(before.publicKey)).toBe(false);
    expect(flash.webCertificate).not.toBe(first);
    // The old one is gone from the camera, 802.1X has moved to the new one, and the key never left it.
    expect(Object.keys(flash.keys).sort()).toEqual([flash.webCertificate, 'default'].sort());
    expect(flash.wired).toMatchObject({ enabled: true, certClient: flash.webCertificate });
    expect((await outcomes()).get('axis-trusted-certificate')?.state).toBe('passed');
  }, 600_000);
});
