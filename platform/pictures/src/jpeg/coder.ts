/** The entropy code of baseline JPEG: quantised blocks in, bytes out. */
import { BLOCK_PIXELS } from '../size.ts';
import { AC_TABLE, codesOf, DC_TABLE } from './tables.ts';

const DC = codesOf(DC_TABLE);
const AC = codesOf(AC_TABLE);
const END_OF_BLOCK = 0x00;
const SIXTEEN_ZEROS = 0xf0;
/** The most that a block can take: a code and its bits for each coefficient, and a byte more after each 0xff. */
export const BLOCK_MAX_BYTES = BLOCK_PIXELS * 4 * 2;

/** Writes into `bytes`, from `length` on; whoever uses it sees to it that there is room. */
export class Coder {
  bytes: Uint8Array;
  length: number;
  #held = 0;
  #bits = 0;
  #lastDc = 0;

  constructor(bytes: Uint8Array, length = 0) {
    this.bytes = bytes;
    this.length = length;
  }

  block(coefficients: Int16Array, at: number): void {
    const dc = coefficients[at]!;
    const change = dc - this.#lastDc;
    this.#lastDc = dc;
    const size = sizeOf(change);
    this.#put(DC.code[size]!, DC.bits[size]!);
    if (size > 0) this.#put(bitsOf(change, size), size);
    let last = 0;
    for (let k = 1; k < BLOCK_PIXELS; k++) {
      const value = coefficients[at + k]!;
      if (value === 0) continue;
      let zeros = k - last - 1;
      last = k;
      for (; zeros > 15; zeros -= 16) this.#put(AC.code[SIXTEEN_ZEROS]!, AC.bits[SIXTEEN_ZEROS]!);
      const bits = sizeOf(value);
      const symbol = zeros * 16 + bits;
      // The code and its bits in one go: 26 bits at most, beside 7 that may wait.
      this.#put((AC.code[symbol]! << bits) | bitsOf(value, bits), AC.bits[symbol]! + bits);
    }
    if (last < BLOCK_PIXELS - 1) this.#put(AC.code[END_OF_BLOCK]!, AC.bits[END_OF_BLOCK]!);
  }

  /** To the next byte, filled with ones; what comes next stands by itself. */
  end(): void {
    if (this.#bits > 0) this.#put((1 << (8 - this.#bits)) - 1, 8 - this.#bits);
    this.#lastDc = 0;
  }

  #put(value: number, bits: number): void {
    let left = this.#bits + bits;
    // Of what is held no more than 7 bits are left, so that with 25 more it fits into 32.
    if (bits > 25) {
      const rest = bits - 16;
      this.#put(value >>> rest, 16);
      this.#put(value & ((1 << rest) - 1), rest);
      return;
    }
    const held = (this.#held << bits) | value;
    while (left >= 8) {
      left -= 8;
      const byte = (held >>> left) & 0xff;
      this.bytes[this.length++] = byte;
      if (byte === 0xff) this.bytes[this.length++] = 0;
    }
    this.#held = held & ((1 << left) - 1);
    this.#bits = left;
  }
}

/** Bits of its absolute value. */
const sizeOf = (value: number): number => 32 - Math.clz32(value < 0 ? -value : value);
/** A negative value as the complement of its absolute one. */
const bitsOf = (value: number, size: number): number => (value < 0 ? value + (1 << size) - 1 : value);
