/** The map's questions: changes, worst-first badges, aggregation, keyboard neighbours. */
import { describe, expect, test } from 'vitest';
import type { DevicePoints } from '@cityward/contracts';
import { aggregates, applyStates, hotIndexes, neighbour, pointSet, stateAt, tableOrder, wardBounds } from './points.ts';

const columns: DevicePoints = {
  classes: ['camera', 'street-light'],
  states: ['trusted', 'suspect', 'from-the-future'],
  wards: ['harbour', 'hill'],
  id: ['cam-1', 'lamp-1', 'lamp-2', 'lamp-3', 'lamp-4'],
  lon: [0, 1, 0, -1, 0],
  lat: [0, 0, 1, 0, -1],
  class: [0, 1, 1, 1, 1],
  state: [0, 0, 2, 0, 1],
  ward: [0, 0, 1, 1, -1],
};

describe('the columns', () => {
  test('a state that is not known reads as unknown, never as trusted', () => {
    expect(stateAt(pointSet(columns), 2)).toBe('unknown');
  });

  test('only real changes are reported, and strangers are passed over', () => {
    const set = pointSet(columns);
    expect(
      applyStates(set, [
        ['cam-1', 'suspect'],
        ['lamp-1', 'trusted'],
        ['nobody', 'suspect'],
      ]),
    ).toEqual([0]);
    expect(stateAt(set, 0)).toBe('suspect');
    expect(applyStates(set, [['cam-1', 'suspect']])).toEqual([]);
  });

  test('badges come worst first and stop at the limit', () => {
    const set = pointSet(columns);
    applyStates(set, [['lamp-3', 'watched']]);
    expect(hotIndexes(set, 10)).toEqual([4, 3]);
    expect(hotIndexes(set, 1)).toEqual([4]);
  });

  test('the table is worst first, and narrows to a ward', () => {
    const set = pointSet(columns);
    expect(tableOrder(set, undefined)).toEqual([4, 2, 0, 1, 3]);
    expect(tableOrder(set, 'harbour')).toEqual([0, 1]);
  });
});

describe('aggregates', () => {
  test('each ward shows its count, its worst state and how many have it; devices without a ward are not lost', () => {
    const found = aggregates(pointSet(columns), (ward) => ward.toUpperCase());
    expect(found.map((one) => [one.label, one.count, one.worst, one.worstCount])).toEqual([
      ['HARBOUR', 2, 'trusted', 2],
      ['HILL', 2, 'unknown', 1],
      ['', 1, 'suspect', 1],
    ]);
    expect(found.reduce((sum, one) => sum + one.count, 0)).toBe(5);
  });
});

describe('arrow keys', () => {
  const set = pointSet(columns);
  test.each([
    ['right', 1],
    ['up', 2],
    ['left', 3],
    ['down', 4],
  ] as const)('%s goes to the device there', (direction, at) => {
    expect(neighbour(set, 0, direction)).toBe(at);
  });
  test('the first press goes to the worst device, and the edge of the city stays where it is', () => {
    expect(neighbour(set, -1, 'up')).toBe(4);
    expect(neighbour(set, 1, 'right')).toBe(-1);
  });
});

test('the box of a ward, and none for a ward without devices', () => {
  expect(wardBounds(pointSet(columns), 'harbour')).toEqual([0, 0, 1, 0]);
  expect(wardBounds(pointSet(columns), 'moon')).toBeNull();
});
