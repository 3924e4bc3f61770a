/** Nothing acknowledged is lost, wherever the power goes; and these tests notice when the fdatasync is not real. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OperationalFault, seeded } from '@cityward/kernel';
import { openStream } from './stream.ts';
import { createMemoryDisk, type MemoryDisk, type MemoryDiskOptions } from './testing.ts';
import type { Stream, StreamNotice, StreamRecord } from './types.ts';

const FOLDER = '/disk/stream';
const SEGMENT_BYTES = 4_096;

const open = (disk: MemoryDisk, more: { onNotice?: (notice: StreamNotice) => void } = {}): Promise<Stream> =>
  openStream({
    folder: FOLDER,
    files: disk.files,
    segmentMaxBytes: SEGMENT_BYTES,
    now: () => 1_700_000_000_000,
    ...more,
  });

async function all(stream: Stream): Promise<StreamRecord[]> {
  const records: StreamRecord[] = [];
  for await (const batch of stream.read()) records.push(...batch);
  return records;
}

interface Outcome {
  readonly acknowledged: Map<number, string>;
  readonly offset: number;
  readonly survived: MemoryDisk;
}

/** Appends in bursts and consumes beside it until the power goes; tells what was promised until then. */
async function runUntilCut(seed: number, options: MemoryDiskOptions): Promise<Outcome> {
  const random = seeded(seed);
  const disk = createMemoryDisk({ ...options, cutAt: 5 + random.int(400) });
  const acknowledged = new Map<number, string>();
  let offset = 0;
  try {
    const stream = await open(disk);
    const stopped = new AbortController();
    const consuming = stream.consume('reader', () => Promise.resolve(), {
      signal: stopped.signal,
      onFault: () => undefined,
    });
    while (!disk.dead) {
      for (let i = 1 + random.int(12); i > 0; i--) {
        const text = `${seed}:${random.int(1e9)}:${'x'.repeat(random.int(700))}`;
        stream.appendThen(Buffer.from(text), (error, position) => {
          if (!error) acknowledged.set(position, text);
        });
      }
      for (let turns = random.int(6); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      offset = stream.offset('reader');
    }
    stopped.abort();
    await consuming;
    await stream.close();
  } catch {
    // the power went: what was promised before counts
  }
  return { acknowledged, offset, survived: disk.powerCut(() => random.next()) };
}

async function lost(outcome: Outcome): Promise<number> {
  const stream = await open(outcome.survived);
  const records = await all(stream);
  records.forEach((record, i) => expect(record.position).toBe(records[0]!.position + i));
  const stored = new Map(records.map((record) => [record.position, Buffer.from(record.payload).toString()]));
  let missing = 0;
  for (const [position, text] of outcome.acknowledged) if (stored.get(position) !== text) missing++;
  // It goes on from there as if nothing had been.
  const next = await stream.append(Buffer.from('after the cut'));
  expect(next).toBe(stream.last);
  expect((await all(stream)).at(-1)!.position).toBe(next);
  await stream.close();
  return missing;
}

describe('a power cut', () => {
  test('at any operation loses nothing acknowledged and leaves no hole', async () => {
    let acknowledged = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1 }), fc.constantFrom(undefined, 300), async (seed, writeMaxBytes) => {
        const outcome = await runUntilCut(seed, writeMaxBytes === undefined ? {} : { writeMaxBytes });
        acknowledged += outcome.acknowledged.size;
        expect(await lost(outcome)).toBe(0);
      }),
      { numRuns: 150 },
    );
    expect(acknowledged).toBeGreaterThan(2_500);
  });

  test('loses acknowledged records when datasync does nothing: the test above can fail', async () => {
    let missing = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const outcome = await runUntilCut(seed, { liesAboutSync: true });
      missing += await lost(outcome).catch(() => outcome.acknowledged.size);
    }
    expect(missing).toBeGreaterThan(0);
  });

  test('keeps group offsets at or before the last record', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const outcome = await runUntilCut(seed, {});
      const stream = await open(outcome.survived);
      expect(stream.offset('reader')).toBeGreaterThanOrEqual(outcome.offset);
      expect(stream.offset('reader')).toBeLessThanOrEqual(stream.last);
      await stream.close();
    }
  });
});

describe('a disk that fails', () => {
  test('full: refuses, keeps nothing half-written, works again once there is room', async () => {
    const notices: StreamNotice[] = [];
    const disk = createMemoryDisk({ capacityBytes: 3_000 });
    const stream = await open(disk, { onNotice: (notice) => notices.push(notice) });
    const kept: number[] = [];
    let refused: unknown;
    while (!refused)
      await stream.append(Buffer.alloc(200, 7)).then(
        (position) => kept.push(position),
        (error: unknown) => (refused = error),
      );
    expect(refused).toBeInstanceOf(OperationalFault);
    expect((refused as Error).message).toMatch(/is full, wanted room/);
    expect(stream.stats().healthy).toBe(false);
    await expect(stream.append(Buffer.alloc(200, 7))).rejects.toBeInstanceOf(OperationalFault);
    expect((await all(stream)).length).toBe(kept.length);

    disk.setCapacity(1e9);
    expect(await stream.append(Buffer.from('room again'))).toBe(kept.length + 1);
    expect(stream.stats().healthy).toBe(true);
    await stream.close();
    const again = await open(disk.powerCut(() => 1));
    expect((await all(again)).map((record) => record.position)).toEqual([...kept, kept.length + 1]);
    expect(notices.map((notice) => notice.kind)).toEqual(['write-failed', 'write-recovered']);
    await again.close();
  });

  test('full while a new segment begins: the next start finds a whole stream', async () => {
    const disk = createMemoryDisk();
    const stream = await open(disk);
    while (stream.stats().bytes < SEGMENT_BYTES) await stream.append(Buffer.alloc(500, 1));
    disk.setCapacity(stream.stats().bytes + 10);
    await expect(stream.append(Buffer.alloc(500, 2))).rejects.toBeInstanceOf(OperationalFault);
    const last = stream.last;
    disk.setCapacity(1e9);
    expect(await stream.append(Buffer.alloc(500, 3))).toBe(last + 1);
    expect(stream.stats().segments).toBe(2);
    await stream.close();
    const again = await open(disk.powerCut(() => 1));
    expect(again.last).toBe(last + 1);
    await again.close();
  });

  test('torn write and failed sync: all that waited is refused, positions stay without gaps', async () => {
    const disk = createMemoryDisk();
    const stream = await open(disk);
    await stream.append(Buffer.from('one'));
    for (const harm of [() => disk.tearNextWrite(10), () => disk.failNextSync()]) {
      harm();
      const burst = await Promise.allSettled([1, 2, 3].map((n) => stream.append(Buffer.from(`lost ${n}`))));
      expect(burst.every((one) => one.status === 'rejected')).toBe(true);
      await stream.append(Buffer.from('kept'));
    }
    expect(await stream.append(Buffer.from('two'))).toBe(4);
    await stream.close();
    const again = await open(disk.powerCut(() => 1));
    expect((await all(again)).map((record) => Buffer.from(record.payload).toString())).toEqual([
      'one',
      'kept',
      'kept',
      'two',
    ]);
    await again.close();
  });
});
