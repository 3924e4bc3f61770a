/** 802.1X from end to end: Debian's FreeRADIUS asks a whole city, eapol_test is the device, and FreeRADIUS's CoA listener the switch. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../apps/server/src/testing-clients.ts';
import { createRunningCity, type RunningCity } from './city-kit.ts';
import { has, run } from './est-kit.ts';
import { freeUdpPort, join802, startRadius, writeSwitch, type RunningRadius, type Supplicant } from './radius-kit.ts';

const able = [has('freeradius', 'freeradius'), has('eapol_test', 'eapoltest'), has('openssl', 'openssl')].every(
  Boolean,
);
const QUARANTINE = 999;
const CAMERAS = 104;
const COA_ACK = 44;
const STATION = '02:00:00:00:00:01';

interface Liar {
  readonly port: number;
  askedTimes(count: number): Promise<void>;
  close(): void;
}

/** Somebody at the switch's address who does not know its secret, and answers every request with a yes. */
async function liarOn(address: string): Promise<Liar> {
  const socket = createSocket('udp4');
  let asked = 0;
  const waiting = new Set<() => void>();
  socket.on('message', (request, from) => {
    const yes = Buffer.concat([Buffer.from([COA_ACK, request[1]!, 0, 20]), randomBytes(16)]);
    socket.send(yes, from.port, from.address, () => {
      asked++;
      for (const tell of waiting) tell();
    });
  });
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  return {
    port: socket.address().port,
    askedTimes: (count) =>
      new Promise((resolve) => {
        const look = (): void => void (asked >= count && resolve());
        waiting.add(look);
        look();
      }),
    close: () => socket.close(),
  };
}

describe.skipIf(!able)('802.1X', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-8021x-'));
  const raddb = join(folder, 'raddb');
  let city: RunningCity;
  let radius: RunningRadius;
  let at: Supplicant;
  let camera: string;
  let secrets: string[];
  let ourSwitch: RunningRadius;
  let liar: Liar;

  beforeAll(async () => {
    city = await createRunningCity();
    const [authPort, accountingPort, coaPort] = [await freeUdpPort(), await freeUdpPort(), await freeUdpPort()];
    const ports = ['--auth-port', String(authPort), '--acct-port', String(accountingPort)];
    liar = await liarOn('127.0.0.2');
    const switches = `here=127.0.0.1/${coaPort},liar=127.0.0.2/${liar.port}`;
    await city.cli(['radius', 'config', '--out', raddb, '--switch', switches, ...ports]);
    radius = await startRadius(raddb);
    secrets = [...readFileSync(join(raddb, 'clients.conf'), 'utf8').matchAll(/secret = "([^"]+)"/g)].map(
      (one) => one[1]!,
    );
    at = { folder, port: authPort, secret: secrets[0]!, station: STATION };
    writeSwitch(join(folder, 'switch'), { port: coaPort, secret: secrets[0]! });
    ourSwitch = await startRadius(join(folder, 'switch'));
    camera = city.deviceOf('camera');
    writeFileSync(join(folder, 'ca.pem'), city.ca);
    await city.enrol(camera, join(folder, 'camera'));
  }, 120_000);
  afterAll(async () => {
    if (process.env['CITYWARD_LOG']) process.stdout.write(radius?.said() ?? '');
    await radius?.stop();
    await ourSwitch?.stop();
    liar?.close();
    await city?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is configured as FreeRADIUS wants it, readable by its owner only', async () => {
    const checked = await run('freeradius', ['-XC', '-d', raddb, '-n', 'radiusd'], folder);
    expect([checked.code, checked.out.toString()]).toEqual([
      0,
      expect.stringContaining('Configuration appears to be OK'),
    ]);
    for (const file of ['clients.conf', 'certs/server.key', 'certs/client.key'])
      expect([file, statSync(join(raddb, file)).mode & 0o777]).toEqual([file, 0o600]);
  });

  it('accepts a device of the city into the VLAN of its class, and knows its port', async () => {
    const joined = await join802(at, camera, 'camera');
    expect([joined.accepted, joined.vlan]).toEqual([true, CAMERAS]);
    expect((await city.ports()).map(({ device, nas, station, vlan }) => ({ device, nas, station, vlan }))).toEqual([
      { device: camera, nas: '127.0.0.1', station: '02-00-00-00-00-01', vlan: CAMERAS },
    ]);
  });

  it('refuses a certificate of a foreign authority', async () => {
    const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl('req', '-x509', ...key, '-keyout', 'foreign.key', '-out', 'foreign.pem', '-subj', `/CN=${camera}`);
    const joined = await join802({ ...at, station: '02:00:00:00:00:02' }, camera, 'foreign');
    expect([joined.accepted, joined.vlan]).toEqual([false, null]);
    expect(await city.ports()).toHaveLength(1);
  });

  it('moves a device into quarantine at its switch the moment it is held', async () => {
    await city.identity.hold(camera, { until: Date.now() + 600_000, reason: 'test', by: 'system' });
    await city.identity.network.settled();
    const said = ourSwitch.said();
    expect(said).toContain('Received CoA-Request');
    expect(said).toContain(`Tunnel-Private-Group-Id:0 = "${QUARANTINE}"`);
    expect(await city.ports()).toMatchObject([{ device: camera, vlan: QUARANTINE, quarantined: true, moving: null }]);
    await eventually('its timeline says so', async () => {
      const entries = await city.server.modules.ledger.entriesAbout(camera, 50);
      return entries.find(({ type }) => type === 'device.moved')?.text.includes(`VLAN ${QUARANTINE}`) ? true : null;
    });
  });

  it('puts a held device into quarantine when it comes again', async () => {
    const joined = await join802(at, camera, 'camera');
    expect([joined.accepted, joined.vlan]).toEqual([true, QUARANTINE]);
  });

  it('refuses a revoked device', async () => {
    await city.identity.revoke(camera, { reason: 'test', by: 'system' });
    expect(await join802(at, camera, 'camera')).toMatchObject({ accepted: false, vlan: null });
  });

  it('does not believe a switch whose answer is not sealed with its secret', async () => {
    const other = city.deviceOf('camera', 2);
    await city.enrol(other, join(folder, 'third'));
    const there = { ...at, secret: secrets[1]!, station: '02:00:00:00:00:03', from: '127.0.0.2' };
    expect(await join802(there, other, 'third')).toMatchObject({ accepted: true, vlan: CAMERAS });
    await city.identity.hold(other, { until: Date.now() + 600_000, reason: 'test', by: 'system' });
    // It says yes each time, and is asked again each time.
    await liar.askedTimes(2);
    const session = (await city.ports()).find(({ device }) => device === other);
    expect(session).toMatchObject({ nas: '127.0.0.2', vlan: CAMERAS, moving: QUARANTINE });
  });

  it('lets nobody in while the city cannot be asked', async () => {
    const other = city.deviceOf('camera', 1);
    await city.enrol(other, join(folder, 'other'));
    await city.identity.hold('radius-server', { until: Date.now() + 600_000, reason: 'test', by: 'system' });
    expect((await join802(at, other, 'other')).accepted).toBe(false);
    await city.identity.release('radius-server', { reason: 'test', by: 'system' });
    expect(await join802(at, other, 'other')).toMatchObject({ accepted: true, vlan: CAMERAS });
  });
});
