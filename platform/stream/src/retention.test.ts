/** Retention as a pure choice. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UNREAD_KEEP_FACTOR, chooseDrops, type KeptSegment, type RetentionRule } from './retention.ts';

const segments = (count: number): KeptSegment[] =>
  Array.from({ length: count }, (_, i) => ({ bytes: 100, base: i * 10 + 1, last: i * 10 + 10, newestAt: i * 1_000 }));
const rule: RetentionRule = { maxBytes: 1e9, maxAgeMs: 1e9, now: 10_000, lowestOffset: null };

test('keeps all while neither size nor age is passed', () => {
  expect(chooseDrops(segments(5), 100, rule)).toEqual({ segments: 0, unread: 0 });
});
test('drops the oldest until the size fits', () => {
  expect(chooseDrops(segments(5), 100, { ...rule, maxBytes: 350 })).toEqual({ segments: 3, unread: 0 });
});
test('drops what is too old', () => {
  expect(chooseDrops(segments(5), 100, { ...rule, maxAgeMs: 7_500 })).toEqual({ segments: 3, unread: 0 });
});
test('stops at what a group has not read', () => {
  expect(chooseDrops(segments(5), 100, { ...rule, maxBytes: 350, lowestOffset: 20 })).toEqual({
    segments: 2,
    unread: 0,
  });
  expect(chooseDrops(segments(5), 100, { ...rule, maxBytes: 350, lowestOffset: 19 })).toEqual({
    segments: 1,
    unread: 0,
  });
});
test('passes it over the hard limit, and counts the records', () => {
  expect(chooseDrops(segments(9), 100, { ...rule, maxBytes: 200, lowestOffset: 3 })).toEqual({
    segments: 2,
    unread: 17,
  });
});

test('never drops unread records while the hard limit holds, and never leaves more than the hard limit', () => {
  fc.assert(
    fc.property(
      fc.record({
        count: fc.nat({ max: 40 }),
        maxBytes: fc.integer({ min: 50, max: 4_000 }),
        lowestOffset: fc.nat({ max: 500 }),
        now: fc.nat({ max: 20_000 }),
      }),
      ({ count, maxBytes, lowestOffset, now }) => {
        const closed = segments(count);
        const drops = chooseDrops(closed, 50, { maxBytes, maxAgeMs: 5_000, now, lowestOffset });
        const left = closed.slice(drops.segments).reduce((sum, one) => sum + one.bytes, 50);
        const droppedLast = closed[drops.segments - 1]?.last ?? 0;
        expect(drops.unread).toBe(Math.max(0, droppedLast - Math.max(lowestOffset, 0)));
        if (drops.unread > 0) expect(left + 100).toBeGreaterThan(maxBytes * UNREAD_KEEP_FACTOR);
        expect(left <= maxBytes * UNREAD_KEEP_FACTOR || drops.segments === closed.length).toBe(true);
      },
    ),
  );
});
