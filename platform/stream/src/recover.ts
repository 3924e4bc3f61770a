/** What opening finds on disk: the table of segments, with a torn tail of the last one cut off. */
import {
  SEGMENT_HEADER_BYTES,
  isRecordAt,
  pageOf,
  parseRecords,
  segmentHeader,
  segmentHeaderFault,
  type Page,
} from './frame.ts';
import { damage, listBases, newSegment, readAt, scanSegment, type Segment } from './segments.ts';
import type { FileHandleLike, FileLayer, StreamNotice, StreamRecord } from './types.ts';

interface Place {
  readonly files: FileLayer;
  readonly folder: string;
  readonly notice: (notice: StreamNotice) => void;
}

/** Reads the folder; makes the first segment where there is none. Throws StreamDamage for what a torn tail does not explain. */
export async function recover(place: Place): Promise<Segment[]> {
  const bases = await listBases(place.files, place.folder);
  if (bases.length === 0) return [await createSegment(place, 1)];
  const segments: Segment[] = [];
  for (const [i, base] of bases.entries()) {
    const next = bases[i + 1];
    const segment = newSegment(place.folder, base);
    if (next === undefined) await openLast(place, segment);
    else await openEarlier(place, segment, next);
    segments.push(segment);
  }
  return segments;
}

/** A new, empty segment file, durable with its name. */
export async function createSegment(place: Omit<Place, 'notice'>, base: number): Promise<Segment> {
  const segment = newSegment(place.folder, base);
  const handle = await place.files.open(segment.path, 'w');
  try {
    await writeAll(handle, [segmentHeader(base)]);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await place.files.syncFolder(place.folder);
  return segment;
}

/** writev until all of it is written: a short write is not an error for the kernel, but it is for a record. */
export async function writeAll(handle: FileHandleLike, buffers: readonly Uint8Array[]): Promise<void> {
  let rest = buffers;
  while (rest.length > 0) {
    let written = await handle.writev(rest);
    if (written === 0) throw new Error('write to stream: the disk took 0 bytes, wanted at least 1');
    let done = 0;
    while (done < rest.length && written >= rest[done]!.length) written -= rest[done++]!.length;
    rest = written === 0 ? rest.slice(done) : [rest[done]!.subarray(written), ...rest.slice(done + 1)];
  }
}

/** Only header and first record are looked at here; every other record is checked when it is read. */
async function openEarlier(place: Place, segment: Segment, next: number): Promise<void> {
  const handle = await place.files.open(segment.path, 'r');
  try {
    const fault = segmentHeaderFault(await readAt(handle, 0, SEGMENT_HEADER_BYTES), segment.base);
    if (fault) throw damage(segment, 0, fault);
    segment.firstAt = await firstAt(handle, segment);
    segment.bytes = await handle.size();
    segment.last = next - 1;
  } finally {
    await handle.close();
  }
}

const FIRST_READ_BYTES = 4_096;
async function firstAt(handle: FileHandleLike, segment: Segment): Promise<number | null> {
  const records: StreamRecord[] = [];
  for (let length = FIRST_READ_BYTES; records.length === 0;) {
    const page = pageOf(await readAt(handle, SEGMENT_HEADER_BYTES, length));
    const range = { from: 0, end: page.bytes.length, position: segment.base, max: 1 };
    const parsed = parseRecords(page, range, records);
    if (parsed.fault) throw damage(segment, SEGMENT_HEADER_BYTES, parsed.fault);
    if (records.length === 0 && page.bytes.length < length)
      throw damage(segment, SEGMENT_HEADER_BYTES, 'it ends before its first record, and another segment follows');
    length = parsed.wanted;
  }
  return records[0]!.at;
}

async function openLast(place: Place, segment: Segment): Promise<void> {
  const handle = await place.files.open(segment.path, 'r+');
  try {
    const { fault, size } = await scanSegment(handle, segment);
    const isBegun = size > SEGMENT_HEADER_BYTES;
    const headerFault = segmentHeaderFault(await readAt(handle, 0, SEGMENT_HEADER_BYTES), segment.base);
    // The header was durable before the first record went in, so a bad one with records behind it is no torn tail.
    if (headerFault && isBegun) throw damage(segment, 0, headerFault);
    if (headerFault) await restart(place, { handle, segment, fault: headerFault, size });
    else if (fault) await cutTail(place, { handle, segment, fault, size });
    // After a kill the last records may be whole but only in memory: nobody reads them before they are durable.
    else await handle.datasync();
  } finally {
    await handle.close();
  }
}

interface Tail {
  readonly handle: FileHandleLike;
  readonly segment: Segment;
  readonly fault: string;
  readonly size: number;
}

/** A power cut fell between making the file and syncing its header. */
async function restart(place: Place, tail: Tail): Promise<void> {
  await tail.handle.truncate(0);
  await writeAll(tail.handle, [segmentHeader(tail.segment.base)]);
  await tail.handle.datasync();
  tellCut(place, tail);
}

async function cutTail(place: Place, tail: Tail): Promise<void> {
  await keepIfWhole(place, tail);
  await tail.handle.truncate(tail.segment.bytes);
  await tail.handle.datasync();
  tellCut(place, tail);
}

function tellCut(place: Place, { segment, fault, size }: Tail): void {
  place.notice({
    kind: 'tail-cut',
    message:
      `open stream: file "${segment.path}" had a torn tail at offset ${segment.bytes} (${fault}); ` +
      `cut off ${Math.max(0, size - segment.bytes)} bytes, the last whole record is ${segment.last}`,
  });
}

/**
 * A torn write leaves nothing readable behind it as a rule. Where whole records follow the bad one, the disk may have lost what was
 * acknowledged: the bytes are kept beside the segment before they are cut, so that an operator can look at them.
 */
async function keepIfWhole(place: Place, { handle, segment, size }: Tail): Promise<void> {
  const length = size - segment.bytes;
  if (length <= 0) return;
  const page: Page = pageOf(await readAt(handle, segment.bytes, length));
  let found = -1;
  for (let offset = 1; offset < page.bytes.length && found < 0; offset++)
    if (isRecordAt(page, offset, segment.last + 1)) found = offset;
  if (found < 0) return;
  const path = `${segment.path}.cut`;
  const copy = await place.files.open(path, 'w');
  try {
    await writeAll(copy, [page.bytes]);
    await copy.datasync();
  } finally {
    await copy.close();
  }
  await place.files.syncFolder(place.folder);
  place.notice({
    kind: 'tail-cut',
    message: `open stream: whole records follow the bad one in "${segment.path}"; what is cut off is kept in "${path}"`,
  });
}
