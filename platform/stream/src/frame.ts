/** How records and segment headers lie in a file; every check of what is read back is here. */
import { crc32 } from 'node:zlib';
import type { StreamRecord } from './types.ts';

/**
 * Record: crc32 (u32) of all that follows, payload length (u32), position (u64), time of append in ms (u64), payload. Little-endian.
 * The position inside the checksum means that a record copied to another place is refused too.
 */
export const RECORD_HEADER_BYTES = 24;
/** Magic (8), position of the first record (u64), crc32 of those 16 bytes (u32), zero (u32). */
export const SEGMENT_HEADER_BYTES = 24;
export const RECORD_MAX_BYTES = 1_048_576;

const MAGIC = Buffer.from('CWSEG1\r\n', 'latin1');
const TWO_32 = 4_294_967_296;

/** A file that does not hold what the stream wrote there; names the file and the offset. */
export class StreamDamage extends Error {
  override readonly name = 'StreamDamage';
}

function setU64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setUint32(offset + 4, Math.floor(value / TWO_32), true);
}
const getU64 = (view: DataView, offset: number): number =>
  view.getUint32(offset + 4, true) * TWO_32 + view.getUint32(offset, true);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A buffer with the view that reads its numbers, made once for many records. */
export interface Page {
  readonly bytes: Buffer;
  readonly view: DataView;
}
export const pageOf = (bytes: Buffer): Page => ({ bytes, view: viewOf(bytes) });

/** Writes one record at `offset`; answers the offset after it. The caller has made sure that it fits. */
export function writeRecord(page: Page, offset: number, record: StreamRecord): number {
  const { bytes, view } = page;
  const end = offset + RECORD_HEADER_BYTES + record.payload.length;
  view.setUint32(offset + 4, record.payload.length, true);
  setU64(view, offset + 8, record.position);
  setU64(view, offset + 16, record.at);
  bytes.set(record.payload, offset + RECORD_HEADER_BYTES);
  view.setUint32(offset, crc32(bytes.subarray(offset + 4, end)), true);
  return end;
}

export interface Parsed {
  /** Where the first byte not taken lies. */
  readonly next: number;
  /** Bytes wanted from `next` on for the record that is there in part; 0 when nothing is left over. */
  readonly wanted: number;
  /** Why the bytes at `next` cannot be a record; `null` while all is well. */
  readonly fault: string | null;
}

/** Takes whole records out of `page`, from `from` to `end`, into `out`; the first must have `position`. Payloads are views of the page. */
export function parseRecords(
  page: Page,
  range: { readonly from: number; readonly end: number; readonly position: number; readonly max: number },
  out: StreamRecord[],
): Parsed {
  const { bytes, view } = page;
  let offset = range.from;
  let position = range.position;
  for (let taken = 0; taken < range.max; taken++) {
    const left = range.end - offset;
    if (left < RECORD_HEADER_BYTES) return { next: offset, wanted: left === 0 ? 0 : RECORD_HEADER_BYTES, fault: null };
    const length = view.getUint32(offset + 4, true);
    const fault = headerFault(view, offset, position);
    if (fault) return { next: offset, wanted: 0, fault };
    const size = RECORD_HEADER_BYTES + length;
    if (left < size) return { next: offset, wanted: size, fault: null };
    const end = offset + size;
    if (crc32(bytes.subarray(offset + 4, end)) !== view.getUint32(offset, true))
      return { next: offset, wanted: 0, fault: 'its checksum does not match' };
    out.push({ position, at: getU64(view, offset + 16), payload: bytes.subarray(offset + RECORD_HEADER_BYTES, end) });
    offset = end;
    position++;
  }
  return { next: offset, wanted: 0, fault: null };
}

function headerFault(view: DataView, offset: number, position: number): string | null {
  const length = view.getUint32(offset + 4, true);
  if (length > RECORD_MAX_BYTES) return `its length ${length} is above ${RECORD_MAX_BYTES}`;
  const found = getU64(view, offset + 8);
  return found === position ? null : `it says position ${found}, wanted ${position}`;
}

/** True when a whole record with a right checksum and a position from `position` on begins at `offset`. */
export function isRecordAt(page: Page, offset: number, position: number): boolean {
  const { bytes, view } = page;
  if (bytes.length - offset < RECORD_HEADER_BYTES) return false;
  const length = view.getUint32(offset + 4, true);
  const end = offset + RECORD_HEADER_BYTES + length;
  if (length > RECORD_MAX_BYTES || end > bytes.length) return false;
  const found = getU64(view, offset + 8);
  if (found < position || found > position + bytes.length) return false;
  return crc32(bytes.subarray(offset + 4, end)) === view.getUint32(offset, true);
}

export function segmentHeader(base: number): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes);
  const view = viewOf(bytes);
  setU64(view, 8, base);
  view.setUint32(16, crc32(bytes.subarray(0, 16)), true);
  return bytes;
}

/** `null` when the bytes are the header of the segment that begins at `base`, else what is wrong with them. */
export function segmentHeaderFault(bytes: Buffer, base: number): string | null {
  if (bytes.length < SEGMENT_HEADER_BYTES)
    return `it has ${bytes.length} bytes, wanted a header of ${SEGMENT_HEADER_BYTES}`;
  if (!bytes.subarray(0, 8).equals(MAGIC)) return 'it does not begin with the mark of a segment';
  const view = viewOf(bytes);
  if (crc32(bytes.subarray(0, 16)) !== view.getUint32(16, true)) return 'the checksum of its header does not match';
  const found = getU64(view, 8);
  return found === base ? null : `its header says it begins at ${found}, its name says ${base}`;
}

const OFFSET_MAGIC = 0x4f575743; // "CWWO"
export const OFFSET_BYTES = 32;

/** A group's offset as one slot file holds it: mark, crc32, sequence, position. The valid slot with the highest sequence counts. */
export function offsetSlot(sequence: number, position: number): Buffer {
  const bytes = Buffer.alloc(OFFSET_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, OFFSET_MAGIC, true);
  setU64(view, 8, sequence);
  setU64(view, 16, position);
  view.setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

/** `null` for a slot that is empty, torn or foreign. */
export function parseOffsetSlot(bytes: Buffer): { readonly sequence: number; readonly position: number } | null {
  if (bytes.length < OFFSET_BYTES) return null;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== OFFSET_MAGIC || view.getUint32(4, true) !== crc32(bytes.subarray(8, OFFSET_BYTES)))
    return null;
  return { sequence: getU64(view, 8), position: getU64(view, 16) };
}
