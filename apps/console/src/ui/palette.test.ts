/** Contrast of every pair that carries words is at least 4.5:1, in both themes. */
import { expect, test } from 'vitest';
import { DEVICE_STATES } from '@cityward/contracts';
import { BADGE_GLYPH, contrast, MAP_TONES, NEUTRALS, STATE_TONES, type Scheme } from './palette.ts';
import { BADGES, type Badged } from '../modules/city/shapes.ts';

const READABLE = 4.5;
const VISIBLE = 3;
const SCHEMES: readonly Scheme[] = ['light', 'dark'];

test('the measure itself: black on white is 21, a colour on itself 1', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#336699', '#336699')).toBe(1);
});

test.each(SCHEMES.flatMap((scheme) => DEVICE_STATES.map((state) => [scheme, state] as const)))(
  '%s: the word of %s is readable on its badge, a card, the page and a hovered row',
  (scheme, state) => {
    const { ink, soft } = STATE_TONES[scheme][state];
    const { surface, page, sunken } = NEUTRALS[scheme];
    for (const ground of [soft, surface, page, sunken]) expect(contrast(ink, ground)).toBeGreaterThanOrEqual(READABLE);
  },
);

test.each(SCHEMES)('%s: text, quiet text and the accent are readable on every ground', (scheme) => {
  const tone = NEUTRALS[scheme];
  for (const word of [tone.text, tone.muted, tone.accent])
    for (const ground of [tone.surface, tone.page, tone.sunken, tone.accentSoft])
      expect(contrast(word, ground), `${word} on ${ground}`).toBeGreaterThanOrEqual(READABLE);
  expect(contrast(tone.accentText, tone.accent)).toBeGreaterThanOrEqual(READABLE);
  expect(contrast(tone.focus, tone.surface)).toBeGreaterThanOrEqual(VISIBLE);
});

test.each(SCHEMES)('%s: names on the map are readable on land, sea and park', (scheme) => {
  const tone = MAP_TONES[scheme];
  for (const ground of [tone.land, tone.sea, tone.park, tone.street, tone.halo])
    expect(contrast(tone.label, ground), ground).toBeGreaterThanOrEqual(READABLE);
});

test.each(SCHEMES.flatMap((scheme) => (Object.keys(BADGES) as Badged[]).map((state) => [scheme, state] as const)))(
  '%s: the glyph of the %s badge stands out of its ground',
  (scheme, state) => {
    expect(contrast(BADGE_GLYPH[scheme][state], STATE_TONES[scheme][state].fill)).toBeGreaterThanOrEqual(VISIBLE);
  },
);

test('unknown is grey and never like trusted', () => {
  for (const scheme of SCHEMES) {
    const [red, green, blue] = [1, 3, 5].map((at) =>
      Number.parseInt(STATE_TONES[scheme].unknown.fill.slice(at, at + 2), 16),
    );
    expect(Math.max(red!, green!, blue!) - Math.min(red!, green!, blue!)).toBeLessThan(32);
    expect(STATE_TONES[scheme].unknown.fill).not.toBe(STATE_TONES[scheme].trusted.fill);
  }
});
