/** Marks of one copy, made with a key of its own: numbers of rows that only it has, and which rows of nobody it holds. */
import { createHmac, hkdfSync, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const KEY_BYTES = 32;
const HALF_BYTES = 4;
const ROW_NUMBER = /^[0-9a-f]{16}$/;
const DIGEST_CHARS = 16;

export interface Marker {
  /** Half of it is drawn, half follows from it by the key. */
  number(): string;
  isNumber(text: string): boolean;
  /** Of a row as it is shown, without its number. */
  digest(row: readonly string[]): string;
  draw(below: number): number;
}

export const derivedKey = (key: Buffer, name: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `cityward export ${name}`, KEY_BYTES));

export function markerOf(datasetKey: Buffer, exportId: string): Marker {
  const key = derivedKey(datasetKey, `marks ${exportId}`);
  const proof = (half: Buffer): Buffer => createHmac('sha256', key).update(half).digest().subarray(0, HALF_BYTES);
  return {
    number: () => {
      const half = randomBytes(HALF_BYTES);
      return Buffer.concat([half, proof(half)]).toString('hex');
    },
    isNumber: (text) => {
      if (!ROW_NUMBER.test(text)) return false;
      const bytes = Buffer.from(text, 'hex');
      return timingSafeEqual(bytes.subarray(HALF_BYTES), proof(bytes.subarray(0, HALF_BYTES)));
    },
    digest: (row) => createHmac('sha256', key).update(JSON.stringify(row)).digest('base64url').slice(0, DIGEST_CHARS),
    draw: (below) => randomInt(below),
  };
}

/** How many rows of a finding carry numbers of this copy, and how many of its rows of nobody are among them. */
export function matchesOf(
  marker: Marker,
  marks: readonly string[],
  rows: readonly (readonly string[])[],
): { readonly numbers: number; readonly marks: number } {
  const own = new Set(marks);
  const digests = rows.flatMap((row) => [row, row.slice(1)].map(marker.digest));
  return {
    numbers: rows.filter(([first]) => first !== undefined && marker.isNumber(first)).length,
    marks: new Set(digests.filter((digest) => own.has(digest))).size,
  };
}
