/** Growth names infected devices only, and only those that nobody has seen. */
import { expect, test } from 'vitest';
import { addedSince, idsOf, type IncidentDevice } from './growth.ts';

const device = (id: string, role: IncidentDevice['role']): IncidentDevice => ({
  id,
  name: id,
  class: 'camera',
  ward: '',
  state: 'suspect',
  role,
});

test('what joined is infected and was not known', () => {
  const devices = [device('cam-1', 'infected'), device('cam-2', 'infected'), device('pump-1', 'bystander')];
  expect(idsOf(addedSince({ devices }, ['cam-1']))).toEqual(['cam-2']);
  expect(addedSince({ devices }, ['cam-1', 'cam-2', 'cam-9'])).toEqual([]);
});
