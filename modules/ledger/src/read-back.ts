/** Reads stored entries from the log: neighbours with one read. */
import { OperationalFault } from '@cityward/kernel';
import { commitmentOf } from './commitment.ts';
import { entryText, parseBody, type Body } from './domain/body.ts';
import { recordAt, type WalRecord } from './wal-frame.ts';
import type { Wal } from './wal.ts';

export interface StoredRecord {
  readonly index: number;
  readonly position: number;
  readonly salt: Buffer;
  /** The body as it was committed to, and read. */
  readonly text: string;
  readonly body: Body;
  readonly commitment: string;
  /** The public entry. */
  readonly entry: string;
}

/** Entries this near to each other in a segment are read at once. */
const GAP_MAX_BYTES = 65_536;
const RUN_MAX_BYTES = 8 * 1_048_576;

export interface ReadBack {
  readonly wal: Wal;
  readonly indices: readonly number[];
  readonly offset: (index: number) => number;
}

interface Place {
  readonly index: number;
  readonly segment: number;
  readonly offset: number;
}

/** Answers in the order of `indices`. Throws when the log does not hold one of them. */
export async function recordsIn({ wal, indices, offset }: ReadBack): Promise<StoredRecord[]> {
  const places = indices.map((index): Place => ({ index, segment: wal.segmentOf(index), offset: offset(index) }));
  const found = new Map<number, StoredRecord>();
  for (const run of runsOf(places)) {
    const [first, last] = [run[0]!, run.at(-1)!];
    const bytes = await wal.read(first.segment, first.offset, last.offset - first.offset);
    for (const place of run) {
      const inRun = place === last ? null : recordAt(bytes, place.offset - first.offset);
      found.set(place.index, stored(place.index, inRun ?? (await wal.record(place))));
    }
  }
  return indices.map((index) => found.get(index)!);
}

function runsOf(places: readonly Place[]): Place[][] {
  const sorted = [...places].sort((a, b) => a.segment - b.segment || a.offset - b.offset);
  const runs: Place[][] = [];
  for (const place of sorted) {
    const run = runs.at(-1);
    const [first, last] = [run?.[0], run?.at(-1)];
    const isNear = last?.segment === place.segment && place.offset - last.offset <= GAP_MAX_BYTES;
    if (run && isNear && place.offset - first!.offset <= RUN_MAX_BYTES) run.push(place);
    else runs.push([place]);
  }
  return runs;
}

function stored(index: number, { position, salt, body: bytes }: WalRecord): StoredRecord {
  const text = bytes.toString('utf8');
  const body = parseBody(text);
  if (!body) throw new OperationalFault(`read the ledger: entry ${index} is not readable; verify the disk`);
  const commitment = commitmentOf(salt, bytes);
  return { index, position, salt, text, body, commitment, entry: entryText(body, commitment) };
}
