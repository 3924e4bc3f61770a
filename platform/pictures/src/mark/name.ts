/** Whose code word a tile carries, if anybody's. */
import { CHIP, SIGN_BYTES, SIGNS, STRIP_WIDTH, TILE, TILE_CHIPS, TILE_STRIPS_ACROSS, type Pattern } from './pattern.ts';
import { SIDE, type Folded, type Place } from './place.ts';
import { BLOCK } from '../size.ts';

/** What each strip says: more than 0 for a positive sign, and the further from 0, the surer. */
export type Said = Float64Array;

const PER_CHIP = (CHIP * SIDE) / TILE;
const STRIP_CHIPS_ACROSS = STRIP_WIDTH / CHIP;
const STRIP_CHIPS_DOWN = BLOCK / CHIP;

export function saidIn(tile: Folded, { name }: Pattern, { x, y }: Place): Said {
  const said = new Float64Array(SIGNS);
  for (let row = 0; row < TILE_CHIPS; row++)
    for (let column = 0; column < TILE_CHIPS; column++) {
      const light = lightAt(tile, x + (column + 0.5) * PER_CHIP - 0.5, y + (row + 0.5) * PER_CHIP - 0.5);
      const strip = Math.floor(row / STRIP_CHIPS_DOWN) * TILE_STRIPS_ACROSS + Math.floor(column / STRIP_CHIPS_ACROSS);
      said[strip]! += light * name[row * TILE_CHIPS + column]!;
    }
  return said;
}

function lightAt(tile: Folded, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [dx, dy] = [x - left, y - top];
  const at = (i: number, j: number): number => tile[((top + j + SIDE) % SIDE) * SIDE + ((left + i + SIDE) % SIDE)]!;
  return (at(0, 0) * (1 - dx) + at(1, 0) * dx) * (1 - dy) + (at(0, 1) * (1 - dx) + at(1, 1) * dx) * dy;
}

/**
 * How well code words fit what was said. Against a code word that has nothing to do with the picture the fit exceeds `t` with a
 * probability of at most exp(-t^2 / 2) (Hoeffding 1963, theorem 2), whatever the picture is, since its signs are as good as random.
 */
export function fitTo(said: Said): (word: Uint8Array) => number {
  const length = Math.sqrt(said.reduce((sum, one) => sum + one * one, 0));
  if (length === 0) return () => 0;
  const sums = new Float64Array(SIGN_BYTES * 256);
  for (let byte = 0; byte < SIGN_BYTES; byte++)
    for (let bits = 0; bits < 256; bits++) {
      let sum = 0;
      for (let bit = 0; bit < 8; bit++) sum += (bits >> bit) & 1 ? said[byte * 8 + bit]! : -said[byte * 8 + bit]!;
      sums[byte * 256 + bits] = sum / length;
    }
  return (word) => {
    let fit = 0;
    for (let byte = 0; byte < SIGN_BYTES; byte++) fit += sums[byte * 256 + word[byte]!]!;
    return fit;
  };
}

/** The fit from which a name is believed, so that of `odds` pictures at most one is given to somebody it is not of. */
export const believedFrom = ({ names, places, odds }: { names: number; places: number; odds: number }): number =>
  Math.sqrt(2 * Math.log(Math.max(1, names) * places * odds));
