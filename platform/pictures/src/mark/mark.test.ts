/** The hidden mark: what it outlives, whom it names, and whom it never does. */
import { describe, expect, it } from 'vitest';
import { averaged, createMarker, damaged, halves, likeness, unmarked, type Damage } from '../testing.ts';
import { believedFrom } from './name.ts';

const KEY = Buffer.alloc(32, 7);
const CANDIDATES = 2_000;
const marker = createMarker(KEY);
const wanted = () => ({
  media: 'text/plain' as const,
  content: Buffer.from('The haemoglobin of 14 January is within its usual range; no change of dose. '.repeat(30)),
  page: 1,
});
const page = await marker.page(wanted());
const copy = marker.hidden(page, 'session-7');

async function whose(picture: Buffer, by = marker): Promise<string[]> {
  const search = await by.search<string>(picture, false);
  for (let at = 0; at < CANDIDATES; at++) search.try(`session-${at}`, by.word(`session-${at}`));
  return search.found().map(({ name }) => name);
}

describe('the hidden mark of a page', () => {
  it.each<[string, Damage]>([
    ['a screenshot as JPEG at 70', { quality: 70 }],
    ['a quarter of it', { crop: { x: 0.31, y: 0.17, width: 0.5, height: 0.5 } }],
    ['half of its size', { size: 0.5 }],
    ['all three', { crop: { x: 0.42, y: 0.39, width: 0.5, height: 0.5 }, size: 0.5, quality: 70 }],
    ['a wide strip, all three', { crop: { x: 0, y: 0.4, width: 1, height: 0.25 }, size: 0.5, quality: 70 }],
  ])(
    'names the session after %s',
    async (_, damage) => {
      expect(await whose(await damaged(copy, damage))).toEqual(['session-7']);
    },
    60_000,
  );

  it('names both where two put their copies together', async () => {
    const other = marker.hidden(page, 'session-8');
    for (const joined of [await averaged(copy, other), await halves(copy, other)])
      expect((await whose(await damaged(joined, { quality: 70 }))).sort()).toEqual(['session-7', 'session-8']);
  }, 60_000);

  it('is nothing the eye sees', async () => {
    expect(await likeness(copy, await unmarked(wanted()))).toBeGreaterThan(44);
  });

  it('names nobody where the one it is of is no candidate', async () => {
    expect(await whose(marker.hidden(page, 'somebody else'))).toEqual([]);
  }, 60_000);

  // Attack A21: a page made to look like somebody else's copy.
  it('that is made without the key names nobody, and made with it would name whom it says', async () => {
    const forger = createMarker(Buffer.alloc(32, 8));
    const forged = forger.hidden(await forger.page(wanted()), 'session-9');
    expect(await whose(forged)).toEqual([]);
    expect(await whose(forged, forger)).toEqual(['session-9']);
  }, 120_000);
});

describe('the fit that is needed', () => {
  it('lets fewer than 1 in 10,000 pictures be said to be of somebody it is not of, by the sum over all that was tried', () => {
    const asked = { names: 100_000, places: 16, odds: 10_000 };
    expect(asked.names * asked.places * Math.exp(-(believedFrom(asked) ** 2) / 2)).toBeCloseTo(1 / asked.odds, 8);
  });
});
