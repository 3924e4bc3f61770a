/** The table of segment files: which positions each holds, and where in it to begin reading. */
import { join } from 'node:path';
import {
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  StreamDamage,
  pageOf,
  parseRecords,
  segmentHeaderFault,
  type Page,
} from './frame.ts';
import type { FileHandleLike, FileLayer, StreamRecord } from './types.ts';

const SUFFIX = '.seg';
const NAME_DIGITS = 20;
const NAME = /^\d{20}\.seg$/;
/** Bytes between two remembered places of a segment: a search reads at most this much to find its record. */
export const INDEX_EVERY_BYTES = 262_144;
export const SCAN_CHUNK_BYTES = 1_048_576;

export interface Segment {
  readonly path: string;
  /** Position of its first record, also its name. */
  readonly base: number;
  /** Durable bytes, header included; for the last segment this is where the next record goes. */
  bytes: number;
  /** Last durable position; base - 1 while it has none. */
  last: number;
  /** When its first record was appended; `null` while it has none. */
  firstAt: number | null;
  /** Ascending pairs position, offset; filled as the segment is written or read through. */
  readonly marks: Mark[];
}
export interface Mark {
  readonly position: number;
  readonly offset: number;
}

export const segmentPath = (folder: string, base: number): string =>
  join(folder, `${String(base).padStart(NAME_DIGITS, '0')}${SUFFIX}`);

export const newSegment = (folder: string, base: number): Segment => ({
  path: segmentPath(folder, base),
  base,
  bytes: SEGMENT_HEADER_BYTES,
  last: base - 1,
  firstAt: null,
  marks: [{ position: base, offset: SEGMENT_HEADER_BYTES }],
});

/** First positions of the segments in the folder, ascending. */
export async function listBases(files: FileLayer, folder: string): Promise<number[]> {
  const names = await files.list(folder);
  return names
    .filter((name) => NAME.test(name))
    .map((name) => Number(name.slice(0, NAME_DIGITS)))
    .sort((a, b) => a - b);
}

/** Remembers a place when the last remembered one is far enough behind. */
export function mark(segment: Segment, position: number, offset: number): void {
  const latest = segment.marks.at(-1)!;
  if (offset - latest.offset >= INDEX_EVERY_BYTES) segment.marks.push({ position, offset });
}

/** The last remembered place at or before the position. */
export function markBefore(segment: Segment, position: number): Mark {
  let low = 0;
  let high = segment.marks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (segment.marks[middle]!.position <= position) low = middle;
    else high = middle - 1;
  }
  return segment.marks[low]!;
}

/** The segment that holds the position, or would; `undefined` before the first. */
export function segmentAt(segments: readonly Segment[], position: number): Segment | undefined {
  for (let i = segments.length - 1; i >= 0; i--) if (segments[i]!.base <= position) return segments[i];
  return undefined;
}

export const damage = (segment: Pick<Segment, 'path'>, offset: number, fault: string): StreamDamage =>
  new StreamDamage(
    `read stream file "${segment.path}" at offset ${offset}: ${fault}; wanted what was written there. Restore the file from a backup`,
  );

/** Reads `length` bytes or as many as there are. */
export async function readAt(handle: FileHandleLike, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const got = await handle.read(bytes.subarray(filled), offset + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled === length ? bytes : bytes.subarray(0, filled);
}

/** Where a scan stopped: `fault` tells what is wrong with the bytes from `segment.bytes` on, `null` when it read to the end. */
export interface Scanned {
  readonly fault: string | null;
  readonly size: number;
}

/** Reads a segment through, checking every record, and sets what the table knows about it. Stops at the first bad record. */
export async function scanSegment(handle: FileHandleLike, segment: Segment): Promise<Scanned> {
  const size = await handle.size();
  const headerFault = segmentHeaderFault(await readAt(handle, 0, SEGMENT_HEADER_BYTES), segment.base);
  if (headerFault) return { fault: headerFault, size };
  const records: StreamRecord[] = [];
  let wanted = SCAN_CHUNK_BYTES;
  while (segment.bytes < size) {
    const page: Page = pageOf(await readAt(handle, segment.bytes, Math.min(wanted, size - segment.bytes)));
    records.length = 0;
    const range = { from: 0, end: page.bytes.length, position: segment.last + 1, max: Number.MAX_SAFE_INTEGER };
    const parsed = parseRecords(page, range, records);
    for (const record of records) noteRecord(segment, record);
    if (parsed.fault) return { fault: parsed.fault, size };
    if (parsed.next === 0 && page.bytes.length < wanted)
      return { fault: `it ends inside a record that needs ${parsed.wanted} bytes`, size };
    wanted = Math.max(SCAN_CHUNK_BYTES, parsed.wanted);
  }
  return { fault: null, size };
}

/** Moves the end of the segment past one more record. */
export function noteRecord(segment: Segment, record: StreamRecord): void {
  mark(segment, record.position, segment.bytes);
  segment.firstAt ??= record.at;
  segment.bytes += RECORD_HEADER_BYTES + record.payload.length;
  segment.last = record.position;
}
