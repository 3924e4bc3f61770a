/** Debian's swupdate, a device client that nobody here wrote, against our hawkBit DDI over mutual TLS. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { artifactFrom, unsignedOrder } from '../../apps/server/src/testing-desk.ts';
import { startTestDdi, type TestDdi } from '../../apps/server/src/testing-ddi.ts';
import type { ClientProcess } from './client-process.ts';
import { has } from './est-kit.ts';
import { installedIn, makePackage, makeSigner, startSwupdate, type Package } from './swupdate-kit.ts';

const able = [has('swupdate', 'swupdate'), has('cpio', 'cpio'), has('openssl', 'openssl')].every(Boolean);
const WAIT = { timeout: 20_000, interval: 100 };

let folder: string;
let ddi: TestDdi;
const running: ClientProcess[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-swupdate-'));
  ddi = await startTestDdi({ pollMs: 1_000, busyPollMs: 1_000 });
  if (able) await Promise.all(['maker', 'stranger'].map((name) => makeSigner(folder, name)));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(async () => {
  await ddi.stop();
  rmSync(folder, { recursive: true, force: true });
});

const target = (device: string): string => join(folder, device, 'installed');
function start(device: string, version: string, confirm?: 2 | 3): ClientProcess {
  const { key, cert } = ddi.identity(device);
  const url = `https://localhost:${ddi.port}`;
  const base = { folder, device, url, trust: 'maker', tls: { key, cert, ca: ddi.ca }, version };
  const started = startSwupdate({ ...base, ...(confirm ? { confirm } : {}) });
  running.push(started);
  return started;
}
async function order(device: string, made: Package, counter = 1): Promise<void> {
  const bytes = await makePackage(folder, target(device), made);
  const artifact = artifactFrom(bytes, made.version);
  ddi.desk.content.set(artifact.sha256, bytes);
  ddi.desk.order(device, unsignedOrder(device, artifact, counter));
}
const states = (device: string): string[] => ddi.desk.of(device).map(({ state }) => state);
const last = (device: string) => ddi.desk.of(device).at(-1);

/** From the first poll to the version shown after the restart. */
async function wholeCycle(device: string): Promise<void> {
  const before = start(device, '1.0.0');
  await expect
    .poll(() => ddi.desk.sightings.some((one) => one.device === device && one.running.firmware === '1.0.0'), WAIT)
    .toBe(true);
  await order(device, { version: '2.0.0', signer: 'maker' });
  await expect.poll(() => installedIn(target(device)), WAIT).toBe('2.0.0');
  await expect.poll(() => states(device), WAIT).toEqual(['accepted', 'installing']);
  await before.stop();
  // The device starts anew: what it runs now is what lies on its disk.
  start(device, installedIn(target(device))!, 2);
  await expect.poll(() => last(device)?.running, WAIT).toBe('2.0.0');
  expect(states(device)).toContain('done');
}

describe.skipIf(!able)('swupdate', () => {
  it('polls, downloads, installs, and is done once it shows the version after its restart', async () => {
    await wholeCycle('cam-0001');
    expect(
      ddi.desk
        .of('cam-0001')
        .filter(({ state }) => state === 'done')
        .map(({ running }) => running),
    ).toContain('2.0.0');
  });
  it.each([
    ['whose payload was changed', { version: '2.0.1', signer: 'maker', tampered: true }],
    ['that a stranger signed', { version: '2.0.2', signer: 'stranger' }],
    ['for other hardware', { version: '2.0.3', signer: 'maker', hardware: '9.9' }],
  ] as const)('refuses a package %s, and says that it failed', async (_name, made) => {
    const device = `cam-1${made.version.at(-1)}00`;
    start(device, '1.0.0');
    await order(device, made);
    await expect.poll(() => last(device)?.state, WAIT).toBe('failed');
    expect(last(device)!.reason).not.toBe('');
    expect(installedIn(target(device))).toBeNull();
  });
  it('cancels what is wanted no more', async () => {
    const device = 'cam-2001';
    await order(device, { version: '2.0.0', signer: 'maker' });
    const stopped = start(device, '1.0.0');
    await expect.poll(() => states(device).includes('installing'), WAIT).toBe(true);
    await stopped.stop();
    ddi.desk.order(device, null);
    start(device, '1.0.0');
    await expect
      .poll(() => last(device), WAIT)
      .toMatchObject({ state: 'failed', reason: expect.stringContaining('cancelled') as string });
  });
  it('several at once, each with its own certificate', async () => {
    const devices = Array.from({ length: 6 }, (_, i) => `cam-300${i}`);
    await Promise.all(devices.map(wholeCycle));
  });
  it('gets nothing under the certificate of another', async () => {
    const { key, cert } = ddi.identity('cam-4001');
    await order('cam-4002', { version: '2.0.0', signer: 'maker' });
    const base = { folder, device: 'cam-4002', url: `https://localhost:${ddi.port}`, trust: 'maker', version: '1.0.0' };
    running.push(startSwupdate({ ...base, tls: { key, cert, ca: ddi.ca } }));
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(states('cam-4002')).toEqual([]);
    expect(ddi.alive).not.toContain('cam-4002');
  });
});
