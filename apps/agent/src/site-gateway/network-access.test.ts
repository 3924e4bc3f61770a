/** 802.1X on a camera: prepared, then turned on, and brought back where its port does not let it in. */
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobAction, JobOrder } from '@cityward/contracts';
import { MINUTE_MS } from '@cityward/kernel';
import { readCertsOnly } from '../certs-only.ts';
import { testAuthority, type TestAuthority } from '../testing.ts';
import { hashOf, orderOf } from '../update/testing.ts';
import { readCamera } from './baseline-reader.ts';
import { createCameraClient } from './camera-client.ts';
import { placeOf, readRecord } from './records.ts';
import { ada, CAMERA, changesOf, lastOf, live, liveOn, newCameraWorld, type CameraWorld } from './testing-world.ts';

let authority: TestAuthority;
beforeAll(async () => void (authority = await testAuthority()));
let world: CameraWorld;
afterEach(() => world.one.close());

async function open(options: Parameters<typeof newCameraWorld>[0] = {}): Promise<void> {
  world = await newCameraWorld(options);
  world.ca = authority.ca;
  world.certify = async (request) => {
    const read = readCertsOnly((await authority.issue(request)).answer);
    if (!read.ok) throw new Error(read.error);
    return read.value[0]!.toString();
  };
  counter = 0;
}
const flash = () => world.one.camera.flash;
const faults = () => world.one.camera.faults;
let counter = 0;
function order(action: JobAction): JobOrder {
  counter++;
  return orderOf({ device: CAMERA, counter, action, id: `job-${String(counter).padStart(4, '0')}` }, [ada]);
}
function access(values: object): JobOrder {
  const bytes = Buffer.from(JSON.stringify({ 'network-access': values }));
  const hash = hashOf(bytes);
  world.served.set(hash, bytes);
  return order({ do: 'configure', document: hash });
}
const FIRST = { prepared: true, enabled: false };
const SECOND = { prepared: true, enabled: true };
const reason = (): string => lastOf(world).reason ?? '';
async function reading(): Promise<unknown> {
  const client = createCameraClient({ ...placeOf(readRecord(world.disk)!, world.ca), clock: world.one.now });
  const [source] = await readCamera(client, [{ source: 'network-access', names: [] }]);
  client.hangUp();
  return source!.reading;
}

describe('802.1X', () => {
  it('is prepared by one change: clock, authority, certificate of the city, nothing turned on', async () => {
    await open();
    expect(await reading()).toMatchObject({ values: { enabled: false, prepared: false } });
    await liveOn(world, access(FIRST));
    expect(lastOf(world)).toMatchObject({ state: 'done', reason: null });
    expect(new X509Certificate(world.one.camera.certificate()).subject).toBe(`CN=${CAMERA}`);
    expect(Object.keys(flash().authorities)).toEqual(['cityward-ca']);
    expect(flash().wired.enabled).toBe(false);
    expect(await reading()).toMatchObject({ values: { enabled: false, prepared: true } });
    const before = changesOf(world).length;
    await liveOn(world, access(FIRST));
    // Which certificate the web server shows is asked by POST, and changes nothing.
    expect(changesOf(world).slice(before)).toEqual(['/vapix/services']);
  });

  it('is turned on by the next, never by one that would make the certificate at the same time', async () => {
    await open();
    await liveOn(world, access(SECOND));
    expect(reason()).toContain('NOT_CERTIFIED');
    expect(flash().wired.enabled).toBe(false);
    await liveOn(world, access(FIRST));
    await liveOn(world, access(SECOND));
    expect(lastOf(world)).toMatchObject({ state: 'done', reason: null });
    const wired = { enabled: true, certClient: flash().webCertificate, certsCA: ['cityward-ca'], identity: CAMERA };
    expect(flash().wired).toMatchObject(wired);
    expect(await reading()).toMatchObject({ values: { enabled: true, prepared: true, status: 'authorized' } });
    await liveOn(world, access(FIRST));
    expect(flash().wired.enabled).toBe(false);
  });

  it('waits for a right clock', async () => {
    await open();
    await liveOn(world, access(FIRST));
    faults().clockOffMs = 86_400_000;
    await liveOn(world, access(SECOND));
    expect(reason()).toContain('CLOCK_WRONG');
    expect(flash().wired.enabled).toBe(false);
  });

  it('goes off again at once where its port puts it among the guests', async () => {
    await open();
    await liveOn(world, access(FIRST));
    faults().port = 'guest';
    await liveOn(world, access(SECOND));
    expect(lastOf(world).state).toBe('failed');
    expect(reason()).toContain('802.1X is off again');
    expect(flash().wired.enabled).toBe(false);
  });

  it('goes off again when the camera is reached another way, after its port had shut it out', async () => {
    await open();
    await liveOn(world, access(FIRST));
    faults().port = 'shut';
    world.waited = 0;
    world.meanwhile = (waited) => {
      if (waited > 20 * MINUTE_MS) faults().port = 'open';
    };
    await liveOn(world, access(SECOND));
    expect(reason()).toContain('802.1X is off again');
    expect(flash().wired.enabled).toBe(false);
  });

  it('that nobody can bring back is told as such, with what to do', async () => {
    await open();
    await liveOn(world, access(FIRST));
    faults().port = 'shut';
    await liveOn(world, access(SECOND));
    expect(reason()).toContain('802.1X is still on');
    expect(flash().wired.enabled).toBe(true);
  });

  it('is brought back over a power cut of the gateway in that very moment', async () => {
    for (let at = 0; ; at++) {
      await open();
      await liveOn(world, access(FIRST));
      faults().port = 'guest';
      const wanted = access(SECOND);
      world.disk.cutAt = world.disk.done + at;
      const first = await live(world, wanted);
      if (first === 'cut') world.disk = world.disk.restart(() => 0);
      world.starts = 0;
      await liveOn(world, wanted);
      expect([at, flash().wired.enabled, lastOf(world).state]).toEqual([at, false, 'failed']);
      if (first === 'rest') return expect(at).toBeGreaterThan(8);
      await world.one.close();
    }
  }, 120_000);

  it('moves to the new certificate when that is turned over, so that the old one can go', async () => {
    await open();
    await liveOn(world, access(FIRST));
    await liveOn(world, access(SECOND));
    const old = flash().webCertificate;
    await liveOn(world, order({ do: 'rotate', what: 'certificate' }));
    expect(lastOf(world)).toMatchObject({ state: 'done' });
    expect(flash().webCertificate).not.toBe(old);
    expect(flash().wired).toMatchObject({ enabled: true, certClient: flash().webCertificate, identity: CAMERA });
    expect(Object.keys(flash().keys)).not.toContain(old);
  });

  it.each([{ enabled: 'yes' }, { prepared: 1 }, { enabled: true, vlan: '7' }])('is not set as %j', async (values) => {
    await open();
    await liveOn(world, access(values));
    expect(reason()).toContain('DOCUMENT_MALFORMED');
    expect(changesOf(world)).toEqual([]);
  });
});
