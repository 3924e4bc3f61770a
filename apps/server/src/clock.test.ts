/** A city and its devices whose clocks are a day apart: nothing is lost, counters are exact, and whoever is refused hears that it is the clock. */
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactRef, ChangeDevice, Gate } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@cityward/kernel';
import { isConnected, testDevice, type TestDevice } from './testing-agents.ts';
import { credentialIn, eventually, signInFirst } from './testing-clients.ts';
import { exactCounters, keepFirmware, must, orderChange, over, seatCouncil, type Council } from './testing-council.ts';
import { openTestServer, type TestServer } from './testing.ts';

const PATIENCE_MS = 300_000;

/** libfaketime puts the whole process on another time, TLS included; the clock that timers go by is left alone. */
const library = ['/usr/lib', '/usr/lib64']
  .flatMap((root) =>
    existsSync(root) ? readdirSync(root).map((arch) => join(root, arch, 'faketime', 'libfaketime.so.1')) : [],
  )
  .find((path) => existsSync(path));
if (!library) process.stderr.write('\nSKIPPED: faketime is not installed (apt install faketime)\n\n');
const dayOff = (sign: '+' | '-'): Record<string, string> => ({
  ...{ LD_PRELOAD: library!, FAKETIME: `${sign}1d`, DONT_FAKE_MONOTONIC: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
});

/** The server runs in this process: its clock is this one. */
const realNow = Date.now;
let serverIsOffBy = 0;
Date.now = () => realNow() + serverIsOffBy;

let server: TestServer;
let council: Council;
let right: TestDevice;
let ahead: TestDevice;
let behind: TestDevice;
const firmware = new Map<string, ArtifactRef>();
const start = (device: TestDevice): Promise<void> =>
  device.start({
    more: ['--officers', council.file, '--firmware', '1.0.0'],
    ...(device === right ? {} : { env: dayOff(device === ahead ? '+' : '-') }),
  });

const installs = (version: string, devices: readonly TestDevice[], hours: number) => {
  const now = Date.now();
  return orderChange(server, council, {
    ...{ title: `Lamps to ${version}`, devices: devices.map(({ id }) => id) },
    action: { do: 'install', artifact: firmware.get(version)! },
    window: { notBefore: now - hours * HOUR_MS, notAfter: now + hours * HOUR_MS },
    options: { silenceMs: 3_600_000 },
  });
};
const devicesOf = async (id: string): Promise<ChangeDevice[]> =>
  must(await server.modules.fleet.changes.devices(id, { limit: 50 } as never)).devices;
const shows = (device: TestDevice, version: string): Promise<true> =>
  eventually(`"${device.id}" shows ${version}`, () =>
    server.modules.fleet.desk.shown(device.id)?.firmware === version ? true : null,
  );

beforeAll(async () => {
  if (!library) return;
  server = await openTestServer();
  council = await seatCouncil(server);
  for (const version of ['2.0.0', '2.1.0', '2.2.0']) firmware.set(version, await keepFirmware(server, version));
  const { city } = server.modules;
  const ids = city.deviceIds().filter((id) => city.record(id)!.class === 'camera');
  [right, ahead, behind] = ids.slice(0, 3).map((id) => testDevice(() => server, id)) as [
    TestDevice,
    TestDevice,
    TestDevice,
  ];
  for (const device of [right, ahead, behind]) await start(device);
}, PATIENCE_MS);
afterAll(async () => {
  Date.now = realNow;
  for (const device of [right, ahead, behind]) await device?.stop();
  await server?.stop();
});

describe.skipIf(!library)('devices whose clock is a day off', () => {
  it(
    'enrol, connect and say what they run; the gate says whose clock it is',
    async () => {
      for (const device of [right, ahead, behind]) {
        await isConnected(server, device);
        await shows(device, '1.0.0');
      }
      const call = await signInFirst(server);
      for (const [device, words] of [
        [ahead, 'ahead'],
        [behind, 'behind'],
      ] as const) {
        const why = await eventually('the gate has compared its clock', async () => {
          const { body } = await call<Gate>('GET', `/api/devices/${device.id}/gate`);
          const check = body.checks.find((one) => one.check === 'clock');
          return check?.state === 'failed' ? check.why : null;
        });
        expect(why).toMatch(new RegExp(`clock is .* ${words}`, 'u'));
        // What it says is kept, at the time when the city heard it.
        const { lastSeen } = server.modules.city.device(device.id)!;
        expect(Math.abs((lastSeen ?? 0) - Date.now())).toBeLessThan(10 * MINUTE_MS);
      }
    },
    PATIENCE_MS,
  );

  it(
    'renew their certificate by a signed order, and come back with the new one',
    async () => {
      const all = [right, ahead, behind];
      const before = all.map(({ id }) => server.modules.identity.identityOf(id).serial);
      const now = Date.now();
      const { id } = await orderChange(server, council, {
        ...{
          title: 'New certificates',
          devices: all.map((one) => one.id),
          action: { do: 'rotate', what: 'certificate' },
        },
        window: { notBefore: now - 3 * DAY_MS, notAfter: now + 3 * DAY_MS },
      });
      await over(server, id, PATIENCE_MS);
      expect(await exactCounters(server, id)).toEqual({ '0 0 done': 3 });
      const after = all.map((one) => server.modules.identity.identityOf(one.id).serial);
      expect(after.filter((serial, at) => serial === before[at])).toEqual([]);
      for (const device of all) await isConnected(server, device);
    },
    PATIENCE_MS,
  );

  it(
    'refuse a change of two hours, count once, and are told to be off; one of days reaches all',
    async () => {
      const narrow = await installs('2.0.0', [right, ahead, behind], 1);
      await over(server, narrow.id, PATIENCE_MS);
      expect(await exactCounters(server, narrow.id)).toEqual({ '0 0 done': 1, '0 0 rejected': 2 });
      const reasons = new Map(
        (await devicesOf(narrow.id)).map(({ device, reason }) => [device as string, reason ?? '']),
      );
      expect(reasons.get(ahead.id)).toContain('Its clock is 24 hours ahead');
      expect(reasons.get(behind.id)).toContain('Its clock is 24 hours behind');
      for (const { id } of [ahead, behind])
        await eventually('the ledger says so', async () =>
          (await server.modules.ledger.entriesAbout(id, 100)).some(({ text }) => text.includes('Its clock is 24 hours'))
            ? true
            : null,
        );
      const wide = await installs('2.1.0', [right, ahead, behind], 72);
      await over(server, wide.id, PATIENCE_MS);
      expect(await exactCounters(server, wide.id)).toEqual({ '0 0 done': 3 });
      for (const device of [right, ahead, behind]) expect(device.firmware()).toBe('2.1.0');
    },
    PATIENCE_MS,
  );
});

describe.skipIf(!library)('a city whose clock is a day off', () => {
  it.each([
    ['ahead', DAY_MS, 'behind'],
    ['behind', -DAY_MS, 'ahead'],
  ])(
    '%s still lets its devices in, to talk and to join, and loses nothing when it is right again',
    async (_where, off, words) => {
      await server.halt();
      serverIsOffBy = off;
      server = await openTestServer(server.config);
      await isConnected(server, right);
      await shows(right, '2.1.0');
      const { identity } = server.modules;
      const { certificate } = credentialIn(right.folder, right.id)!;
      const peer = { commonName: right.id, serial: new X509Certificate(certificate).serialNumber };
      const at = { nas: '127.0.0.1', station: '00-00-5E-00-53-01', port: '1', userName: right.id, acctSessionId: null };
      expect((await identity.network.join({ peer, ...at })).give).toBe('vlan');
      const change = await installs('2.2.0', [right], 1);
      await over(server, change.id, PATIENCE_MS);
      expect(await exactCounters(server, change.id)).toEqual({ '0 0 rejected': 1 });
      expect((await devicesOf(change.id))[0]!.reason).toContain(`Its clock is 24 hours ${words}`);
      await identity.hold(right.id, { until: Date.now() + HOUR_MS, reason: 'a test', by: 'system' });
      expect(identity.standing(right.id)).toBe('held');
      await identity.release(right.id, { reason: 'a test', by: 'system' });

      await server.halt();
      serverIsOffBy = 0;
      server = await openTestServer(server.config);
      await isConnected(server, right);
      expect(server.modules.identity.standing(right.id)).toBe('active');
      expect(await exactCounters(server, change.id)).toEqual({ '0 0 rejected': 1 });
    },
    PATIENCE_MS,
  );

  it(
    'and is right again changes its devices as before',
    async () => {
      const change = await installs('2.2.0', [right], 1);
      await over(server, change.id, PATIENCE_MS);
      expect(await exactCounters(server, change.id)).toEqual({ '0 0 done': 1 });
      expect(right.firmware()).toBe('2.2.0');
    },
    PATIENCE_MS,
  );
});
