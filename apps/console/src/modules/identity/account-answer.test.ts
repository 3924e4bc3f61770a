/** What a tab keeps while its person is at the provider. */
import { expect, it } from 'vitest';
import { keptIn } from './account-answer.ts';

it('knows what it was begun for, and takes nothing else', () => {
  expect(keptIn('connect k2m9c0q4x1ab')).toEqual({ purpose: 'connect', attempt: 'k2m9c0q4x1ab' });
  expect(keptIn('sign-in k2m9c0q4x1ab')).toEqual({ purpose: 'sign-in', attempt: 'k2m9c0q4x1ab' });
  for (const text of [null, '', 'connect', 'connect ', 'other k2m9c0q4x1ab']) expect(keptIn(text)).toBeNull();
});
