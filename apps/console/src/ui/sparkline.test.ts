/** A gap in what is known is a gap in the line. */
import { expect, test } from 'vitest';
import { sparkPath } from './spark-path.ts';

test('known values are joined, a gap begins a new stroke', () => {
  expect(sparkPath([0, 1, null, 1], 30, 12)).toBe('M0.0 10.0L10.0 2.0M30.0 2.0');
  expect(sparkPath([null, null], 30, 12)).toBe('');
});
