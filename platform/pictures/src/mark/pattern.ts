/**
 * The hidden mark: a pattern of faint light and dark squares, the same in every tile of a page, so that any piece as large as a tile
 * holds all of it. One half of the pattern only says where a tile begins. The other carries a code word, one sign for each strip of
 * the tile, that belongs to one name alone. Both come from a secret key.
 */
import { createHmac } from 'node:crypto';
import { BLOCK, STRIP_BLOCKS } from '../size.ts';

export const TILE = 320;
/** Squares of this many pixels outlive a picture at half the size, and its compression. */
export const CHIP = 4;
export const TILE_CHIPS = TILE / CHIP;
export const STRIP_WIDTH = STRIP_BLOCKS * BLOCK;
export const TILE_STRIPS_ACROSS = TILE / STRIP_WIDTH;
export const TILE_STRIPS_DOWN = TILE / BLOCK;
/** Signs of a code word. */
export const SIGNS = TILE_STRIPS_ACROSS * TILE_STRIPS_DOWN;
export const SIGN_BYTES = SIGNS / 8;
/** How much lighter or darker each half of the pattern makes a square, of 255. */
export const PLACE_DEPTH = 0.9;
export const NAME_DEPTH = 0.9;

export const MARK_KEY_BYTES = 32;

export interface Pattern {
  /** 1 or -1 for each square of a tile, by rows. */
  readonly place: Int8Array;
  readonly name: Int8Array;
}

export function patternOf(key: Buffer): Pattern {
  const [place, name] = (['place', 'name'] as const).map((part) => signsOf(key, part, TILE_CHIPS * TILE_CHIPS));
  return { place: place!, name: name! };
}

/** The code word of a name: a bit for each strip of a tile, by rows. Nobody without the key can tell it or make it. */
export const codeWord = (key: Buffer, name: string): Buffer =>
  createHmac('sha512', key).update(`name\0${name}`).digest().subarray(0, SIGN_BYTES);

/** 1 or -1. */
export const signAt = (word: Uint8Array, at: number): 1 | -1 => ((word[at >> 3]! >> (at & 7)) & 1 ? 1 : -1);

function signsOf(key: Buffer, part: string, count: number): Int8Array {
  const signs = new Int8Array(count);
  for (let at = 0, block = 0; at < count; block++) {
    const bits = createHmac('sha512', key).update(`pattern\0${part}\0${block}`).digest();
    for (let bit = 0; bit < bits.length * 8 && at < count; bit++) signs[at++] = signAt(bits, bit);
  }
  return signs;
}
