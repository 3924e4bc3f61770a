/** Secrets that people type or paste: their making, writing and hashing. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base 32: no i, l, o, u to misread
const SYMBOL_BITS = 5;

/** `symbols` random symbols of 5 bits, in groups of `group` divided by hyphens. */
export function newCode(symbols: number, group: number): string {
  let text = '';
  const bytes = randomBytes(symbols);
  for (let i = 0; i < symbols; i++) {
    if (i > 0 && i % group === 0) text += '-';
    text += ALPHABET[bytes[i]! & ((1 << SYMBOL_BITS) - 1)];
  }
  return text;
}

/** As typed by a person: case, spaces, hyphens and the look-alikes o, i and l do not matter. */
export const normaliseCode = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[\s-]+/g, '')
    .replace(/o/g, '0')
    .replace(/[il]/g, '1');

/** SHA-256 over the parts, which cannot run into each other; hex. Enough for secrets of 100 random bits or more. */
export function hashOf(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
}

/** Compares two hex hashes in constant time. */
export const sameHash = (left: string, right: string): boolean =>
  left.length === right.length && timingSafeEqual(Buffer.from(left, 'latin1'), Buffer.from(right, 'latin1'));
