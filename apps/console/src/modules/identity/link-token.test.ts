/** Only a whole token in the fragment counts as one. */
import { expect, test } from 'vitest';
import { tokenIn } from './link-token.ts';

const TOKEN = 'abcdefghij0123456789_-XY';

test.each([
  [`#token=${TOKEN}`, TOKEN],
  [`#${TOKEN}`, TOKEN],
  ['#main', null],
  ['', null],
  ['#token=short', null],
  [`#token=${TOKEN}&next=//evil.example`, null],
  [`#token=${'a'.repeat(201)}`, null],
])('%s holds %s', (fragment, token) => {
  expect(tokenIn(fragment)).toBe(token);
});
