/** Debian's mender-client, a device client that nobody here wrote, against our Mender device API over mutual TLS. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMenderDoor } from '../../apps/server/src/mender-door.ts';
import { artifactFrom, unsignedOrder } from '../../apps/server/src/testing-desk.ts';
import { startTestDdi, type TestDdi } from '../../apps/server/src/testing-ddi.ts';
import type { ClientProcess } from './client-process.ts';
import { has, startEstCity } from './est-kit.ts';
import {
  layFixedFiles,
  makeArtifact,
  makeArtifactSigner,
  menderInstalled,
  startMender,
  type Artifact,
} from './mender-kit.ts';

const away = [
  has('mender', 'mender-client'),
  has('mender-artifact', 'mender-artifact'),
  has('openssl', 'openssl'),
].every(Boolean)
  ? layFixedFiles()
  : null;
const WAIT = { timeout: 25_000, interval: 100 };

let folder: string;
let city: TestDdi;
const running: ClientProcess[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-mender-'));
  city = await startTestDdi();
  if (away) await Promise.all(['maker', 'stranger'].map((name) => makeArtifactSigner(folder, name)));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(async () => {
  away?.();
  await city.stop();
  rmSync(folder, { recursive: true, force: true });
});

const target = (device: string): string => join(folder, device, 'target');
function start(device: string): ClientProcess {
  const { key, cert } = city.identity(device);
  const url = `https://localhost:${city.port}`;
  const started = startMender({ folder, device, url, trust: 'maker', tls: { key, cert, ca: city.ca } });
  running.push(started);
  return started;
}
async function order(device: string, made: Artifact, counter = 1): Promise<void> {
  const bytes = await makeArtifact(folder, target(device), made);
  const artifact = artifactFrom(bytes, made.version, 'gateway.mender');
  city.desk.content.set(artifact.sha256, bytes);
  city.desk.order(device, unsignedOrder(device, artifact, counter));
}
const states = (device: string): string[] => city.desk.of(device).map(({ state }) => state);
const last = (device: string) => city.desk.of(device).at(-1);

/** From the first question to the artifact shown by the device that runs it. */
async function wholeCycle(device: string): Promise<void> {
  start(device);
  await expect
    .poll(() => city.desk.sightings.some((one) => one.device === device && one.running.firmware === 'base-1.0'), WAIT)
    .toBe(true);
  await order(device, { version: 'base-2.0', signer: 'maker' });
  await expect.poll(() => last(device)?.running, WAIT).toBe('base-2.0');
  expect(states(device)).toEqual(['accepted', 'downloading', 'installing', 'done', 'done']);
  expect(menderInstalled(target(device))).toBe('base-2.0');
}

describe.skipIf(!away)('mender-client', () => {
  it('is authorised, downloads, installs, and is done once it shows the artifact', async () => {
    await wholeCycle('gw-0001');
  });
  it.each([
    ['whose payload was changed', { version: 'base-2.1', signer: 'maker', tampered: true }],
    ['that a stranger signed', { version: 'base-2.2', signer: 'stranger' }],
    ['for another type of device', { version: 'base-2.3', signer: 'maker', deviceType: 'toaster' }],
  ] as const)('refuses an artifact %s, and says that it failed and why', async (_name, made) => {
    const device = `gw-1${made.version.at(-1)}00`;
    await order(device, made);
    start(device);
    await expect.poll(() => last(device)?.state, WAIT).toBe('failed');
    await expect.poll(() => city.desk.words.some((one) => one.device === device), WAIT).toBe(true);
    expect(city.desk.words.find((one) => one.device === device)!.words).not.toBe('');
    expect(menderInstalled(target(device))).toBeNull();
  });
  it('takes one artifact after another, and says at once that it has what it has', async () => {
    const device = 'gw-2001';
    await wholeCycle(device);
    await order(device, { version: 'base-3.0', signer: 'maker' }, 2);
    await expect.poll(() => last(device)?.running, WAIT).toBe('base-3.0');
    expect(menderInstalled(target(device))).toBe('base-3.0');
    const before = states(device).length;
    city.desk.order(device, unsignedOrder(device, artifactFrom(Buffer.from('x'), 'base-3.0'), 3));
    await expect.poll(() => states(device).slice(before), WAIT).toEqual(['done']);
  });
  it('restarts with an artifact, and is done only once it is back and shows it', async () => {
    const device = 'gw-4001';
    const before = start(device);
    await order(device, { version: 'base-4.0', signer: 'maker', reboots: true });
    await expect.poll(() => existsSync(join(target(device), 'rebooting')), WAIT).toBe(true);
    await before.stop();
    // Installed is not done: it has not come back, and says nothing more until it does.
    expect(states(device)).toEqual(['accepted', 'downloading', 'installing', 'restarting']);
    start(device);
    await expect.poll(() => last(device)?.running, WAIT).toBe('base-4.0');
    expect(states(device).at(-1)).toBe('done');
    expect(menderInstalled(target(device))).toBe('base-4.0');
  });
  it('goes back where the restart did not bring the artifact up, and says that it failed', async () => {
    const device = 'gw-4002';
    await wholeCycle(device);
    await running.pop()!.stop();
    writeFileSync(join(target(device), 'never'), '');
    const before = start(device);
    await order(device, { version: 'base-4.1', signer: 'maker', reboots: true }, 2);
    await expect.poll(() => existsSync(join(target(device), 'rebooting')), WAIT).toBe(true);
    await before.stop();
    start(device);
    await expect.poll(() => last(device)?.state, WAIT).toBe('failed');
    expect(menderInstalled(target(device))).toBe('base-2.0');
    const shows = () => city.desk.sightings.findLast((one) => one.device === device)?.running.firmware;
    await expect.poll(shows, WAIT).toBe('base-2.0');
  });
  it('several at once, each with its own certificate', async () => {
    await Promise.all(['gw-3001', 'gw-3002', 'gw-3003', 'gw-3004'].map(wholeCycle));
  });
  it('that nobody knows has to wait, and is seen on a card', async () => {
    const est = await startEstCity({}, createMenderDoor);
    try {
      const ca = est.identity.authority.caPem;
      running.push(startMender({ folder, device: 'gw-7777', url: est.url, trust: 'maker', tls: { ca } }));
      await expect
        .poll(async () => (await est.cards()).map(({ way, claimed }) => [way, claimed]), WAIT)
        .toEqual([['mender', 'gw-7777']]);
    } finally {
      await est.stop();
    }
  });
});
