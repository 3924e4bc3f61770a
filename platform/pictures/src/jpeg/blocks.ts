/** From pixels to quantised coefficients, block by block. */
import { BLOCK, BLOCK_PIXELS } from '../size.ts';
import { ZIGZAG } from './tables.ts';

/** The cosine transform as a matrix: `COSINES[u * 8 + x]`. */
const COSINES = Float32Array.from({ length: BLOCK_PIXELS }, (_, at) => {
  const [u, x] = [Math.floor(at / BLOCK), at % BLOCK];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});
/** Even rows of the matrix are alike on both halves and odd ones opposite, so that sums and differences do for half of the work. */
const half = (odd: 0 | 1): Float32Array =>
  Float32Array.from({ length: 16 }, (_, at) => COSINES[(2 * Math.floor(at / 4) + odd) * BLOCK + (at % 4)]!);
const [EVEN, ODD] = [half(0), half(1)];

const row = new Float32Array(BLOCK_PIXELS);

/** One pass over the rows of a block, its outcome turned on its side. */
function pass(from: Float32Array, to: Float32Array): void {
  for (let y = 0; y < BLOCK; y++) {
    const at = y * BLOCK;
    const [a, b, c, d] = [from[at]!, from[at + 1]!, from[at + 2]!, from[at + 3]!];
    const [e, f, g, h] = [from[at + 7]!, from[at + 6]!, from[at + 5]!, from[at + 4]!];
    const [ae, bf, cg, dh] = [a + e, b + f, c + g, d + h];
    const [am, bm, cm, dm] = [a - e, b - f, c - g, d - h];
    for (let u = 0, k = 0; u < BLOCK; u += 2, k += 4) {
      to[u * BLOCK + y] = EVEN[k]! * ae + EVEN[k + 1]! * bf + EVEN[k + 2]! * cg + EVEN[k + 3]! * dh;
      to[(u + 1) * BLOCK + y] = ODD[k]! * am + ODD[k + 1]! * bm + ODD[k + 2]! * cm + ODD[k + 3]! * dm;
    }
  }
}

/** The cosine transform of a block, in place. */
export function transform(block: Float32Array): void {
  pass(block, row);
  pass(row, block);
}

/** Quantised, in zigzag order, into `to` from `at` on. */
export function quantise(block: Float32Array, inverse: Float32Array, [to, at]: readonly [Int16Array, number]): void {
  for (let k = 0; k < BLOCK_PIXELS; k++) {
    const where = ZIGZAG[k]!;
    to[at + k] = Math.round(block[where]! * inverse[where]!);
  }
}
export const inverseOf = (steps: Uint8Array): Float32Array => Float32Array.from(steps, (step) => 1 / step);
