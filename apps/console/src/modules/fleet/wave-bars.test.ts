/** Bars of waves: every device in exactly one part, the line where the change stops. */
import { describe, expect, test } from 'vitest';
import { CHANGE_DEVICE_STATES } from '@cityward/contracts';
import { groupsOf, lineAt, stopsAt, totalOf, type WaveCounts } from './wave-bars.ts';

const counts = Object.fromEntries(CHANGE_DEVICE_STATES.map((state, i) => [state, 2 ** i])) as WaveCounts;

test('each state is in one part, none is lost', () => {
  const groups = groupsOf(counts);
  expect(Object.values(groups).reduce((sum, n) => sum + n, 0)).toBe(2 ** CHANGE_DEVICE_STATES.length - 1);
  expect(groups.moving).toBe(
    counts.ordered + counts.downloading + counts.installing + counts.restarting + counts.unverified,
  );
  expect(totalOf([{ counts }, { counts }]).failed).toBe(2 * counts.failed);
});

describe('the line', () => {
  test.each([
    [10, 0.05, 1],
    [100, 0.05, 5],
    [101, 0.05, 6],
    [0, 0.05, 1],
  ])('of %i reachable devices at %f is at %i failures', (reachable, threshold, stops) => {
    expect(stopsAt(reachable, threshold)).toBe(stops);
  });
  test('leaves out what is offline, and stays on the bar', () => {
    expect(lineAt({ devices: 200, out: 100, threshold: 0.1 })).toBe(0.05);
    expect(lineAt({ devices: 0, out: 0, threshold: 0.1 })).toBe(1);
    expect(lineAt({ devices: 1, out: 1, threshold: 0.1 })).toBe(1);
  });
});
