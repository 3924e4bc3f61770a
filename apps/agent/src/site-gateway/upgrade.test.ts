/** Firmware of a camera through its gateway: each refusal and fault, orders that do not hold, and power cuts at both ends at every step. */
import { afterEach, describe, expect, it } from 'vitest';
import type { JobOrder } from '@cityward/contracts';
import { FIRMWARE_MOMENTS } from '../simulated-camera/firmware.ts';
import type { ImageWanted } from '../simulated-camera/image.ts';
import { hashOf } from '../update/testing.ts';
import { loadSaved } from '../update/updater.ts';
import {
  ada,
  bo,
  CAMERA,
  changesOf,
  installOrder,
  lastOf,
  live,
  liveOn,
  NEW,
  newCameraWorld,
  OLD,
  once,
  serveImage,
  states,
  type CameraWorld,
} from './testing-world.ts';

let world: CameraWorld;
const open = async (options: Parameters<typeof newCameraWorld>[0] = {}): Promise<void> =>
  void (world = await newCameraWorld(options));
afterEach(() => world.one.close());
const runs = (): string => world.one.camera.flash.firmware.active.version;
const firmware = () => world.one.camera.flash.firmware;
const serve = (wanted: Partial<ImageWanted> = {}) => serveImage(world, { version: NEW, product: 'P3265-V', ...wanted });

describe('an upgrade', () => {
  it('is uploaded uncommitted, awaited over the restart, compared and only then committed', async () => {
    await open();
    await liveOn(world, installOrder(serve()));
    expect(states(world)).toEqual(['accepted', 'downloading', 'installing', 'restarting', 'done']);
    expect(lastOf(world)).toMatchObject({ running: NEW, reason: null });
    expect(firmware()).toMatchObject({ active: { version: NEW }, isCommitted: true, rollbackAt: null });
    expect(changesOf(world)).toEqual(['upgrade', 'commit']);
    expect(loadSaved(world.disk).counter).toBe(1);
  });
  it.each([
    [410, { signature: 'revoked' }, 'revoked this firmware'],
    [415, null, 'does not take the file for firmware'],
    [421, { product: 'Q1700-LE' }, 'for another product'],
    [422, { signature: 'none' }, 'not signed by its maker'],
    [424, { signature: 'custom' }, 'certificate that it does not know'],
  ] as const)('refused by the camera with %s is reported in words', async (number, wanted, words) => {
    await open();
    const artifact = serve(wanted ?? {});
    const bytes = world.served.get(artifact.sha256)!;
    if (!wanted) Object.assign(artifact, serveBroken(bytes));
    await liveOn(world, installOrder(artifact));
    expect(lastOf(world)).toMatchObject({ state: 'failed', running: OLD });
    expect(lastOf(world).reason).toContain(words);
    expect(lastOf(world).reason).toContain(`(${number})`);
    expect(runs()).toBe(OLD);
  });
  it('for which the camera speaks another version of the interface (417) changes nothing', async () => {
    await open();
    world.one.camera.faults.refuses = { call: 'upgrade', code: 417 };
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({ state: 'failed', running: OLD });
    expect(lastOf(world).reason).toContain('does not speak this version of the interface (417)');
    expect(firmware()).toMatchObject({ active: { version: OLD }, inactive: null, isCommitted: true });
  });
  it('whose commit is answered so goes back by itself, and is told as failed before it does', async () => {
    await open();
    world.one.camera.faults.refuses = { call: 'commit', code: 417 };
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({ state: 'failed' });
    expect(lastOf(world).reason).toContain('(417); not committed, so that it goes back by itself');
    world.one.advance(31 * 60_000);
    expect(world.one.camera.isUp()).toBe(true);
    expect(firmware()).toMatchObject({ active: { version: OLD }, isCommitted: true });
  });
  /** Signed by officers, but no firmware. */
  const serveBroken = (bytes: Buffer): object => {
    const broken = Buffer.concat([bytes, Buffer.from('more')]);
    const artifact = serve();
    world.served.set(artifact.sha256, bytes);
    const sha256 = hashOf(broken);
    world.served.set(sha256, broken);
    return { sha256, size: broken.length };
  };
  it('is not begun on a camera whose last one was not committed', async () => {
    await open();
    firmware().isCommitted = false;
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('not been committed') as string,
    });
    expect(changesOf(world)).toEqual([]);
  });
  it('waits for a camera that is busy, and gives up when it stays so', async () => {
    await open();
    world.one.camera.faults.isBusy = true;
    world.meanwhile = (waited) => (world.one.camera.faults.isBusy = waited < 60_000);
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world).state).toBe('done');
    await world.one.close();
    await open();
    world.one.camera.faults.isBusy = true;
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({ state: 'failed', reason: expect.stringContaining('busy') as string });
  });
  it('that never starts goes back by itself, and is reported as gone back', async () => {
    await open();
    await liveOn(world, installOrder(serve({ starts: 'never' })));
    expect(lastOf(world)).toMatchObject({ state: 'reverted', running: OLD });
    expect(runs()).toBe(OLD);
    expect(changesOf(world)).toEqual(['upgrade']);
  });
  it('of a camera that then claims something else is not committed', async () => {
    await open();
    world.meanwhile = (waited) =>
      (world.one.camera.faults.shows = waited > 0 && waited < 30 * 60_000 ? '99.0.0' : null);
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world).state).toBe('reverted');
    expect(changesOf(world)).toEqual(['upgrade']);
    expect(runs()).toBe(OLD);
  });
  it('reaches no other camera that stands at its address', async () => {
    await open();
    Object.assign(world.one.camera.facts, { serial: 'ACCC8E000000' });
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({ state: 'failed', reason: expect.stringContaining('OTHER_CAMERA') as string });
    expect(changesOf(world)).toEqual([]);
  });
  it('fails aloud where the camera is off, its account is gone, or it drops every connection', async () => {
    await open();
    world.one.camera.faults.isOff = true;
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('could not be reached') as string,
    });
    await world.one.close();
    await open();
    world.one.camera.flash.accounts[world.one.login.user] = { password: 'another', groups: ['admin'] };
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('CAMERA_UNAUTHORISED') as string,
    });
    await world.one.close();
    await open();
    world.one.camera.faults.dropsAt = 'firmwaremanagement.cgi#upgrade';
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('connection broke') as string,
    });
    expect(runs()).toBe(OLD);
  });
  it('is not committed once its order has ended: the camera goes back, whatever it runs', async () => {
    await open();
    const order = installOrder(serve(), { notAfter: Date.now() + 70_000 });
    world.meanwhile = (waited) => (world.one.camera.faults.isOff = waited > 0 && waited < 180_000);
    await liveOn(world, order);
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('not committed') as string,
    });
    expect(changesOf(world)).toEqual(['upgrade']);
    world.one.advance(40 * 60_000);
    world.one.camera.isUp();
    expect(runs()).toBe(OLD);
  });
  it('goes back to the other partition when the city says so, and to nothing else', async () => {
    await open();
    const artifact = serve();
    const revert = { to: { ...artifact, version: OLD }, until: Date.now() + 7_200_000 };
    await liveOn(world, installOrder(artifact, { revert }));
    await liveOn(world, installOrder(artifact, { revert, part: 'revert' }));
    expect(lastOf(world)).toMatchObject({ part: 'revert', state: 'done', running: OLD });
    expect([runs(), firmware().isCommitted]).toEqual([OLD, true]);
    expect(changesOf(world)).toEqual(['upgrade', 'commit', 'rollback']);
  });
});

