/** A camera that is retired, through its gateway: what is told as erased is gone, and what is not gone is not told as erased. */
import { afterEach, describe, expect, it } from 'vitest';
import type { JobOrder } from '@cityward/contracts';
import { MINUTE_MS } from '@cityward/kernel';
import type { Flash } from '../simulated-camera/flash.ts';
import { newSigner, orderOf } from '../update/testing.ts';
import { createCameraClient } from './camera-client.ts';
import {
  ada,
  bo,
  CAMERA,
  changesOf,
  lastOf,
  live,
  liveOn,
  newCameraWorld,
  states,
  type CameraWorld,
} from './testing-world.ts';

let world: CameraWorld;
afterEach(() => world.one.close());
const flash = (): Flash => world.one.camera.flash;
const wipe = (changes: Partial<Parameters<typeof orderOf>[0]> = {}, by = [ada, bo]): JobOrder =>
  orderOf({ device: CAMERA, counter: 1, action: { do: 'wipe' }, id: 'job-0001', ...changes }, by);
async function open(): Promise<void> {
  world = await newCameraWorld();
  flash().parameters['Network.Bonjour.Enabled'] = 'no';
  flash().card = {
    recordings: [
      { id: '20260501_081211_016F', disk: 'SD_DISK' },
      { id: '20260501_093530_025B', disk: 'SD_DISK' },
      { id: '20260501_093530_037C', disk: 'NetworkShare' },
    ],
    job: null,
  };
}
const onCard = (): number => flash().card!.recordings.filter(({ disk }) => disk === 'SD_DISK').length;
const isUntouched = (): void => {
  expect(changesOf(world)).toEqual([]);
  expect([onCard(), Object.keys(flash().accounts).length, flash().parameters]).toEqual([
    2,
    1,
    { 'Network.Bonjour.Enabled': 'no' },
  ]);
};
const isAsNew = (): void => {
  expect(flash()).toMatchObject({ accounts: {}, parameters: {}, authorities: {}, webCertificate: 'default' });
};
const itemsOf = () => Object.fromEntries((lastOf(world).erased ?? []).map(({ item, state }) => [item, state]));
const ALL = { card: 'done', recordings: 'done', settings: 'done' };

describe('a camera that is retired', () => {
  it('is erased, card first, seen as it left the factory, signed for, and then forgotten', async () => {
    await open();
    await liveOn(world, wipe());
    expect(states(world)).toEqual(['accepted', 'installing', 'restarting', 'done']);
    expect(lastOf(world)).toMatchObject({ running: null, proof: { signature: 'its' } });
    expect(itemsOf()).toEqual(ALL);
    isAsNew();
    // What lies on somebody else's machine is not the camera's.
    expect(flash().card!.recordings).toEqual([{ id: '20260501_093530_037C', disk: 'NetworkShare' }]);
    expect(changesOf(world)).toEqual(['/axis-cgi/disks/format.cgi', 'factoryDefault']);
    expect(world.left).toBe(1);
  });
  it('without a card says that there is none', async () => {
    await open();
    world.one.camera.faults.card = 'absent';
    await liveOn(world, wipe());
    expect(lastOf(world).state).toBe('done');
    expect(itemsOf()).toEqual({ card: 'absent', recordings: 'absent', settings: 'done' });
  });
  it.each(['locked', 'failing'] as const)(
    'whose card is %s is set back all the same, and is not told as erased',
    async (fault) => {
      await open();
      world.one.camera.faults.card = fault;
      await liveOn(world, wipe());
      expect(lastOf(world)).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('memory card') as string,
      });
      expect(itemsOf()).toEqual({ card: 'failed', recordings: 'failed', settings: 'done' });
      // In the camera's own words.
      expect(lastOf(world).erased![0]!.reason).toContain(fault === 'locked' ? 'is locked' : 'cannot be written');
      expect(onCard()).toBe(2);
      isAsNew();
      expect(world.left).toBe(1);
    },
  );
  it('whose card is busy is asked again', async () => {
    await open();
    flash().card!.job = { id: '4', until: world.one.now() + MINUTE_MS / 3, fails: false };
    await liveOn(world, wipe());
    expect(itemsOf()).toEqual(ALL);
  });
  it('that is off is not told as erased, and nothing of its account is forgotten', async () => {
    await open();
    world.one.camera.faults.isOff = true;
    await liveOn(world, wipe());
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('not be reached') as string,
    });
    expect(itemsOf()).toEqual({ card: 'failed', recordings: 'failed', settings: 'failed' });
    expect(world.left).toBe(0);
    isUntouched();
  });
  it('that agrees and is not seen again is not told as erased', async () => {
    await open();
    world.meanwhile = () => {
      if (Object.keys(flash().accounts).length === 0) world.one.camera.faults.isOff = true;
    };
    await liveOn(world, wipe());
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('another address') as string,
    });
    expect(itemsOf()).toEqual({ card: 'done', recordings: 'done', settings: 'failed' });
  });
  it('that refuses to be set back is not told as erased, and keeps its account', async () => {
    await open();
    world.one.camera.faults.refuses = { call: 'factoryDefault', code: 423 };
    await liveOn(world, wipe());
    expect(lastOf(world)).toMatchObject({ state: 'failed', reason: expect.stringContaining('busy') as string });
    expect(itemsOf()).toMatchObject({ card: 'done', settings: 'failed' });
    expect([Object.keys(flash().accounts).length, world.left]).toEqual([1, 0]);
  });
  it('that goes away whenever it is told to be set back is not told again for ever', async () => {
    await open();
    world.one.camera.faults.dropsAt = 'firmwaremanagement.cgi#factoryDefault';
    await liveOn(world, wipe());
    expect(lastOf(world)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('begun 3 times') as string,
    });
    expect(itemsOf()).toMatchObject({ settings: 'failed' });
    expect(flash().card!.job!.id).toBe('3');
  });
  it('is erased after a power cut of the gateway at any file operation, and told as erased only when it is', async () => {
    for (let at = 0; ; at++) {
      await open();
      world.disk.cutAt = world.disk.done + at;
      await liveOn(world, wipe());
      const told = world.reports.filter(({ state }) => state === 'done');
      expect([at, told.length > 0, onCard(), itemsOf()]).toEqual([at, true, 0, ALL]);
      isAsNew();
      expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1);
      if (world.starts === 1) return expect(at).toBeGreaterThan(15);
      await world.one.close();
    }
  }, 240_000);
});

