/** What every parser of this package returns: the value, or one sentence that says what was wrong and what was wanted. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

export const good = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const bad = (error: string): { readonly ok: false; readonly error: string } => ({ ok: false, error });

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** An ASCII decimal without leading zeroes, at most 2^53 - 1; `null` for anything else. */
export function parseDecimal(text: string): number | null {
  if (!DECIMAL.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Standard base64 (RFC 4648 section 4) in its one canonical spelling. A lenient decoder would let an attacker alter a file
 * without altering its meaning: the last character may carry bits that no byte uses.
 */
export function parseBase64(text: string): Uint8Array | null {
  if (!BASE64.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

export const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** True when both hold the same bytes; the data compared here is public, so time does not matter. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Quotes a value for a message, cut to a readable length. */
export const quoted = (value: string): string => JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