describe('an order that does not hold', () => {
  const tampered = (order: JobOrder): JobOrder => ({ ...order, job: { ...order.job, title: 'Something else' } });
  it.each<[string, (artifact: ReturnType<typeof serve>) => JobOrder]>([
    ['for another camera', (artifact) => installOrder(artifact, { device: 'cam-0002' })],
    ['signed by one officer', (artifact) => installOrder(artifact, {}, [ada])],
    ['signed twice by the same', (artifact) => installOrder(artifact, {}, [ada, ada])],
    ['signed by nobody', (artifact) => ({ ...installOrder(artifact), signatures: [] })],
    ['changed after it was signed', (artifact) => tampered(installOrder(artifact))],
    [
      'of a leaf that is not in its job',
      (artifact) => ({ ...installOrder(artifact, { device: 'cam-0002' }), leaf: { device: CAMERA, counter: 1 } }),
    ],
    ['that is over', (artifact) => installOrder(artifact, { notAfter: Date.now() - 1 })],
    ['for older firmware', (artifact) => installOrder({ ...artifact, version: '10.0.0' })],
  ])('%s calls nothing on the camera, not even to ask', async (_, order) => {
    await open();
    await live(world, order(serve()));
    expect(world.one.camera.log).toEqual([]);
    expect(world.reports.every(({ state }) => state === 'refused')).toBe(true);
    expect(loadSaved(world.disk).counter).toBe(0);
  });
  it('because it was done already calls nothing on the camera', async () => {
    await open();
    const first = installOrder(serve());
    await liveOn(world, first);
    await liveOn(world, installOrder(serve(), { counter: 2, id: 'job-0002' }));
    const before = world.one.camera.log.length;
    await live(world, first);
    expect(world.one.camera.log.length).toBe(before);
    expect(loadSaved(world.disk).counter).toBe(2);
  });
  it('because its image was changed sends the camera nothing, and alarms', async () => {
    await open();
    const artifact = serve();
    world.served.get(artifact.sha256)![50] = 0;
    await liveOn(world, installOrder(artifact));
    expect(lastOf(world).state).toBe('failed');
    expect(changesOf(world)).toEqual([]);
    expect(world.alarms).toMatchObject([{ code: 'BYTES_NOT_SIGNED' }]);
  });
});

