/** The tables of baseline JPEG (ITU-T T.81): order of coefficients, quantisation, and the typical Huffman codes of its annex K. */
import { BLOCK_PIXELS } from '../size.ts';

/** Where the k-th coefficient of a block lies in it, low frequencies first. */
export const ZIGZAG = zigzag();

function zigzag(): Uint8Array {
  const order = new Uint8Array(BLOCK_PIXELS);
  let at = 0;
  for (let sum = 0; sum < 15; sum++) {
    const rows = Array.from({ length: 8 }, (_, row) => row).filter((row) => sum - row >= 0 && sum - row < 8);
    if (sum % 2 === 0) rows.reverse();
    for (const row of rows) order[at++] = row * 8 + (sum - row);
  }
  return order;
}

/** Annex K.1 and K.2, by rows. */
const LUMA_STEPS = [
  ...[16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55],
  ...[14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62],
  ...[18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92],
  ...[49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
];
const CHROMA_STEPS = [
  ...[17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99],
  ...[24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99],
  ...Array.from({ length: 32 }, () => 99),
];
/** Steps at 50 are those of the annex; at 88 they are about a quarter. */
const QUALITY = 88;
const scaled = (steps: readonly number[]): Uint8Array =>
  Uint8Array.from(steps, (step) => Math.min(255, Math.max(1, Math.round((step * (200 - 2 * QUALITY)) / 100))));
export const LUMA = scaled(LUMA_STEPS);
export const CHROMA = scaled(CHROMA_STEPS);

export interface HuffmanTable {
  /** How many codes there are of 1 to 16 bits. */
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}
const range = (low: number, high: number): number[] => Array.from({ length: high - low + 1 }, (_, i) => low + i);
const sizes = (run: number, low: number, high: number): number[] => range(low, high).map((size) => run * 16 + size);

/** Annex K.3.3.1, luminance. */
export const DC_TABLE: HuffmanTable = {
  counts: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
  symbols: range(0, 11),
};
/** Annex K.3.3.2, luminance: `run * 16 + size`, the most frequent first. */
export const AC_TABLE: HuffmanTable = {
  counts: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
  symbols: [
    ...[0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07],
    ...[0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0],
    ...[0x24, 0x33, 0x62, 0x72, 0x82],
    ...[...sizes(0, 9, 10), ...sizes(1, 6, 10), ...sizes(2, 5, 10), ...sizes(3, 4, 10)],
    ...[...sizes(4, 3, 10), ...sizes(5, 3, 10), ...sizes(6, 3, 10), ...sizes(7, 3, 10)],
    ...[...sizes(8, 3, 10), ...sizes(9, 2, 10), ...sizes(10, 2, 10), ...sizes(11, 2, 10)],
    ...[...sizes(12, 2, 10), ...sizes(13, 2, 10), ...sizes(14, 1, 10), ...sizes(15, 1, 10)],
  ],
};

export interface HuffmanCodes {
  readonly code: Uint16Array;
  readonly bits: Uint8Array;
}
/** Annex C: codes in rising order, one length after the other. */
export function codesOf({ counts, symbols }: HuffmanTable): HuffmanCodes {
  const [code, bits] = [new Uint16Array(256), new Uint8Array(256)];
  let next = 0;
  let at = 0;
  counts.forEach((count, shorter) => {
    for (let i = 0; i < count; i++) {
      const symbol = symbols[at++]!;
      code[symbol] = next++;
      bits[symbol] = shorter + 1;
    }
    next <<= 1;
  });
  return { code, bits };
}
