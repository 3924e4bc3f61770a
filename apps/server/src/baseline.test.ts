/** From what devices say of their settings to settings that are as wanted: the whole server, the command, and simulated devices over mTLS. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  BaselineFix,
  BaselineScan,
  Change,
  ChangeDetail,
  ControlOutcome,
  DeviceBaseline,
  Rotation,
} from '@cityward/contracts';
import { silentLog } from '@cityward/log';
import { issueSimulatedCodes, simulatorStart } from './simulated-city.ts';
import { startSimulator, type Simulator } from './simulator.ts';
import { eventually, signInFirst, type Call } from './testing-clients.ts';
import { commandIn, inLedger, pinInSimulator, signOffline, started, swearIn, type Desk } from './testing-journey.ts';
import { openTestServer, type TestServer } from './testing.ts';
import { CITY_NAME } from './city-names.ts';

const CONTROL = 'agent-remote-shell-off';
let server: TestServer;
let simulator: Simulator;
let desk: Desk;
let call: Call;
let lamp: string;

beforeAll(async () => {
  server = await openTestServer();
  const { config, modules } = server;
  desk = commandIn(join(config.dataFolder, 'officers-machine'), config);
  await swearIn(desk, CITY_NAME);
  pinInSimulator(desk, config);
  simulator = startSimulator(simulatorStart(config, modules), issueSimulatedCodes(modules), silentLog);
  call = await signInFirst(server);
  const { city, mqtt } = modules;
  lamp = [...city.deviceIds()]
    .sort()
    .find((id) => city.record(id)?.class === 'street-light' && !city.record(id)?.neverCut)!;
  await eventually('the lamp is connected', () => (mqtt!.isConnected(lamp) ? true : null));
}, 180_000);
afterAll(async () => {
  await simulator?.stop();
  await server?.stop();
});

const outcome = async (): Promise<ControlOutcome> => {
  const { data } = await desk.run<DeviceBaseline>('baseline', 'show', lamp);
  return data.controls.find(({ control }) => control === CONTROL)!;
};

describe('the baseline', () => {
  it('is read over MQTT, mended by a change that an officer signs, and read again by itself', async () => {
    const scan = await desk.run<BaselineScan>('baseline', 'scan', '--device', lamp);
    expect(scan).toMatchObject({ exit: 0, data: { devices: 1, answered: 1, silent: 0, unreachable: 0 } });
    expect(await outcome()).toMatchObject({ state: 'failed', wanted: '"false"' });
    const before = server.modules.fleet.baseline.standing(lamp)!;
    expect(before).toMatchObject({ by: lamp });
    expect(await inLedger(call, 'baseline.judged', lamp)).toContain('failed');
    const { trustOf } = server.modules.identity;
    await eventually('trust knows the score', () => {
      const told = trustOf({ kind: 'device', id: lamp })?.components.find(({ kind }) => kind === 'baseline');
      // Open settings alone never make low trust.
      return told?.value === Math.max(before.score!, 50) ? true : null;
    });

    const dry = await desk.run<BaselineFix>('baseline', 'fix', CONTROL, '--device', lamp, '--dry-run');
    expect(dry.data.groups[0]!.sample).toMatchObject([
      { device: lamp, differences: [{ name: 'settings.ssh.enabled', is: null, wanted: false }] },
    ]);
    const order = {
      selection: { classes: [], sites: [], devices: [lamp] },
      controls: [CONTROL],
      tiers: [],
      options: { soakMs: 0, healthMs: 0 },
    };
    const { body } = await call<{ changes: Change[] }>('POST', '/api/baseline/fix', order);
    const { id } = body.changes[0]!;
    // Planned is not done: nothing changes before an officer has signed.
    const early = await desk.run('job', 'apply', id, '--reason', 'Too early');
    expect(early.err).toContain('NOT_SIGNED');
    await signOffline(desk, id, 'ann-doe');
    await started(desk, id);
    await eventually('the lamp shows that it is mended', async () =>
      (await outcome()).state === 'passed' ? true : null,
    );
    expect(server.modules.fleet.baseline.standing(lamp)!.failing).not.toContain(CONTROL);
  }, 120_000);

  it('rotates certificates as a change, and remembers by which', async () => {
    const planned = await desk.run<Change[]>('baseline', 'rotate', 'certificate', '--device', lamp, '--all');
    expect(planned).toMatchObject({ exit: 0, data: [{ action: { do: 'rotate', what: 'certificate' }, devices: 1 }] });
    expect((await desk.run('baseline', 'keys')).exit).toBe(0);
  }, 60_000);

  it('follows a rotation from its plan to its end: a new key, a new certificate, and nothing that failed', async () => {
    const { identity } = server.modules;
    const before = identity.identityOf(lamp).serial;
    const order = {
      what: 'certificate',
      selection: { classes: [], sites: [], devices: [lamp] },
      dueOnly: false,
      options: { soakMs: 0, healthMs: 0 },
    };
    const { body } = await call<{ changes: Change[] }>('POST', '/api/rotation', order);
    const { id } = body.changes[0]!;
    const tracked = async (): Promise<Change> => {
      const { body: rotation } = await call<Rotation>('GET', '/api/rotation');
      return rotation.changes.find((one) => one.id === id)!;
    };
    expect(await tracked()).toMatchObject({ state: 'planned', devices: 1, signed: { complete: false } });
    await signOffline(desk, id, 'ann-doe');
    await started(desk, id);
    const done = await eventually('the rotation is over', async () => {
      const change = await tracked();
      return change.ended === null ? null : change;
    });
    expect(done).toMatchObject({ state: 'finished' });
    expect(done.waves.map(({ counts }) => [counts.done, counts.failed])).toEqual([[1, 0]]);
    const { body: detail } = await call<ChangeDetail>('GET', `/api/changes/${id}`);
    expect(detail.failures).toEqual([]);
    expect(identity.identityOf(lamp)).toMatchObject({ state: 'enrolled' });
    expect(identity.identityOf(lamp).serial).not.toBe(before);
    const { body: after } = await call<Rotation>('GET', '/api/rotation');
    // Since when the oldest was renewed: nobody knew of any before.
    const row = after.rows.find((one) => one.what === 'certificate' && one.class === 'street-light');
    expect(row?.oldest).toEqual(expect.any(Number));
    expect(await inLedger(call, 'credentials.rotated', lamp)).toContain(lamp);
  }, 180_000);
});
