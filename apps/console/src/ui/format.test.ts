/** Numbers, times and ages as people read them. */
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  formatAge,
  formatHash,
  formatMoment,
  formatPlural,
  formatShare,
  formatSpan,
  formatTick,
  formatUntil,
  formatUtc,
  formatValue,
} from './format.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const AT = Date.UTC(2026, 10, 22, 2, 7, 31);

test.each([
  [0, '0 s'],
  [-5_000, '0 s'],
  [59_999, '59 s'],
  [MINUTE, '1 min'],
  [HOUR - 1, '59 min'],
  [HOUR, '1 h'],
  [47 * HOUR, '47 h'],
  [48 * HOUR, '2 days'],
])('a span of %i ms reads %s', (ms, text) => {
  expect(formatSpan(ms)).toBe(text);
});

test('ages say now, then how long; a time ahead says in how long, then that it has ended', () => {
  expect(formatAge(AT, AT + 4_000)).toBe('now');
  expect(formatAge(AT, AT + 3 * MINUTE)).toBe('3 min ago');
  expect(formatUntil(AT + 2 * HOUR, AT)).toBe('in 2 h');
  expect(formatUntil(AT + 4 * HOUR - 2_000, AT)).toBe('in 4 h');
  expect(formatUntil(AT, AT)).toBe('ended');
});

test('times are local to the zone, with UTC beside', () => {
  expect(formatMoment(AT, 'Pacific/Auckland')).toBe('22 Nov 2026, 15:07');
  expect(formatUtc(AT)).toBe('2026-11-22 02:07:31 UTC');
});

describe('shares', () => {
  test('all and nothing are said only when they are', () => {
    expect(formatShare(1)).toBe('100 %');
    expect(formatShare(0.999)).toBe('99 %');
    expect(formatShare(0)).toBe('0 %');
    expect(formatShare(0.001)).toBe('1 %');
  });
  test('never out of range', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
        const number = Number(formatShare(share).replace(' %', ''));
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThanOrEqual(100);
        expect(number === 100).toBe(share === 1);
      }),
    );
  });
});

test.each([
  [1_234_567, 'bytes/h', '1.2 MB/h'],
  [133_885_878, 'bytes per hour', '134 MB per hour'],
  [999, 'B', '999 B'],
  [0, 'bytes per hour', '0 B per hour'],
  [240, 'per hour', '240 per hour'],
  [21.456, '°C', '21.5 °C'],
  [12_345.6, '', '12,346'],
])('%d %s reads %s', (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});

test('beside an axis only the scale of bytes is said again', () => {
  expect(formatTick(25_000_000, 'bytes per hour')).toBe('25 MB');
  expect(formatTick(240, 'per hour')).toBe('240');
});

test('one and many; hashes keep their ends', () => {
  expect(formatPlural(1, 'camera', 'cameras')).toBe('1 camera');
  expect(formatPlural(1_400, 'camera', 'cameras')).toBe('1,400 cameras');
  expect(formatHash('0123456789abcdef0123')).toBe('01234567…ef0123');
  expect(formatHash('short')).toBe('short');
});
