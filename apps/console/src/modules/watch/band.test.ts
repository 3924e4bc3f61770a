/** The last value in words, and marks where a value left its band. */
import { expect, test } from 'vitest';
import { columnsOf, lastOf, outside, type Measure } from './band.ts';

const HOUR = 3_600_000;
const NOW = 100 * HOUR + 600_000;
const measure = (...values: (number | null)[]): Measure => ({
  name: 'Sent',
  unit: 'per hour',
  hours: values.map((value, i) => ({
    at: (101 - values.length + i) * HOUR,
    value,
    low: 10,
    high: 20,
    simulated: false,
  })),
});

test.each([
  [15, 'inside'],
  [21, 'above'],
  [3, 'running'],
] as const)('%i in the hour that runs is %s', (value, place) => {
  expect(lastOf(measure(value), NOW)?.place).toBe(place);
});

test('a low hour that has ended is below; hours without a value are passed over', () => {
  expect(lastOf(measure(3, null), NOW)).toMatchObject({ place: 'below', value: '3 per hour', low: '10 per hour' });
  expect(lastOf(measure(null, null), NOW)).toBeNull();
});

test('without a band nothing is said about its place', () => {
  const bare: Measure = { ...measure(), hours: [{ at: 0, value: 5, low: null, high: null, simulated: false }] };
  expect(lastOf(bare, NOW)?.place).toBe('no-band');
});

test('marks: above at once, below only once the hour has ended', () => {
  expect(outside(columnsOf(measure(3, 15, null, 25, 3)), NOW)).toEqual([0, 3]);
});

test("the page's time narrows the columns", () => {
  expect(columnsOf(measure(1, 2, 3), 100 * HOUR, 101 * HOUR).value).toEqual([3]);
});
