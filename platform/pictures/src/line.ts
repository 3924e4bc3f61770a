/** The visible mark: one line of small letters from edge to edge, again and again, as blocks that are added to those of a page. */
import { inverseOf, quantise, transform } from './jpeg/blocks.ts';
import { LUMA } from './jpeg/tables.ts';
import { LINE_ROWS } from './prepare.ts';
import { BLOCK, BLOCK_PIXELS, BLOCKS_ACROSS, PAGE_WIDTH } from './size.ts';
import { LINE_COEFFICIENTS, type Line } from './stamp.ts';

export const LINE_HEIGHT = LINE_ROWS * BLOCK;
export const LETTER_SIZE = 17;
export const LINE_MAX_CHARS = 400;
/** How much darker the letters make the paper, of 255. */
const INK = 56;

/** The ink of each letter, 0 to 255, by rows; drawn once. */
export type Alphabet = ReadonlyMap<string, { readonly width: number; readonly ink: Uint8Array }>;
const UNKNOWN = '?';
/** Between one time the text stands in the line and the next. */
const GAP = '   ';

const span = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String.fromCodePoint(from + at));
/** Latin letters with all their accents; what the page's own letters have besides is not needed for a name and a date. */
export const LETTERS: readonly string[] = [...span(0x20, 0x7e), ...span(0xa0, 0x17f), '–', '—', '’', '·', '…'];

const LUMA_INVERSE = inverseOf(LUMA);

export function lineOf(text: string, alphabet: Alphabet): Line {
  const ink = new Uint8Array(PAGE_WIDTH * LINE_HEIGHT);
  const letters = Array.from(
    text.slice(0, LINE_MAX_CHARS) + GAP,
    (letter) => alphabet.get(letter) ?? alphabet.get(UNKNOWN)!,
  );
  for (let x = 0, at = 0; x < PAGE_WIDTH; at = (at + 1) % letters.length) {
    const letter = letters[at]!;
    const shown = Math.min(letter.width, PAGE_WIDTH - x);
    for (let y = 0; y < LINE_HEIGHT; y++)
      ink.set(letter.ink.subarray(y * letter.width, y * letter.width + shown), y * PAGE_WIDTH + x);
    x += letter.width;
  }
  const line = new Int16Array(LINE_COEFFICIENTS);
  const block = new Float32Array(BLOCK_PIXELS);
  for (let at = 0; at < LINE_COEFFICIENTS / BLOCK_PIXELS; at++) {
    const [row, column] = [Math.floor(at / BLOCKS_ACROSS), at % BLOCKS_ACROSS];
    for (let i = 0; i < BLOCK_PIXELS; i++)
      block[i] = (-INK * ink[(row * BLOCK + (i >> 3)) * PAGE_WIDTH + column * BLOCK + (i & 7)]!) / 255;
    transform(block);
    quantise(block, LUMA_INVERSE, [line, at * BLOCK_PIXELS]);
  }
  return line;
}