/** Never a camera that cannot be reached again, never an account or counter lost, never two reports of one number. */
function check(): void {
  world.one.advance(60 * 60_000);
  expect(world.one.camera.isUp()).toBe(true);
  expect([OLD, NEW]).toContain(runs());
  expect(firmware().isCommitted).toBe(true);
  expect(Object.keys(world.one.camera.flash.accounts)).toEqual([world.one.login.user]);
  expect(loadSaved(world.disk).counter).toBe(1);
  const ends = once(world).filter(({ state }) => ['done', 'failed', 'reverted'].includes(state));
  expect(ends.length).toBeGreaterThan(0);
  expect(lastOf(world).state === 'done').toBe(runs() === NEW);
  const bySeq = new Map<number, string>();
  for (const { seq, state } of world.reports) expect(bySeq.get(seq) ?? state).toBe((bySeq.set(seq, state), state));
}

describe('a power cut', () => {
  it.each(FIRMWARE_MOMENTS)('of the camera at "%s" leaves it whole', async (moment) => {
    await open();
    world.one.camera.faults.powerCutAt = moment;
    await liveOn(world, installOrder(serve()));
    check();
    expect(lastOf(world).state).toBe('done');
  });
  it('of the gateway at every single file operation leaves camera and counter right', async () => {
    for (let at = 0; ; at++) {
      for (const dice of [() => 0, (_: string, unsynced: number) => unsynced]) {
        await open();
        const order = installOrder(serve());
        world.disk.cutAt = world.disk.done + at;
        const first = await live(world, order);
        if (first === 'cut') world.disk = world.disk.restart(dice);
        await liveOn(world, order);
        check();
        if (first === 'rest') return expect(at).toBeGreaterThan(20);
        await world.one.close();
      }
    }
  }, 120_000);
  it.each(FIRMWARE_MOMENTS)(
    'of both, the camera at "%s" and the gateway after each of its steps, leaves both right',
    async (moment) => {
      for (const at of [3, 9, 15, 21, 27]) {
        await open();
        const order = installOrder(serve());
        world.one.camera.faults.powerCutAt = moment;
        world.disk.cutAt = world.disk.done + at;
        if ((await live(world, order)) === 'cut') world.disk = world.disk.restart(() => 0);
        await liveOn(world, order);
        check();
        await world.one.close();
      }
      await open();
    },
  );
});

describe('an upgrade over ONVIF', () => {
  it('goes to the path that the camera names, with a token made for its clock, and is compared after the restart', async () => {
    await open({ driver: 'onvif', clockOffMs: 86_400_000 });
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({ state: 'done', running: NEW });
    expect(world.one.camera.log.every(({ path }) => path.startsWith('/onvif/'))).toBe(true);
  });
  it('fails where the camera refuses the image, runs something else after, or does not know the account', async () => {
    await open({ driver: 'onvif' });
    await liveOn(world, installOrder(serve({ product: 'Q1700-LE' })));
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('another product') as string,
    });
    await world.one.close();
    await open({ driver: 'onvif' });
    world.meanwhile = () => (world.one.camera.faults.shows = OLD);
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining(`it runs "${OLD}"`) as string,
    });
    await world.one.close();
    await open({ driver: 'onvif' });
    world.one.camera.flash.accounts[world.one.login.user] = { password: 'another', groups: ['admin'] };
    await liveOn(world, installOrder(serve()));
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('not authorized') as string,
    });
  });
  it('with an order of one officer calls nothing', async () => {
    await open({ driver: 'onvif' });
    await live(world, installOrder(serve(), {}, [bo]));
    expect(world.one.camera.log).toEqual([]);
  });
});

describe('a restart', () => {
  it('is done once the camera is back', async () => {
    await open();
    await liveOn(world, installOrder(serve(), { action: { do: 'restart' } }, [ada]));
    expect(states(world)).toEqual(['accepted', 'restarting', 'done']);
    expect(changesOf(world)).toEqual(['reboot']);
  });
});
