/** A device whose certificate ran out is refused by 802.1X, and still reaches the enrolment from the quarantine VLAN, by its MAC address. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { call, certificatesIn, newKey, newRequest, pemOf } from '@cityward/identity/testing';
import { createRunningCity, type RunningCity } from './city-kit.ts';
import { eventually } from '../../apps/server/src/testing-clients.ts';
import { has } from './est-kit.ts';
import {
  freeUdpPort,
  join802,
  joinByMac,
  startRadius,
  writeSwitch,
  type RunningRadius,
  type Supplicant,
} from './radius-kit.ts';

const able = [
  has('freeradius', 'freeradius'),
  has('eapol_test', 'eapoltest'),
  has('radclient', 'freeradius-utils'),
].every(Boolean);
const QUARANTINE = 999;
const CAMERAS = 104;
/** The device is given time to put its certificate in place. */
const PATIENCE_MS = 60_000;
const EST = '/.well-known/est/';

describe.skipIf(!able)('802.1X and a certificate that ran out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-rescue-'));
  let city: RunningCity;
  let radius: RunningRadius;
  let ourSwitch: RunningRadius;
  let at: Supplicant;
  beforeAll(async () => {
    city = await createRunningCity();
    const [authPort, accountingPort, coaPort] = [await freeUdpPort(), await freeUdpPort(), await freeUdpPort()];
    const ports = ['--auth-port', String(authPort), '--acct-port', String(accountingPort)];
    const raddb = join(folder, 'raddb');
    await city.cli(['radius', 'config', '--out', raddb, '--switch', `here=127.0.0.1/${coaPort}`, ...ports]);
    radius = await startRadius(raddb);
    const secret = /secret = "([^"]+)"/.exec(readFileSync(join(raddb, 'clients.conf'), 'utf8'))![1]!;
    writeSwitch(join(folder, 'switch'), { port: coaPort, secret });
    ourSwitch = await startRadius(join(folder, 'switch'));
    at = { folder, port: authPort, secret, station: '02:00:00:00:00:11' };
    writeFileSync(join(folder, 'ca.pem'), city.ca);
  }, 120_000);
  afterAll(async () => {
    vi.useRealTimers();
    await radius?.stop();
    await ourSwitch?.stop();
    await city?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const est = (operation: string) => ({ port: city.server.config.estPort, ca: city.ca, path: `${EST}${operation}` });
  /** The certificate, and under it the issuing authority's, as the RADIUS server wants it. */
  function keep(name: string, key: KeyObject, answer: { readonly status: number; readonly body: string }): string {
    expect(answer.status).toBe(200);
    const leaf = certificatesIn(answer.body)[0]!.toString();
    writeFileSync(join(folder, `${name}.pem`), `${leaf}${city.ca.slice(city.ca.lastIndexOf('-----BEGIN'))}`);
    writeFileSync(join(folder, `${name}.key`), pemOf(key));
    return leaf;
  }
  /** Enrols so many days ago; the city has the calendar of that day meanwhile. */
  async function enrolledBefore(days: number, device: string, name: string) {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - days * DAY_MS });
    try {
      const [issued] = await city.identity.issueCodes([device], 'system');
      const key = newKey();
      const body = newRequest(device, undefined, key).base64;
      const answer = await call({ ...est('simpleenroll'), body, basic: `${device}:${issued!.code}` });
      return { key, cert: keep(name, key, answer) };
    } finally {
      vi.useRealTimers();
    }
  }
  const renewed = (device: string, { key, cert }: { readonly key: KeyObject; readonly cert: string }) =>
    call({ ...est('simplereenroll'), body: newRequest(device, undefined, key).base64, key: pemOf(key), cert });

  it('is refused in the handshake, gets the quarantine VLAN by its MAC address, renews there with its old key, and is brought back by its switch', async () => {
    const camera = city.deviceOf('camera');
    const old = await enrolledBefore(100, camera, 'late');
    expect(await join802(at, camera, 'late')).toMatchObject({ accepted: false, vlan: null });
    expect(radius.said()).toMatch(/certificate has expired/);
    expect(await joinByMac(at)).toMatchObject({ accepted: true, vlan: QUARANTINE });
    expect(ourSwitch.said()).not.toContain('Disconnect-Request');
    keep('late', old.key, await renewed(camera, old));
    // Ended and not moved: nobody gets the VLAN of a class by a MAC address.
    const told = await eventually(
      'its timeline says that its session was ended',
      async () => {
        const entries = await city.server.modules.ledger.entriesAbout(camera, 50);
        return entries.find(({ type }) => type === 'device.moved') ?? null;
      },
      PATIENCE_MS,
    );
    expect(told.text).toContain('joins anew');
    expect(ourSwitch.said()).toMatch(/Received Disconnect-Request[\s\S]*Calling-Station-Id = "02-00-00-00-00-11"/);
    expect(ourSwitch.said()).not.toContain('CoA-Request');
    expect(await join802(at, camera, 'late')).toMatchObject({ accepted: true, vlan: CAMERAS });
    expect(await city.ports()).toMatchObject([{ device: camera, vlan: CAMERAS, quarantined: false }]);
  });

  it('stays in quarantine where it ran out more than 90 days ago, or its device is held', async () => {
    const [first, second] = [city.deviceOf('camera', 1), city.deviceOf('camera', 2)];
    const ancient = await enrolledBefore(190, first, 'ancient');
    const held = await enrolledBefore(100, second, 'held');
    await city.identity.hold(second, { until: Date.now() + 600_000, reason: 'test', by: 'system' });
    for (const [device, one, station] of [
      [first, ancient, '02:00:00:00:00:12'],
      [second, held, '02:00:00:00:00:13'],
    ] as const) {
      expect((await renewed(device, one)).status).toBe(403);
      expect(await joinByMac({ ...at, station })).toMatchObject({ accepted: true, vlan: QUARANTINE });
    }
    const asked = ourSwitch.said();
    expect(['12', '13'].filter((last) => asked.includes(`02-00-00-00-00-${last}`))).toEqual([]);
  });

  it('is brought back when it renews after its hold was released', async () => {
    const third = city.deviceOf('camera', 3);
    const there = { ...at, station: '02:00:00:00:00:14' };
    const old = await enrolledBefore(100, third, 'third');
    await join802(there, third, 'third');
    expect(await joinByMac(there)).toMatchObject({ accepted: true, vlan: QUARANTINE });
    await city.identity.hold(third, { until: Date.now() + 600_000, reason: 'test', by: 'system' });
    expect((await renewed(third, old)).status).toBe(403);
    await city.identity.release(third, { reason: 'test', by: 'system' });
    keep('third', old.key, await renewed(third, old));
    const isTold = (): true | null => (ourSwitch.said().includes('02-00-00-00-00-14') ? true : null);
    await eventually('its switch is told to end its session', isTold, PATIENCE_MS);
    expect(await join802(there, third, 'third')).toMatchObject({ accepted: true, vlan: CAMERAS });
  });
});
