/** What the theme gives Mantine for words is readable on every ground, in both themes. */
import { expect, test } from 'vitest';
import { contrast, NEUTRALS, type Scheme } from './palette.ts';
import { variablesOf } from './theme.ts';

const READABLE = 4.5;
const WORDS = ['text', 'dimmed', 'placeholder', 'error'] as const;
const SCHEMES: readonly Scheme[] = ['light', 'dark'];

test.each(SCHEMES.flatMap((scheme) => WORDS.map((name) => [scheme, name] as const)))(
  '%s: the colour of Mantine for %s is ours, and readable on a card, the page and a sunken field',
  (scheme, name) => {
    const word = variablesOf(scheme)[`--mantine-color-${name}`] ?? 'not set';
    expect(word).toMatch(/^#[0-9a-f]{6}$/);
    const { surface, page, sunken } = NEUTRALS[scheme];
    for (const ground of [surface, page, sunken])
      expect(contrast(word, ground), `${word} on ${ground}`).toBeGreaterThanOrEqual(READABLE);
  },
);
