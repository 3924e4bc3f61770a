/** Changes of one device: what is taken and carried out, and what is not. */
import type { JobOrder } from '@cityward/contracts';
import { describe, expect, it } from 'vitest';
import { boot, readBoot } from './slots.ts';
import { firmware, hashOf, newSigner, orderOf, shakyDisk } from './testing.ts';
import {
  ada,
  bo,
  DEVICE,
  document,
  install,
  live,
  liveOn,
  newWorld,
  next,
  OLD,
  once,
  other,
  partsFor,
  runs,
  states,
} from './testing-world.ts';
import { createUpdater, loadSaved } from './updater.ts';

describe('an order that officers signed', () => {
  it('is downloaded, installed beside the old one, tried and confirmed, and only then done', async () => {
    const world = newWorld();
    await liveOn(world, install());
    expect(states(world)).toEqual(['accepted', 'downloading', 'installing', 'restarting', 'done']);
    expect(once(world).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(world.reports.at(-1)).toMatchObject({ running: '1.1.0', part: 'forward', job: 'job-1000' });
    expect(world.reports.slice(0, -1).every(({ running }) => running === OLD)).toBe(true);
    expect(readBoot(world.disk)?.firmware).toEqual({ active: 'b', trying: null });
    expect(runs(world)).toBe('1.1.0');
  });
  it('goes back by itself when the new one is not healthy, or never says so', async () => {
    for (const verdict of [false, 'never'] as const) {
      const world = newWorld();
      world.healthy = ({ firmware: running }) => (running?.trial ? verdict : true);
      await liveOn(world, install());
      expect(states(world)).toEqual(['accepted', 'downloading', 'installing', 'restarting', 'reverted']);
      expect(world.reports.at(-1)).toMatchObject({ running: OLD, reason: expect.stringContaining('back') as string });
      expect(runs(world)).toBe(OLD);
    }
  });
  it('with a document is carried out the same way', async () => {
    const world = newWorld();
    const action = { do: 'configure', document: hashOf(document) } as const;
    await liveOn(world, orderOf({ device: DEVICE, counter: 4, action }, [ada]));
    expect(states(world).at(-1)).toBe('done');
    expect(world.reports.at(-1)!.running).toBe(hashOf(document));
    expect(boot(world.disk, OLD).document?.label.sha256).toBe(hashOf(document));
    expect(runs(world)).toBe(OLD);
  });
  it('may name its own way back, which needs no download and is no downgrade', async () => {
    const world = newWorld();
    await liveOn(world, install(1));
    const to = firmware('1.1.0').action.artifact;
    const draft = {
      device: DEVICE,
      counter: 2,
      id: 'job-2000',
      action: other.action,
      revert: { to, until: Date.now() + 9e6 },
    };
    await liveOn(world, orderOf(draft, [ada, bo]));
    expect(runs(world)).toBe('1.2.0');
    world.served.clear();
    world.reports.length = 0;
    await liveOn(world, orderOf({ ...draft, part: 'revert' }, [ada, bo]));
    expect(states(world)).toEqual(['accepted', 'installing', 'restarting', 'done']);
    expect(world.reports.at(-1)).toMatchObject({ part: 'revert', running: '1.1.0' });
    expect(runs(world)).toBe('1.1.0');
    expect(world.alarms).toEqual([]);
  });
  it('that is done comes again in vain, and reports that did not arrive are sent after a restart', async () => {
    const world = newWorld();
    world.linkIsUp = false;
    const bytes = Buffer.from(JSON.stringify(install()));
    for (let i = 0; i < 3; i++) {
      await live(world, bytes);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(world.reports).toEqual([]);
    world.linkIsUp = true;
    await liveOn(world, null);
    expect(world.reports.at(-1)).toMatchObject({ state: 'done', running: '1.1.0' });
    const { length } = world.reports;
    await liveOn(world, install());
    expect(world.reports).toHaveLength(length);
  });
  it('that failed is tried again when it comes again, with reports that go on counting, and not without end', async () => {
    const world = newWorld();
    world.healthy = ({ firmware: running }) => !running?.trial;
    for (let i = 0; i < 9; i++) {
      world.starts = 0;
      await liveOn(world, install());
    }
    expect(states(world).filter((state) => state === 'reverted')).toHaveLength(5);
    expect(once(world).map(({ seq }) => seq)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
  });
  it('is taken back by an empty message before it is installed', async () => {
    const world = newWorld();
    world.served.clear();
    const booted = boot(world.disk, OLD);
    const updater = createUpdater(partsFor(world, booted, { restart: () => undefined, fail: () => undefined }));
    updater.start();
    updater.take(Buffer.from(JSON.stringify(install())));
    updater.take(Buffer.alloc(0));
    await expect.poll(() => states(world).at(-1)).toBe('failed');
    expect(runs(world)).toBe(OLD);
  });
});

describe('what is not taken', () => {
  const changed = (change: (order: JobOrder) => JobOrder): JobOrder => change(install(3));
  const strangers = [newSigner('per-ada'), newSigner('per-bo')];
  const attacks: readonly (readonly [string, () => JobOrder, string])[] = [
    [
      'no signature of the second officer',
      () => orderOf({ device: DEVICE, counter: 3, action: next.action }, [ada]),
      'TOO_FEW_OFFICERS',
    ],
    [
      'one officer twice',
      () => changed((order) => ({ ...order, signatures: [order.signatures[0]!, order.signatures[0]!] })),
      'OFFICER_TWICE',
    ],
    [
      'invented officers',
      () =>
        orderOf({ device: DEVICE, counter: 3, action: next.action }, [newSigner('per-eve'), newSigner('per-mallory')]),
      'KEY_UNKNOWN',
    ],
    [
      'other keys under the names of officers',
      () => orderOf({ device: DEVICE, counter: 3, action: next.action }, strangers),
      'SIGNATURE_WRONG',
    ],
    [
      'another artifact than was signed',
      () => changed((order) => ({ ...order, job: { ...order.job, action: other.action } })),
      'SIGNATURE_WRONG',
    ],
    [
      'a job of another device',
      () => orderOf({ device: 'lamp-0002', counter: 3, action: next.action }, [ada, bo]),
      'OTHER_DEVICE',
    ],
    [
      'a job of others, readdressed',
      () => changed((order) => ({ ...order, leaf: { device: DEVICE, counter: 99 } })),
      'NOT_IN_JOB',
    ],
    [
      'a job of another city',
      () => orderOf({ device: DEVICE, counter: 3, action: next.action, city: 'Elsewhere' }, [ada, bo]),
      'OTHER_CITY',
    ],
    [
      'a job whose time is over',
      () => changed((order) => ({ ...order, job: { ...order.job, notBefore: 0, notAfter: 1_000 } })),
      'TOO_LATE',
    ],
    [
      'older firmware',
      () => orderOf({ device: DEVICE, counter: 3, action: firmware('0.9.0').action }, [ada, bo]),
      'DOWNGRADE',
    ],
  ];
  it.each(attacks)('%s', async (_name, make, code) => {
    const world = newWorld();
    await liveOn(world, make());
    expect(world.alarms.map((alarm) => alarm.code)).toEqual([code]);
    expect(world.reports).toMatchObject([
      { state: 'refused', seq: 1, reason: expect.stringContaining(code) as string },
    ]);
    expect(runs(world)).toBe(OLD);
    expect(loadSaved(world.disk).counter).toBe(0);
  });
  it('an old job, however often it is replayed', async () => {
    const world = newWorld();
    await liveOn(world, install(5));
    await liveOn(world, install(7, other.action));
    world.starts = 0;
    await liveOn(world, install(5));
    expect(world.alarms.map((alarm) => alarm.code)).toEqual(['REPLAYED']);
    expect(runs(world)).toBe('1.2.0');
  });
  it('a way back from where the device never went', async () => {
    const world = newWorld();
    const to = firmware('0.9.0').action.artifact;
    const revert = { to, until: Date.now() + 9e6 };
    await liveOn(
      world,
      orderOf({ device: DEVICE, counter: 2, action: next.action, revert, part: 'revert' }, [ada, bo]),
    );
    expect(world.alarms.map((alarm) => alarm.code)).toEqual(['NOTHING_TO_REVERT']);
    expect(runs(world)).toBe(OLD);
  });
  it('other bytes than were signed, fewer, or more', async () => {
    for (const bytes of [
      Buffer.from('firmware 6.6.6'.padEnd(next.bytes.length)),
      next.bytes.subarray(1),
      Buffer.alloc(1_000),
    ]) {
      const world = newWorld();
      world.served.set(hashOf(next.bytes), bytes.subarray(0, bytes.length));
      await liveOn(world, install());
      expect(states(world).at(-1)).toBe('failed');
      expect(world.alarms.map((alarm) => alarm.code)).toEqual(['BYTES_NOT_SIGNED']);
      expect(runs(world)).toBe(OLD);
    }
  });
  it('what is no order', async () => {
    const world = newWorld();
    for (const text of ['', 'null', '{}', '{"order":"job"}', '[', 'x'.repeat(40_000)])
      await live(world, Buffer.from(text));
    expect(world.alarms).toHaveLength(5);
    expect(world.reports).toEqual([]);
  });
  it('anything, when the record of what was done is damaged', async () => {
    const world = newWorld();
    await liveOn(world, install());
    for (const name of ['update.json']) world.disk = shakyDisk(new Map([[name, Buffer.from('{')]]));
    await expect(live(world, null)).rejects.toThrow(/damaged/u);
  });
});
