/** Entries read without the id that stands below them. */
import { expect, test } from 'vitest';
import { said } from './said.ts';

test.each([
  ['A situation grew: sit-1 (2 cameras (old) began), 2 devices', 'sit-1', '2 cameras (old) began, 2 devices'],
  ['Device cam-1 enrolled and received its certificate', 'cam-1', 'Device cam-1 enrolled and received its certificate'],
  ['Something was found on fnd-1 (', 'fnd-1', 'Something was found on fnd-1 ('],
  ['A fact (about nothing)', '', 'A fact (about nothing)'],
])('%s', (text, subject, wanted) => {
  expect(said({ text, subject })).toBe(wanted);
});