describe('an order to erase a camera is refused, and nothing is erased,', () => {
  const invented = [newSigner('per-mal'), newSigner('per-lory')];
  it.each<[string, () => JobOrder]>([
    ['with one officer', () => wipe({}, [ada])],
    ['with the same officer twice', () => wipe({}, [ada, ada])],
    ['with invented officers', () => wipe({}, invented)],
    [
      'with no valid signature',
      () => {
        const order = wipe();
        return { ...order, signatures: order.signatures.map((one) => ({ ...one, signature: 'A'.repeat(86) })) };
      },
    ],
    ['for another camera', () => wipe({ device: 'cam-0002' })],
    [
      'for another camera, with the leaf of this one',
      () => {
        const order = wipe({ device: 'cam-0002' });
        return { ...order, leaf: { device: CAMERA, counter: 1 } };
      },
    ],
    [
      'that was signed as a restart',
      () => {
        const order = wipe({ action: { do: 'restart' } });
        return { ...order, job: { ...order.job, action: { do: 'wipe' } } };
      },
    ],
  ])('%s', async (_, made) => {
    await open();
    await live(world, made());
    expect(world.alarms).toHaveLength(1);
    isUntouched();
  });
  it('when it is replayed: its count is used', async () => {
    await open();
    await liveOn(world, orderOf({ device: CAMERA, counter: 5, action: { do: 'restart' }, id: 'job-0005' }, [ada, bo]));
    const before = changesOf(world).length;
    await live(world, wipe());
    expect([changesOf(world).length, onCard()]).toEqual([before, 2]);
    expect(world.alarms).toMatchObject([{ code: 'REPLAYED' }]);
  });
  it('when another camera answers at its address', async () => {
    await open();
    Object.assign(world.one.camera.facts, { serial: 'ACCC8E999999' });
    await liveOn(world, wipe());
    expect(lastOf(world)).toMatchObject({ state: 'failed', reason: expect.stringContaining('OTHER_CAMERA') as string });
    isUntouched();
  });
});

describe('a look without a check of the certificate', () => {
  it('takes no account with it, and changes nothing', async () => {
    await open();
    const { url, login } = world.one.place;
    const trust = { pinned: [], authority: null, isUnchecked: true };
    expect(() => createCameraClient({ url, login, trust })).toThrow('account');
    const client = createCameraClient({ url, login: null, trust });
    const permit = () => ({ ok: true, value: undefined }) as const;
    await expect(client.change({ kind: 'json', path: '/x', call: 'reboot' }, permit)).rejects.toThrow('checked');
    client.hangUp();
  });
});
