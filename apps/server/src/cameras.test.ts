/** Cameras behind their site's gateway: the whole server, the command as a process, VAPIX over TLS; the city never holds an account. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change, ChangeDevice } from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { issueSimulatedCodes, simulatorStart } from './simulated-city.ts';
import { startSimulator, type Simulator } from './simulator.ts';
import { eventually, signInFirst, type Call } from './testing-clients.ts';
import {
  commandIn,
  inLedger,
  pinInSimulator,
  planned,
  signOffline,
  SIGNERS,
  started,
  swearIn,
  type Desk,
} from './testing-journey.ts';
import { openTestServer, type TestServer } from './testing.ts';
import { CITY_NAME } from './city-names.ts';

const MODEL = 'Tallis T3';
const NEW = '12.1.3';
/** Of this test alone, so that simulators of other tests do not stand on the same addresses. */
const LOOPBACK = { httpPort: 21_580, httpsPort: 21_543, modbusPort: 21_502 };

let server: TestServer;
let simulator: Simulator;
let desk: Desk;
let call: Call;
let cameras: string[];
let old: string;

beforeAll(async () => {
  server = await openTestServer();
  const { config, modules } = server;
  desk = commandIn(join(config.dataFolder, 'officers-machine'), config);
  await swearIn(desk, CITY_NAME);
  pinInSimulator(desk, config);
  const start = { ...simulatorStart(config, modules), loopback: LOOPBACK };
  simulator = startSimulator(start, issueSimulatedCodes(modules), silentLog);
  call = await signInFirst(server);
  const { city } = modules;
  const all = [...city.deviceIds()].sort().filter((id) => city.record(id)?.model === MODEL);
  cameras = all.slice(0, 2);
  old = city.record(cameras[0]!)!.firmware!;
  await eventually('the gateways have seen their cameras', () =>
    cameras.every((id) => modules.fleet.desk.shown(id)?.firmware === old) ? true : null,
  );
}, 180_000);
afterAll(async () => {
  await simulator?.stop();
  await server?.stop();
});

/** What simulated cameras take for firmware: a line that says what it is, and bytes with the hash in it. */
function cameraImage({ version, product }: { readonly version: string; readonly product: string }): Buffer {
  const body = Buffer.alloc(400_000, version);
  const sha256 = createHash('sha256').update(body).digest('hex');
  const facts = { product, version, signature: 'maker', sha256, starts: 'well' };
  return Buffer.concat([Buffer.from(`cityward-camera-image ${JSON.stringify(facts)}\n`), body]);
}

const settled = (id: string): Promise<Change> =>
  eventually(`change "${id}" is over`, async () => {
    const { change } = (await call<{ change: Change }>('GET', `/api/changes/${id}`)).body;
    return ['finished', 'rolled-back', 'stopped'].includes(change.state) ? change : null;
  });
const runs = (device: string): string | null => server.modules.fleet.desk.shown(device)?.firmware ?? null;
async function add(version: string, bytes: Buffer): Promise<void> {
  writeFileSync(desk.at(`t3-${version}.bin`), bytes);
  const added = await desk.run('artifact', 'add', `t3-${version}.bin`, '--name', 't3-firmware', '--version', version);
  if (added.exit !== 0) throw new Error(added.err);
}
const options = { canary: 1, shares: [1], soakMs: 0, healthMs: 0, quorum: 1, retries: 0, silenceMs: 120_000 };

/** Everything that the server itself keeps, as bytes; the simulator's folder is the cameras' and gateways' own machines. */
function* kept(folder: string): Generator<{ readonly path: string; readonly bytes: Buffer }> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name === 'simulator' || entry.name === 'officers-machine') continue;
    if (entry.isDirectory()) yield* kept(path);
    else if (entry.isFile()) yield { path, bytes: readFileSync(path) };
  }
}
const recordFile = (device: string): string => {
  const gateway = server.modules.identity.gatewayOf(device)!;
  return join(server.config.dataFolder, 'simulator', 'gateways', gateway, 'cameras', device, 'camera.json');
};

describe('cameras behind a gateway', () => {
  it('are upgraded by VAPIX after two officers signed, and done once they run it', async () => {
    await add(old, cameraImage({ version: old, product: MODEL }));
    await add(NEW, cameraImage({ version: NEW, product: MODEL }));
    const { id } = await planned(desk, {
      title: `Cameras to ${NEW}`,
      install: `t3-firmware@${NEW}`,
      revertTo: `t3-firmware@${old}`,
      selection: { devices: cameras },
      options,
    });
    for (const officer of SIGNERS) await signOffline(desk, id, officer);
    await started(desk, id);
    expect(await settled(id)).toMatchObject({ state: 'finished' });
    await eventually('they are seen to run it', () => (cameras.every((one) => runs(one) === NEW) ? true : null));
    const counters = await server.modules.fleet.changes.counters(id);
    expect(counters).toMatchObject({ value: { recounted: { '0 0 done': 1, '0 1 done': 1 } } });
    expect(await inLedger(call, 'change.ended-for-device', cameras[0]!)).toContain(NEW);
  }, 400_000);

  it('whose image is for another product say so in words, and go on running what they ran', async () => {
    await add('12.2.0', cameraImage({ version: '12.2.0', product: 'Another' }));
    const { id } = await planned(desk, {
      title: 'Cameras to the wrong one',
      install: 't3-firmware@12.2.0',
      revertTo: `t3-firmware@${NEW}`,
      selection: { devices: cameras.slice(0, 1) },
      options,
    });
    for (const officer of SIGNERS) await signOffline(desk, id, officer);
    await started(desk, id);
    const told = await eventually('it has failed', async () => {
      const { body } = await call<{ devices: ChangeDevice[] }>('GET', `/api/changes/${id}/devices`);
      const [device] = body.devices;
      return device?.state === 'failed' ? device.reason : null;
    });
    expect(await inLedger(call, 'change.ended-for-device', cameras[0]!)).toBeTruthy();
    expect(told).toContain('for another product');
    expect(runs(cameras[0]!)).toBe(NEW);
  }, 300_000);

  it('have accounts that only their gateway knows: nothing of them is in what the server keeps', () => {
    const secrets = cameras.flatMap((device) => {
      const file = recordFile(device);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const { login } = JSON.parse(readFileSync(file, 'utf8')) as { login: { user: string; password: string } };
      expect(login.password.length).toBeGreaterThan(30);
      return [login.user, login.password];
    });
    let files = 0;
    for (const { path, bytes } of kept(server.config.dataFolder)) {
      files++;
      for (const secret of secrets) expect([path, bytes.includes(secret)]).toEqual([path, false]);
    }
    expect(files).toBeGreaterThan(20);
    expect(new Set(secrets).size).toBe(secrets.length);
  });

  it('are answered for by their own gateway, and by no other', async () => {
    const { identity, access } = server.modules;
    const camera = cameras[0]!;
    const gateway = identity.gatewayOf(camera)!;
    const other = server.modules.city
      .deviceIds()
      .find((id) => server.modules.city.record(id)?.class === 'site-switch' && id !== gateway)!;
    const resource = { type: 'Device', id: camera, attributes: { gateway } } as const;
    expect(access.may(access.device(gateway), 'carryChange', resource).ok).toBe(true);
    expect(access.may(access.device(other), 'carryChange', resource).ok).toBe(false);
    expect(access.may(access.device(camera), 'carryChange', resource).ok).toBe(false);
  });
});
