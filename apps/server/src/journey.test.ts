/** From a plan to devices that run something else: the whole server, the command as a process, and simulated devices over mTLS. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change, ChangeDetail, ChangeDevice } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { switchOf } from './respond-city.ts';
import { issueSimulatedCodes, simulatorStart } from './simulated-city.ts';
import { startSimulator, type Simulator } from './simulator.ts';
import { eventually, signInFirst, type Call } from './testing-clients.ts';
import {
  addFirmware,
  commandIn,
  inLedger,
  pinInSimulator,
  planned,
  signByPasskey,
  signOfficers,
  signOffline,
  started,
  swearIn,
  type Desk,
  type Officers,
} from './testing-journey.ts';
import { infect, openIncidentAbout } from './testing-incident.ts';
import { openTestServer, type TestServer } from './testing.ts';
import { CITY_NAME } from './city-names.ts';

const CAMERAS = 6;
const GOOD = '90.0.0';
const BAD = '91.0.0';

let server: TestServer;
let simulator: Simulator;
let desk: Desk;
let officers: Officers;
let call: Call;
let cameras: string[];
let old: string;

beforeAll(async () => {
  server = await openTestServer();
  const { config, modules } = server;
  desk = commandIn(join(config.dataFolder, 'officers-machine'), config);
  officers = await swearIn(desk, CITY_NAME);
  pinInSimulator(desk, config);
  simulator = startSimulator(simulatorStart(config, modules), issueSimulatedCodes(modules), silentLog);
  call = await signInFirst(server);
  cameras = camerasOfOneFirmware();
  const { mqtt } = modules;
  await eventually('the cameras are connected', () => (cameras.every((id) => mqtt!.isConnected(id)) ? true : null));
  old = modules.city.record(cameras[0]!)!.firmware!;
}, 300_000);
afterAll(async () => {
  await simulator?.stop();
  await server?.stop();
});

/** The same at every run: the fate of each under a bad image hangs on its id. */
function camerasOfOneFirmware(): string[] {
  const { city } = server.modules;
  const byVersion = new Map<string, string[]>();
  for (const id of [...city.deviceIds()].sort()) {
    const device = city.record(id);
    if (device?.class !== 'camera' || !device.firmware || device.neverCut) continue;
    byVersion.set(device.firmware, [...(byVersion.get(device.firmware) ?? []), id]);
  }
  return [...byVersion.values()].find((all) => all.length >= CAMERAS)!.slice(0, CAMERAS);
}

const options = { canary: 2, shares: [1], soakMs: 0, healthMs: 0, quorum: 1, retries: 0, silenceMs: 60_000 };
const draft = (version: string, changes: object = {}): object => ({
  title: `Cameras to ${version}`,
  install: `cam-firmware@${version}`,
  revertTo: `cam-firmware@${old}`,
  selection: { devices: cameras },
  options: { ...options, ...changes },
});
const changeOf = async (id: string): Promise<Change> =>
  (await call<{ change: Change }>('GET', `/api/changes/${id}`)).body.change;
const settled = (id: string): Promise<Change> =>
  eventually(`change "${id}" is over`, async () => {
    const change = await changeOf(id);
    return ['finished', 'rolled-back'].includes(change.state) ? change : null;
  });
const runs = (device: string): string | null => server.modules.fleet.desk.shown(device)?.firmware ?? null;
async function exact(id: string): Promise<Readonly<Record<string, number>>> {
  const counters = await server.modules.fleet.changes.counters(id);
  if (!counters.ok) throw new Error(counters.error.message);
  expect(counters.value.kept).toEqual(counters.value.recounted);
  return counters.value.recounted;
}

