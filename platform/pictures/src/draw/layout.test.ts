/** Words on pages: within the margins, past the visible mark, and not without end. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { lineRow } from '../prepare.ts';
import { BLOCK, PAGE_HEIGHT, PAGE_WIDTH } from '../size.ts';
import { layOut, PAGES_MAX, type LaidPage, type Measure } from './layout.ts';

/** Every letter as wide as half of its size. */
const measure: Measure = (text, { size }) => Array.from(text).length * size * 0.5;
const pagesOf = (text: string): LaidPage[] => {
  const laid = layOut([{ is: 'text', text }], measure);
  if (!laid.ok) throw new Error(laid.error.code);
  return laid.value;
};

describe('a page', () => {
  it('holds every word, in order, within its edges, and never where the visible mark stands', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 120, unit: 'grapheme' }), { maxLength: 80 }), (lines) => {
        const text = lines.join('\n');
        const items = pagesOf(text).flatMap((page) => page.items);
        const squeezed = (words: string): string => words.replace(/\s+/gu, '');
        expect(squeezed(items.map((item) => item.text).join(''))).toBe(squeezed(text));
        for (const { text: shown, x, y, letters } of items) {
          expect(x + measure(shown, letters)).toBeLessThanOrEqual(PAGE_WIDTH);
          expect(y).toBeLessThan(PAGE_HEIGHT);
          for (const row of [y, y - letters.size * 0.7]) expect(lineRow(Math.floor(row / BLOCK))).toBe(-1);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is one of a named number at most', () => {
    const laid = layOut([{ is: 'text', text: 'x\n'.repeat(PAGES_MAX * 60) }], measure);
    expect(laid).toMatchObject({ ok: false, error: { code: 'TOO_MANY_PAGES' } });
  });
});
