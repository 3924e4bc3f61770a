/** The address holds the state: what is known is kept, the rest dropped. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { carried, patchUrl, readUrl } from './url-state.ts';

test('known keys are kept, strange ones and wrong types dropped', () => {
  expect(readUrl({ ward: 'harbour', from: '5', to: 'x', device: ['a'], evil: '1', q: '', svg: 1 })).toEqual({
    ward: 'harbour',
    from: 5,
    svg: 1,
  });
});

test('a ward whose id looks like a number stays text', () => {
  expect(readUrl({ ward: 12 })).toEqual({ ward: '12' });
});

test('a patch sets and takes out; what goes along is the place and the time', () => {
  const state = patchUrl({ ward: 'hill', q: 'pole', from: 1, to: 2 }, { q: null, tab: 'trace' });
  expect(state).toEqual({ ward: 'hill', from: 1, to: 2, tab: 'trace' });
  expect(carried(state)).toEqual({ ward: 'hill', from: 1, to: 2 });
});

test('reading twice is reading once, whatever the address says', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('ward', 'q', 'from', 'bbox', 'x'), fc.anything()), (raw) => {
      const once = readUrl(raw);
      expect(readUrl(once)).toEqual(once);
    }),
  );
});