describe('a change', () => {
  it('is planned, signed by two officers on two ways, started, and reaches every device wave by wave', async () => {
    await addFirmware(desk, old, 'as before');
    await addFirmware(desk, GOOD, 'better');
    const { id } = await planned(desk, draft(GOOD));
    const early = await desk.run('job', 'apply', id, '--reason', 'Too early');
    expect([early.exit, early.err]).toEqual([1, expect.stringContaining('NOT_SIGNED') as string]);
    expect(await signByPasskey(desk, id, officers)).toMatchObject({ wantsOffline: true, complete: false });
    expect(await signOffline(desk, id, 'ann-doe')).toMatchObject({ officers: ['ann-doe', 'cyd-lee'], complete: true });
    await started(desk, id);
    expect(await settled(id)).toMatchObject({ state: 'finished' });

    expect(cameras.map(runs)).toEqual(cameras.map(() => GOOD));
    expect(await exact(id)).toEqual({ '0 0 done': 2, '0 1 done': CAMERAS - 2 });
    const { change } = { change: await changeOf(id) };
    expect(change.waves.map(({ state, counts }) => `${state} ${counts.done}`)).toEqual(['reached 2', 'reached 4']);
    for (const type of ['change.planned', 'change.signed', 'change.started', 'change.wave-opened', 'change.finished'])
      expect(await inLedger(call, type, id)).toBeTruthy();
    expect(await inLedger(call, 'change.ended-for-device', cameras[0]!)).toContain(GOOD);
    const watched = await desk.run<Change>('job', 'watch', id, '--once');
    expect([watched.exit, watched.data.state]).toEqual([0, 'finished']);
  }, 300_000);

  it('reaches devices that missed two versions of the officers, which they follow by their signatures alone', async () => {
    await simulator.stop();
    await eventually('the cameras are gone', () =>
      cameras.some((id) => server.modules.mqtt!.isConnected(id)) ? null : true,
    );
    await desk.run('officers', 'key', 'eve-fox.key', '--officer', 'eve-fox', '--passphrase-file', 'passphrase');
    await desk.run('officers', 'add', 'officers.json', '--keys', 'eve-fox.key.pub.json', '--out', 'officers-2.json');
    for (const officer of ['ann-doe', 'bob-roe']) await signOfficers(desk, 'officers-2.json', officer);
    await desk.run('officers', 'remove', 'officers-2.json', '--officer', 'bob-roe', '--out', 'officers-3.json');
    for (const officer of ['ann-doe', 'eve-fox']) await signOfficers(desk, 'officers-3.json', officer);
    const skipped = await desk.run('officers', 'send', 'officers-3.json');
    expect([skipped.exit, skipped.err]).toEqual([1, expect.stringContaining('OFFICERS_VERSION') as string]);
    for (const number of [2, 3])
      expect(await desk.run('officers', 'send', `officers-${number}.json`)).toMatchObject({ exit: 0 });

    const { config, modules } = server;
    simulator = startSimulator(simulatorStart(config, modules), issueSimulatedCodes(modules), silentLog);
    await eventually('the cameras trust the third version', () =>
      cameras.every((id) => modules.fleet.desk.shown(id)?.officers === 3) ? true : null,
    );
    const { versions } = (await call<{ versions: { version: number; devices: number }[] }>('GET', '/api/officers'))
      .body;
    expect(versions.map((one) => one.version)).toEqual([1, 2, 3]);
    expect(versions[2]!.devices).toBeGreaterThanOrEqual(CAMERAS);
    expect(await inLedger(call, 'officers.changed', '3')).toBeTruthy();
  }, 300_000);

  it('with failures stops at its threshold and brings every device back', async () => {
    await addFirmware(desk, BAD, 'cityward-simulated {"unhealthy":0.5,"silent":0,"seed":"c"}');
    const { id } = await planned(desk, {
      ...draft(BAD, { canary: CAMERAS, threshold: 0.3, atThreshold: 'roll-back', healthMs: 3_000 }),
      revertTo: `cam-firmware@${GOOD}`,
    });
    for (const officer of ['ann-doe', 'eve-fox']) await signOffline(desk, id, officer);
    await started(desk, id);
    const over = await settled(id);
    expect(over).toMatchObject({ state: 'rolled-back' });
    expect(cameras.map(runs)).toEqual(cameras.map(() => GOOD));
    await exact(id);
    const { devices } = (await call<{ devices: ChangeDevice[] }>('GET', `/api/changes/${id}/devices`)).body;
    expect(devices.map(({ state }) => state).filter((state) => state === 'failed')).toEqual([]);
    for (const type of ['change.stopped', 'change.rolled-back', 'change.finished'])
      expect(await inLedger(call, type, id)).toBeTruthy();
    const watched = await desk.run<Change>('job', 'watch', id, '--once');
    expect([watched.exit, watched.data.state]).toEqual([1, 'rolled-back']);
  }, 300_000);

  it('moves a setting and wipes a device, which signs for it; the ledger has both', async () => {
    const { city } = server.modules;
    const taken = new Set(cameras);
    const [moved, wiped] = [...city.deviceIds()].filter((id) => city.record(id)?.class === 'camera' && !taken.has(id));
    const acts = [
      { title: 'Infrared to 40 %', device: moved!, action: { do: 'set', name: 'infrared_pct', to: 40 } },
      { title: 'Retire one camera', device: wiped!, action: { do: 'wipe' } },
    ];
    for (const { title, device, action } of acts) {
      const { id } = await planned(desk, { title, action, selection: { devices: [device] }, options });
      for (const officer of ['ann-doe', 'eve-fox']) await signOffline(desk, id, officer);
      await started(desk, id);
      expect(await settled(id)).toMatchObject({ state: 'finished', waves: [{ counts: { done: 1 } }] });
    }
    expect(await inLedger(call, 'device.wiped', wiped!)).toContain(`was erased, and ${wiped!} signed for it`);
    await eventually('it is gone', () => (server.modules.mqtt!.isConnected(wiped!) ? null : true));
  }, 300_000);

  it('begins nothing at the site of an incident until that is closed', async () => {
    const { city, fleet } = server.modules;
    const camera = cameras[0]!;
    const at = switchOf(city, camera)!;
    await infect(server, camera, at);
    const incident = await openIncidentAbout(camera, call);
    const { site } = city.record(camera)!;
    expect(fleet.freezes.holds(site)).toBe(true);
    // The suspect itself takes no change even after that: its conduct is in doubt. Its neighbour only waits.
    const { mqtt } = server.modules;
    const neighbour = [...city.deviceIds()].find((one) => {
      const record = city.record(one)!;
      const other = one !== camera && one !== at && record.site === site;
      return other && record.criticality !== 'life-safety' && !record.neverCut && mqtt!.isConnected(one);
    })!;
    const { id } = await planned(desk, {
      title: 'Restart while something is wrong',
      action: { do: 'restart' },
      selection: { devices: [neighbour] },
      options,
    });
    await signOffline(desk, id, 'ann-doe');
    await started(desk, id);
    await fleet.changes.tick();
    const { change, frozen } = (await call<ChangeDetail>('GET', `/api/changes/${id}`)).body;
    expect([change.state, change.waves[0]!.counts.waiting]).toEqual(['running', 1]);
    expect(frozen).toMatchObject([{ scope: site, devices: 1 }]);
    expect(frozen[0]!.reason).toContain(incident);
    expect((await call('POST', `/api/incidents/${incident}/close`, { reason: 'It was a test' })).status).toBe(200);
    expect(await settled(id)).toMatchObject({ state: 'finished', waves: [{ counts: { done: 1 } }] });
    for (const type of ['fleet.frozen', 'fleet.thawed']) expect(await inLedger(call, type, site!)).toBeTruthy();
  }, 300_000);
});
