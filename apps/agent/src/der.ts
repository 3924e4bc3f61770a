/** The little of DER (X.690) that a device needs: writing a certificate request, finding the certificates of an answer. */

const bytesOfLength = (length: number): Buffer => {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x100) return Buffer.from([0x81, length]);
  return Buffer.from([0x82, length >> 8, length & 0xff]);
};

/** One element; `parts` are put one after the other. Meant for bodies below 64 KiB. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length > 0xffff) throw new RangeError(`write DER of ${body.length} bytes: want at most 65535`);
  return Buffer.concat([Buffer.from([tag]), bytesOfLength(body.length), body]);
}
export const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts);

export interface DerElement {
  readonly tag: number;
  readonly body: Buffer;
  /** The element with its tag and length. */
  readonly whole: Buffer;
}
const LENGTH_BYTES_MAX = 3;

/** Reads the element that begins at `at`; null where there is none that fits in what is there. */
export function readElement(from: Buffer, at: number): DerElement | null {
  const tag = from[at];
  const first = from[at + 1];
  if (tag === undefined || first === undefined) return null;
  let header = 2;
  let length = first;
  if (first >= 0x80) {
    const count = first - 0x80;
    if (count === 0 || count > LENGTH_BYTES_MAX || at + 2 + count > from.length) return null;
    length = from.readUIntBE(at + 2, count);
    header += count;
  }
  const end = at + header + length;
  if (end > from.length) return null;
  return { tag, body: from.subarray(at + header, end), whole: from.subarray(at, end) };
}

/** The elements inside a body, or null when they do not fill it exactly. */
export function readAll(body: Buffer): DerElement[] | null {
  const found: DerElement[] = [];
  for (let at = 0; at < body.length;) {
    const element = readElement(body, at);
    if (!element) return null;
    found.push(element);
    at += element.whole.length;
  }
  return found;
}
