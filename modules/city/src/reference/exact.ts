/**
 * Sine, cosine and exponential from sums and products alone. The built-in ones may differ in the last bit from one processor to
 * another; these give the same bits wherever IEEE 754 does, so that a seed means the same city everywhere.
 */

const TURN = 2 * Math.PI;
const TERMS = 16;

/** Good to 1e-12 for angles within a few thousand radians. */
export function sine(angle: number): number {
  const turns = Math.round(angle / TURN);
  const x = angle - turns * TURN;
  let term = x;
  let sum = x;
  for (let n = 1; n <= TERMS; n++) {
    term *= (-x * x) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}
export const cosine = (angle: number): number => sine(angle + Math.PI / 2);

const HALVINGS = 4;

/** e to the power; good to 1e-12 of its value for exponents between -5 and 5. */
export function exponential(exponent: number): number {
  const x = exponent / 2 ** HALVINGS;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= 12; n++) {
    term *= x / n;
    sum += term;
  }
  for (let i = 0; i < HALVINGS; i++) sum *= sum;
  return sum;
}
