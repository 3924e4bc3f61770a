/** The power goes at every single file operation of a change: nothing is bricked, and nothing unsigned is ever run. */
import fc from 'fast-check';
import type { JobOrder } from '@cityward/contracts';
import { describe, expect, it } from 'vitest';
import { install, live, liveOn, newWorld, OLD, runs, type World } from './testing-world.ts';
import { loadSaved } from './updater.ts';

/** Cuts the power before operation `at`, then lets it live on; a second cut may follow during the way on. */
interface Cutting {
  readonly cuts: readonly number[];
  /** How many unsynced bytes are left. */
  readonly dice: (unsynced: number) => number;
  readonly healthy: boolean;
}
async function cutOnce(order: JobOrder, { cuts, dice, healthy }: Cutting) {
  const world = newWorld();
  world.healthy = ({ firmware: running, document: doc }) => healthy || !(running?.trial || doc?.trial);
  const bytes = Buffer.from(JSON.stringify(order));
  let cutsDone = 0;
  for (const at of cuts) {
    world.disk.cutAt = world.disk.done + at;
    for (let end = await live(world, bytes); ; end = await live(world, bytes)) {
      if (end === 'cut') cutsDone++;
      if (end !== 'restart') break;
      const left = world.disk.cutAt - world.disk.done;
      world.disk = world.disk.restart((_name, unsynced) => unsynced);
      world.disk.cutAt = left;
    }
    world.disk = world.disk.restart((_name, unsynced) => dice(unsynced));
  }
  await liveOn(world, order);
  return { world, cutsDone };
}

function check(world: World, healthy: boolean): void {
  // Never bricked, and never anything but what was whole and signed.
  expect(world.ran.every(({ version, isWhole }) => isWhole && (version === OLD || version === '1.1.0'))).toBe(true);
  const ends = world.reports.filter(({ state }) => state === 'done' || state === 'reverted' || state === 'failed');
  expect(ends.length).toBeGreaterThan(0);
  const last = world.reports.at(-1)!;
  expect(last.running).toBe(runs(world));
  expect(last.state === 'done').toBe(runs(world) === '1.1.0');
  if (!healthy) expect(runs(world)).toBe(OLD);
  // A seq means one report: sent twice perhaps, never two.
  const bySeq = new Map<number, string>();
  for (const { seq, state } of world.reports) expect(bySeq.get(seq) ?? state).toBe((bySeq.set(seq, state), state));
  expect(loadSaved(world.disk).counter).toBe(1);
}

describe('a power cut', () => {
  it.each([true, false])('at every single file operation bricks nothing (new one healthy: %s)', async (healthy) => {
    const order = install();
    let at = 0;
    for (; ; at++) {
      for (const dice of [() => 0, (unsynced: number) => unsynced, (unsynced: number) => unsynced >> 1]) {
        const { world, cutsDone } = await cutOnce(order, { cuts: [at], dice, healthy });
        check(world, healthy);
        if (cutsDone === 0) return expect(at).toBeGreaterThan(30);
      }
    }
  });
  it('several times in a row, anywhere, bricks nothing', async () => {
    const order = install();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(45), { minLength: 2, maxLength: 5 }),
        fc.constantFrom(0, 1, 2),
        fc.boolean(),
        async (cuts, kept, healthy) => {
          const dice = (unsynced: number): number => [0, unsynced, unsynced >> 1][kept]!;
          const { world } = await cutOnce(order, { cuts, dice, healthy });
          check(world, healthy);
        },
      ),
      { numRuns: 150 },
    );
  });
});
