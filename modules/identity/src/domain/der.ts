/** DER (X.690) as far as certificates need it: a small writer, and a strict reader that refuses every other encoding. */

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific tag `[number]`; `constructed` for EXPLICIT, or IMPLICIT over a sequence or set. */
export const contextTag = (number: number, constructed: boolean): number => (constructed ? 0xa0 : 0x80) | number;

/** One element: tag, length, then the parts in order. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const header = length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x1_0000 ? 4 : length < 0x100_0000 ? 5 : 6;
  const out = Buffer.allocUnsafe(header + length);
  out[0] = tag;
  if (header === 2) out[1] = length;
  else {
    out[1] = 0x80 | (header - 2);
    out.writeUIntBE(length, 2, header - 2);
  }
  let at = header;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(TAG.sequence, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => tlv(TAG.set, ...parts);
export const octetString = (bytes: Uint8Array): Buffer => tlv(TAG.octetString, bytes);
export const utf8String = (text: string): Buffer => tlv(TAG.utf8String, Buffer.from(text, 'utf8'));
export const booleanTrue: Buffer = Buffer.from([TAG.boolean, 1, 0xff]);

/** A whole-byte BIT STRING. */
export const bitString = (bytes: Uint8Array): Buffer => tlv(TAG.bitString, Buffer.from([0]), bytes);

