/** A device that hides how it is set up: no score of its own, and no trust from the score of before. */
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '@cityward/kernel';
import { bytes, lamp, must, report, signals, world } from './testing-baseline.ts';

describe('a reading', () => {
  it('in which nothing could be read has no score, and takes the trust of before away', async () => {
    must(await lamp());
    const hidden = { state: 'unreadable', why: 'it would not say' } as const;
    world.now += HOUR_MS;
    const body = report('lamp-0001', { settings: {} });
    must(
      await world.baseline.take(
        'lamp-0001',
        bytes({ ...body, sources: ['settings', 'agent'].map((source) => ({ source, reading: hidden })) }),
      ),
    );
    expect(world.baseline.standing('lamp-0001')).toMatchObject({ state: 'unknown', score: null, passed: 0 });
    expect(signals.at(-1)!.signal).toMatchObject({
      value: 20,
      reason: expect.stringContaining('nothing was read') as string,
    });
  });
});
