/** Items on lanes along one axis. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { LANES, lanesOf, type TimelineItem } from './timeline.ts';

const item = (at: number, lane: TimelineItem['lane'] = 'alert'): TimelineItem => ({
  at,
  lane,
  text: '',
  actor: '',
  subject: '',
  entry: null,
});

test('oldest first, from 0 to 1, each on its lane', () => {
  const lanes = lanesOf([item(60_000, 'response'), item(0, 'attack'), item(30_000)]);
  expect(lanes.dots.map((dot) => [dot.x, LANES[dot.lane]])).toEqual([
    [0, 'attack'],
    [0.5, 'alert'],
    [1, 'response'],
  ]);
});

test('a span narrows it; nothing in it gives nothing to draw', () => {
  expect(lanesOf([item(1), item(5), item(9)], 4, 6).items.map((one) => one.at)).toEqual([5]);
  expect(lanesOf([], undefined, undefined)).toEqual({ items: [], dots: [], ticks: [] });
});

test('every dot and tick lies on the axis, and ticks stay few', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4_000_000_000 }), { minLength: 1, maxLength: 50 }), (times) => {
      const lanes = lanesOf(times.map((at) => item(at)));
      for (const { x } of [...lanes.dots, ...lanes.ticks]) {
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x).toBeLessThanOrEqual(1);
      }
      expect(lanes.ticks.length).toBeLessThanOrEqual(8);
    }),
  );
});
