/** Checked 64-bit arithmetic: exact, and an overflow is a fault instead of a wrong number. */
import { EvaluationFault } from './values.ts';
import type { Long } from './values.ts';

export const LONG_MIN = -(2n ** 63n);
export const LONG_MAX = 2n ** 63n - 1n;

/** Brings an exact result into the one form that each value has; faults beyond 64 bits. */
export function longOf(exact: bigint): Long {
  if (exact >= Number.MIN_SAFE_INTEGER && exact <= Number.MAX_SAFE_INTEGER) return Number(exact);
  if (exact < LONG_MIN || exact > LONG_MAX)
    throw new EvaluationFault('integer overflow: the result does not fit 64 bits');
  return exact;
}

// A double result within the safe range is exact: rounding never brings an unsafe sum or product back into it.
export function add(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return longOf(BigInt(a) + BigInt(b));
}

export function subtract(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return longOf(BigInt(a) - BigInt(b));
}

export function multiply(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b + 0; // never -0
    if (Number.isSafeInteger(product)) return product;
  }
  return longOf(BigInt(a) * BigInt(b));
}

export const negate = (a: Long): Long => subtract(0, a);

/** Division that drops the fraction, as Rust's: -7 by 2 is -3. */
export const divide = (a: Long, b: Long): Long => longOf(BigInt(a) / BigInt(b));

/** Reads digits with an optional minus sign; null beyond 64 bits. */
export function parseLong(text: string): Long | null {
  const exact = BigInt(text);
  return exact < LONG_MIN || exact > LONG_MAX ? null : longOf(exact);
}

/** True for what JavaScript can hand in as a 64-bit integer without having rounded it. */
export const isLongInput = (value: unknown): value is Long =>
  Number.isSafeInteger(value) ||
  (typeof value === 'bigint' &&
    ((value > Number.MAX_SAFE_INTEGER && value <= LONG_MAX) || (value < Number.MIN_SAFE_INTEGER && value >= LONG_MIN)));
