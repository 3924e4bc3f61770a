/** Both languages say the same things: the same sentences, each with what is put into it, and words with their macrons everywhere. */
import { describe, expect, it } from 'vitest';
import { WORDS } from './index.ts';

type Leaf = string | ((...given: unknown[]) => unknown);
/** Every sentence by where it stands. */
function leavesOf(words: unknown, at = ''): readonly (readonly [string, Leaf])[] {
  if (typeof words === 'string' || typeof words === 'function') return [[at, words as Leaf]];
  if (typeof words !== 'object' || words === null) return [];
  return Object.entries(words).flatMap(([key, value]) => leavesOf(value, at === '' ? key : `${at}.${key}`));
}
const [english, maori] = [new Map(leavesOf(WORDS.en)), new Map(leavesOf(WORDS.mi))];

/** Something whose text, and that of anything in it, is a mark of its own. */
function marked(name: string): unknown {
  const text = `⟦${name}⟧`;
  return new Proxy(
    {},
    {
      get: (_, key) =>
        key === Symbol.toPrimitive || key === 'toString' || key === 'valueOf'
          ? () => text
          : typeof key === 'symbol'
            ? undefined
            : key in Array.prototype || key in String.prototype
              ? [text][key as 'length']
              : marked(`${name}.${key}`),
    },
  );
}
/** What of the given is in the sentence; `null` where it is not made of such. */
function putInto(leaf: Leaf): readonly string[] | null {
  if (typeof leaf === 'string') return [];
  for (const given of [['⟦0⟧', '⟦1⟧', '⟦2⟧'], ['0', '1', '2'].map(marked)])
    try {
      const said = leaf(...given);
      if (typeof said === 'string' && !said.includes('undefined'))
        return [...new Set(said.match(/⟦[^⟧]+⟧/g) ?? [])].sort();
    } catch {
      // Wants something else; the next.
    }
  return null;
}

/** Two words each, told apart by the macron alone: parent and parents, person and people, month and clear, their own, medicine and to store. */
const PAIRS: ReadonlySet<string> = new Set(['matua', 'tangata', 'marama', 'tana', 'rongoa']);

describe('the words of the portal', () => {
  it('are there in both languages, none empty', () => {
    expect([...maori.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [at, leaf] of [...english, ...maori])
      if (typeof leaf === 'string') expect([at, leaf.trim()]).not.toEqual([at, '']);
  });
  it('have the same put into them', () => {
    const differing: unknown[] = [];
    let compared = 0;
    for (const [at, leaf] of english) {
      const [one, two] = [putInto(leaf), putInto(maori.get(at)!)];
      if (one === null || two === null) continue;
      if (typeof leaf === 'function') compared++;
      if (one.join() !== two.join()) differing.push([at, one, two]);
    }
    expect(compared).toBeGreaterThan(80);
    expect(differing).toEqual([]);
  });
  it('are said in te reo Māori and not left in English', () => {
    const same = [...english].filter(
      ([at, leaf]) => typeof leaf === 'string' && maori.get(at) === leaf && /[a-z]{3}/.test(leaf),
    );
    expect(same).toEqual([]);
  });
  it('have each word with its macrons wherever it stands', () => {
    const spellings = new Map<string, Set<string>>();
    const text = [...maori].map(([, leaf]) => (typeof leaf === 'string' ? leaf : String(leaf))).join(' ');
    for (const [word] of text.toLowerCase().matchAll(/[a-zāēīōū]{4,}/g)) {
      const plain = word.normalize('NFD').replaceAll('\u0304', '');
      spellings.set(plain, (spellings.get(plain) ?? new Set()).add(word));
    }
    const several = [...spellings]
      .filter(([plain, ways]) => ways.size > 1 && !PAIRS.has(plain))
      .map(([plain, ways]) => [plain, [...ways]]);
    expect(several).toEqual([]);
  });
});
