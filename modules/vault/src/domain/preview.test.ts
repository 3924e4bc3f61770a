/** The preview of a consent: proper sentences for whatever is allowed, each right said once, as allowed or as not. */
import { describe, expect, it } from 'vitest';
import { RIGHTS, type Right } from '@cityward/contracts';
import type { Grant } from './grant.ts';
import { previewOf } from './preview.ts';

const grant: Grant = {
  ...{ id: 'gr-1', subject: 'sub-aroha', grantee: { person: 'per-ben', organisation: null, role: null } },
  ...{ scope: { of: 'categories', categories: ['blood-tests'] }, rights: ['view'], purpose: 'TREAT' },
  ...{ from: 0, until: 1, uses: null, used: 0, depth: 0, parent: null, refrains: [], state: { is: 'standing' } },
};
const OF_PHRASE: Readonly<Record<string, Right>> = {
  'look at it as a picture': 'view',
  'read it as text': 'text',
  'add notes to it': 'annotate',
  'copy parts of it': 'copy',
  'print it': 'print',
  'take it out of the city as a file': 'export',
  'keep a copy of it': 'store',
};
/** "a", "a and b", "a, b and c". */
function listedIn(text: string, last: 'and' | 'or'): (Right | undefined)[] {
  const [before, end] = text.split(` ${last} `);
  const phrases = end === undefined ? [before!] : [...before!.split(', '), end];
  return phrases.map((phrase) => OF_PHRASE[phrase]);
}
const SPOKEN = ' A screen reader can speak text, and text can be copied.';
const DUTY = ' The city cannot prevent that once they see it; it is their duty, and whoever looked is on record.';
const said = (rights: readonly Right[], about: string): string[] =>
  previewOf({ ...grant, rights }, () => null, String)
    .filter((one) => one.about === about)
    .map(({ english }) => english);

const COMBINATIONS = Array.from({ length: 2 ** RIGHTS.length - 1 }, (_, i) =>
  RIGHTS.filter((_, bit) => ((i + 1) >> bit) & 1),
);

describe('the preview', () => {
  it('says in one proper sentence what each combination of rights allows', () => {
    for (const rights of COMBINATIONS)
      for (const order of [rights, rights.toReversed()]) {
        const [may] = said(order, 'may');
        const tail = rights.includes('text') ? SPOKEN : '';
        expect(may!.startsWith('They may ') && may!.endsWith(`.${tail}`)).toBe(true);
        expect(listedIn(may!.slice('They may '.length, -1 - tail.length), 'and')).toEqual(rights);
      }
  });
  it('and in as many what it does not: what the city prevents, and what is a duty', () => {
    for (const rights of COMBINATIONS) {
      const lacking = said(rights, 'may-not').flatMap((sentence) => {
        const [, words] =
          /^The city does not let them (.*)\.$/.exec(sentence) ??
          /^They must not (.*)\.$/.exec(sentence.replace(DUTY, '')) ??
          [];
        return listedIn(words!, 'or');
      });
      expect(lacking.sort()).toEqual(RIGHTS.filter((right) => !rights.includes(right)).sort());
    }
  });
});
