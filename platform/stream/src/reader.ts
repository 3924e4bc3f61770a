/** Reads durable records in order with bounded memory: a cursor that goes from segment to segment and follows the growing one. */
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, pageOf, parseRecords } from './frame.ts';
import { damage, mark, markBefore, readAt, segmentAt, type Segment } from './segments.ts';
import type { FileHandleLike, FileLayer, StreamRecord } from './types.ts';

/** What one read takes from the disk; a batch never holds more than this, or one record. */
const READ_CHUNK_BYTES = 262_144;

export interface Cursor {
  /** The next records up to `to`, at most `max` and one chunk; `null` when no durable one is left. Throws StreamDamage. */
  next(to: number, max: number): Promise<readonly StreamRecord[] | null>;
  /** Where `next` will go on. */
  readonly position: number;
  close(): Promise<void>;
}

interface Place {
  segment: Segment;
  handle: FileHandleLike;
  offset: number;
}

export function createCursor(files: FileLayer, segments: readonly Segment[], from: number): Cursor {
  let position = from;
  let place: Place | null = null;

  const leave = async (): Promise<void> => {
    const left = place;
    place = null;
    await left?.handle.close();
  };

  const enter = async (): Promise<Place | null> => {
    if (place && position <= place.segment.last) return place;
    if (position > (segments.at(-1)?.last ?? 0)) return null;
    await leave();
    // Retention may have dropped what this cursor wanted next.
    position = Math.max(position, segments[0]!.base);
    const segment = segmentAt(segments, position)!;
    const handle = await files.open(segment.path, 'r');
    place = { segment, handle, offset: await seek(handle, segment, position) };
    return place;
  };

  return {
    async next(to, max) {
      if (position > to) return null;
      const here = await enter();
      if (!here || position > to) return null;
      const records = await readBatch(here, position, Math.min(max, to - position + 1));
      position += records.length;
      return records;
    },
    get position() {
      return position;
    },
    close: leave,
  };
}

/** Reads one chunk from the place on and moves the place; at least one record, or it throws. */
async function readBatch(place: Place, position: number, max: number): Promise<StreamRecord[]> {
  const { segment, handle } = place;
  const records: StreamRecord[] = [];
  let wanted = READ_CHUNK_BYTES;
  while (records.length === 0) {
    const length = Math.min(wanted, segment.bytes - place.offset);
    const page = pageOf(await readAt(handle, place.offset, length));
    const parsed = parseRecords(page, { from: 0, end: page.bytes.length, position, max }, records);
    if (parsed.fault && records.length === 0) throw damage(segment, place.offset, parsed.fault);
    if (records.length === 0 && page.bytes.length < wanted)
      throw damage(segment, place.offset, `it ends before record ${position}`);
    if (records.length > 0) mark(segment, position, place.offset);
    place.offset += parsed.next;
    wanted = Math.max(parsed.wanted, READ_CHUNK_BYTES);
  }
  return records;
}

const HOP_CHUNK_BYTES = 65_536;

/** The offset of a record: from the last remembered place on, by the lengths in the headers. */
async function seek(handle: FileHandleLike, segment: Segment, position: number): Promise<number> {
  const start = markBefore(segment, position);
  let { offset, position: at } = start;
  let page = pageOf(Buffer.alloc(0));
  let pageStart = offset;
  while (at < position) {
    if (offset + RECORD_HEADER_BYTES > pageStart + page.bytes.length) {
      pageStart = offset;
      page = pageOf(await readAt(handle, offset, Math.min(HOP_CHUNK_BYTES, segment.bytes - offset)));
      if (page.bytes.length < RECORD_HEADER_BYTES) throw damage(segment, offset, `it ends before record ${at}`);
    }
    const length = page.view.getUint32(offset - pageStart + 4, true);
    offset += RECORD_HEADER_BYTES + length;
    at++;
    mark(segment, at, offset);
  }
  return Math.max(offset, SEGMENT_HEADER_BYTES);
}