/** A BIT STRING of named bits (KeyUsage): trailing zero bits are left out, as DER demands. `bits` are bit numbers. */
export function namedBits(bits: readonly number[]): Buffer {
  const top = Math.max(...bits);
  const bytes = Buffer.alloc((top >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
  return tlv(TAG.bitString, Buffer.from([7 - (top & 7)]), bytes);
}

/** An unsigned INTEGER from big-endian bytes, made minimal. */
export function integerOf(bytes: Uint8Array): Buffer {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const rest = bytes.subarray(from);
  if (rest.length === 0) return Buffer.from([TAG.integer, 1, 0]);
  return rest[0]! & 0x80 ? tlv(TAG.integer, Buffer.from([0]), rest) : tlv(TAG.integer, rest);
}

/** A non-negative INTEGER up to 2^48. */
export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return integerOf(bytes);
}

/** An OBJECT IDENTIFIER from its dotted text. */
export function oid(dotted: string): Buffer {
  const arcs = dotted.split('.').map(Number);
  const bytes: number[] = [arcs[0]! * 40 + arcs[1]!];
  for (const arc of arcs.slice(2)) {
    const septets = [arc & 0x7f];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
      septets.unshift((rest & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return tlv(TAG.oid, Buffer.from(bytes));
}

const UTC_TIME_ENDS = 2050; // RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050

/** Time as RFC 5280 wants it, whole seconds. `at` in milliseconds since 1970. */
export function time(at: number): Buffer {
  const digits = timeDigits(at);
  return Number(digits.slice(0, 4)) < UTC_TIME_ENDS
    ? tlv(TAG.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : tlv(TAG.generalizedTime, Buffer.from(digits, 'latin1'));
}

/** GeneralizedTime whatever the year, as OCSP wants it; whole seconds. */
export const generalizedTime = (at: number): Buffer => tlv(TAG.generalizedTime, Buffer.from(timeDigits(at), 'latin1'));

function timeDigits(at: number): string {
  const text = new Date(at).toISOString();
  return `${text.slice(0, 4)}${text.slice(5, 7)}${text.slice(8, 10)}${text.slice(11, 13)}${text.slice(14, 16)}${text.slice(17, 19)}Z`;
}

/** Thrown by the reader for bytes that are not the DER asked for; parsers catch it and answer a refusal. */
export class DerFault extends Error {
  override readonly name = 'DerFault';
}

/** One element that was read: its tag, its whole encoding and its contents. */
export interface Element {
  readonly tag: number;
  readonly whole: Uint8Array;
  readonly body: Uint8Array;
}

/** Reads elements one after the other from `bytes`; a child is read by a reader over its `body`. */
export interface DerReader {
  readonly more: () => boolean;
  /** The next element, which must have this tag. `what` names it in the fault. */
  readonly take: (tag: number, what: string) => Element;
  /** The next element if it has this tag, else null and nothing is read. */
  readonly maybe: (tag: number, what: string) => Element | null;
  readonly any: (what: string) => Element;
  /** Faults unless everything was read. */
  readonly end: (what: string) => void;
}

/** A strict reader: definite minimal lengths, one-byte tags, nothing outside its bounds. */
export function readDer(bytes: Uint8Array): DerReader {
  let at = 0;
  const any = (what: string): Element => {
    const element = elementAt(bytes, at, what);
    at += element.whole.length;
    return element;
  };
  const take = (tag: number, what: string): Element => {
    if (at < bytes.length && bytes[at] !== tag)
      throw new DerFault(`read ${what}: found tag 0x${bytes[at]!.toString(16)}, wanted 0x${tag.toString(16)}`);
    return any(what);
  };
  return {
    more: () => at < bytes.length,
    any,
    take,
    maybe: (tag, what) => (at < bytes.length && bytes[at] === tag ? any(what) : null),
    end: (what) => {
      if (at !== bytes.length) throw new DerFault(`read ${what}: ${bytes.length - at} bytes too many after it`);
    },
  };
}

const LENGTH_BYTES_MAX = 3; // 16 MiB: far above every limit of the callers

function elementAt(bytes: Uint8Array, from: number, what: string): Element {
  if (bytes.length - from < 2) throw new DerFault(`read ${what}: the data ends inside it`);
  const tag = bytes[from]!;
  if ((tag & 0x1f) === 0x1f) throw new DerFault(`read ${what}: tags above 30 do not occur in it`);
  const first = bytes[from + 1]!;
  let length = first;
  let header = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > LENGTH_BYTES_MAX) throw new DerFault(`read ${what}: indefinite or oversized length`);
    if (bytes.length - from < 2 + count) throw new DerFault(`read ${what}: the data ends inside its length`);
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[from + 2 + i]!;
    header = 2 + count;
    if (length < 0x80 || length < 256 ** (count - 1))
      throw new DerFault(`read ${what}: length is not in its shortest form`);
  }
  const end = from + header + length;
  if (end > bytes.length) throw new DerFault(`read ${what}: the data ends inside it`);
  return { tag, whole: bytes.subarray(from, end), body: bytes.subarray(from + header, end) };
}

const OID_BYTES_MAX = 64;

/** The dotted text of an OBJECT IDENTIFIER's contents. */
export function oidText(body: Uint8Array): string {
  if (body.length === 0 || body.length > OID_BYTES_MAX || body[body.length - 1]! & 0x80)
    throw new DerFault('read object identifier: it is empty, too long or cut short');
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of body) {
    if (arc === 0 && byte === 0x80) throw new DerFault('read object identifier: an arc is not in its shortest form');
    if (arc > Number.MAX_SAFE_INTEGER / 256) throw new DerFault('read object identifier: an arc is too large');
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (arcs.length === 0) {
      const top = Math.min(2, Math.floor(arc / 40));
      arcs.push(top, arc - top * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

/** The bytes of a BIT STRING that holds whole bytes. */
export function wholeBits(element: Element, what: string): Uint8Array {
  if (element.body.length < 1 || element.body[0] !== 0) throw new DerFault(`read ${what}: wanted whole bytes`);
  return element.body.subarray(1);
}

/** The magnitude of a non-negative INTEGER without its leading zero. */
export function unsignedBytes(element: Element, what: string): Uint8Array {
  const { body } = element;
  if (body.length === 0 || body[0]! & 0x80) throw new DerFault(`read ${what}: wanted a number of 0 or more`);
  if (body.length > 1 && body[0] === 0) {
    if (!(body[1]! & 0x80)) throw new DerFault(`read ${what}: number is not in its shortest form`);
    return body.subarray(1);
  }
  return body;
}
