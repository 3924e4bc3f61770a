/** The stream on a real folder: order, groups, live tail, repair, retention, backpressure, the lock. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OperationalFault } from '@cityward/kernel';
import {
  RECORD_MAX_BYTES,
  StreamDamage,
  openStream,
  type Stream,
  type StreamNotice,
  type StreamOptions,
} from './index.ts';

let folder: string;
let streams: Stream[] = [];
let notices: StreamNotice[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cityward-stream-'));
  notices = [];
});
afterEach(async () => {
  for (const stream of streams) await stream.close();
  streams = [];
  await rm(folder, { recursive: true });
});

async function open(options: Partial<StreamOptions> = {}): Promise<Stream> {
  const stream = await openStream({ folder, onNotice: (notice) => notices.push(notice), ...options });
  streams.push(stream);
  return stream;
}
const fill = async (stream: Stream, count: number, size = 100): Promise<void> => {
  for (let done = 0; done < count; done += 100)
    await Promise.all(
      Array.from({ length: Math.min(100, count - done) }, (_, i) =>
        stream.append(Buffer.from(`${done + i}`.padEnd(size, '.'))),
      ),
    );
};
async function positions(stream: Stream, from?: number, to?: number): Promise<number[]> {
  const found: number[] = [];
  for await (const batch of stream.read(from, to)) found.push(...batch.map((record) => record.position));
  return found;
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const segmentFiles = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.seg')).sort();
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('append and read', () => {
  test('gives positions from 1 without gaps, across segments and restarts', async () => {
    const at = Date.now() - 5;
    const stream = await open({ segmentMaxBytes: 5_000, now: () => at });
    await fill(stream, 300);
    expect(stream.stats().segments).toBeGreaterThan(2);
    expect(await positions(stream)).toEqual(range(1, 300));
    expect(await positions(stream, 150, 160)).toEqual(range(150, 160));
    await stream.close();

    const again = await open({ segmentMaxBytes: 5_000 });
    expect([again.first, again.last]).toEqual([1, 300]);
    expect(await positions(again, 299)).toEqual([299, 300]);
    expect(await positions(again, 77, 78)).toEqual([77, 78]);
    expect(await again.append(Buffer.from('next'))).toBe(301);
    for await (const [record] of again.read(7, 7)) {
      expect(Buffer.from(record!.payload).toString()).toBe('6'.padEnd(100, '.'));
      expect(record!.at).toBe(at);
    }
  });

  test('copies the payload: the caller may use its buffer again at once', async () => {
    const stream = await open();
    const buffer = Buffer.from('first');
    const stored = stream.append(buffer);
    buffer.write('wrong');
    await stored;
    for await (const [record] of stream.read()) expect(Buffer.from(record!.payload).toString()).toBe('first');
  });

  test('shares one sync among all that wait', async () => {
    const stream = await open();
    await Promise.all(range(1, 500).map((n) => stream.append(Buffer.from(String(n)))));
    expect(stream.stats().syncs).toBeLessThan(10);
  });

  test('takes an empty and the largest payload, refuses a larger one', async () => {
    const stream = await open();
    await stream.append(Buffer.alloc(0));
    await stream.append(Buffer.alloc(RECORD_MAX_BYTES, 1));
    await expect(stream.append(Buffer.alloc(RECORD_MAX_BYTES + 1))).rejects.toThrow(/wanted at most 1048576/);
    const sizes: number[] = [];
    for await (const batch of stream.read()) sizes.push(...batch.map((record) => record.payload.length));
    expect(sizes).toEqual([0, RECORD_MAX_BYTES]);
  });

  test('refuses when too much waits for the disk, and takes again afterwards', async () => {
    const stream = await open({ pendingMaxBytes: 1_000 });
    const results = await Promise.allSettled(range(1, 20).map(() => stream.append(Buffer.alloc(100))));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBe(12);
    expect((refused[0] as PromiseRejectedResult).reason).toBeInstanceOf(OperationalFault);
    expect(stream.stats().pendingBytes).toBe(0);
    expect(await stream.append(Buffer.alloc(100))).toBe(9);
  });

  test('refuses after close', async () => {
    const stream = await open();
    await stream.close();
    await expect(stream.append(Buffer.alloc(1))).rejects.toThrow(/closed/);
  });
});

describe('consumer groups', () => {
  test('follow the live tail without losing or repeating, and go on where they stopped', async () => {
    const stream = await open({ segmentMaxBytes: 3_000 });
    const seen: number[] = [];
    const first = new AbortController();
    const consuming = stream.consume(
      'watch',
      (batch) => {
        seen.push(...batch.map((record) => record.position));
        return Promise.resolve();
      },
      { signal: first.signal, batchMax: 7 },
    );
    await fill(stream, 250);
    await until(() => seen.length === 250);
    first.abort();
    await consuming;
    expect(seen).toEqual(range(1, 250));
    expect(stream.offset('watch')).toBe(250);
    await fill(stream, 10);
    await stream.close();

    const again = await open();
    expect(again.stats().groups).toEqual({ watch: 250 });
    const more: number[] = [];
    const second = new AbortController();
    await again.consume(
      'watch',
      (batch) => {
        more.push(...batch.map((record) => record.position));
        if (more.length === 10) second.abort();
        return Promise.resolve();
      },
      { signal: second.signal },
    );
    expect(more).toEqual(range(251, 260));
  });

  test('begin after a given position, and leave the offset to the caller who asks for that', async () => {
    const stream = await open();
    await fill(stream, 20);
    const stop = new AbortController();
    const seen: number[] = [];
    await stream.consume(
      'snapshot',
      (batch) => {
        seen.push(...batch.map((record) => record.position));
        stop.abort();
        return Promise.resolve();
      },
      { signal: stop.signal, after: 12, commits: 'by-caller' },
    );
    expect(seen).toEqual(range(13, 20));
    expect(stream.offset('snapshot')).toBe(0);
    await stream.commit('snapshot', 15);
    expect(stream.offset('snapshot')).toBe(15);
    await expect(stream.commit('snapshot', 21)).rejects.toThrow(/wanted a position from 0 to 20/);
    await stream.forget('snapshot');
    expect(stream.stats().groups).toEqual({});
  });

  test('retry a batch that throws, then stop and tell why', async () => {
    const stream = await open();
    await fill(stream, 3);
    let calls = 0;
    const faults: Error[] = [];
    const stop = new AbortController();
    await stream.consume(
      'flaky',
      () => (++calls < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(stop.abort())),
      { signal: stop.signal, onFault: (fault) => faults.push(fault) },
    );
    expect([calls, faults, stream.offset('flaky')]).toEqual([3, [], 3]);

    await stream.consume('broken', () => Promise.reject(new Error('never')), {
      signal: new AbortController().signal,
      onFault: (fault) => faults.push(fault),
    });
    expect(faults[0]!.message).toBe('consume as "broken": records 1 to 3 failed 6 times, last with: never');
    expect(stream.offset('broken')).toBe(0);
  });

  test('run once at a time under a proper name', async () => {
    const stream = await open();
    const stop = new AbortController();
    const signal = stop.signal;
    const first = stream.consume('one', () => Promise.resolve(), { signal });
    await expect(stream.consume('one', () => Promise.resolve(), { signal })).rejects.toThrow(/already consumes/);
    await expect(stream.consume('../up', () => Promise.resolve(), { signal })).rejects.toThrow(/wanted a group name/);
    await expect(stream.consume('ahead', () => Promise.resolve(), { signal, after: 9 })).rejects.toThrow(/ends at 0/);
    stop.abort();
    await first;
  });
});

describe('repair on open', () => {
  test('cuts a torn tail of the last segment and says so', async () => {
    const stream = await open();
    await fill(stream, 10);
    await stream.close();
    const path = join(folder, (await segmentFiles())[0]!);
    await truncate(path, (await stat(path)).size - 30);
    await appendFile(path, 'garbage');
    const again = await open();
    expect(again.last).toBe(9);
    expect(notices).toHaveLength(1);
    expect(notices[0]!.message).toMatch(/torn tail at offset \d+ .*last whole record is 9/);
    expect(await again.append(Buffer.from('ten'))).toBe(10);
    expect(await positions(again)).toEqual(range(1, 10));
  });

  test('keeps the cut bytes beside it when whole records follow the bad one', async () => {
    const stream = await open();
    await fill(stream, 10);
    await stream.close();
    const path = join(folder, (await segmentFiles())[0]!);
    const bytes = await readFile(path);
    bytes[24 + 124 * 5 + 50]! ^= 1;
    await writeFile(path, bytes);
    const again = await open();
    expect(again.last).toBe(5);
    expect((await readFile(`${path}.cut`)).length).toBe(124 * 5);
    expect(notices.map((notice) => notice.kind)).toEqual(['tail-cut', 'tail-cut']);
  });

  test('begins a last segment anew whose header never became durable', async () => {
    const stream = await open({ segmentMaxBytes: 1_000 });
    await fill(stream, 30);
    await stream.close();
    await writeFile(join(folder, `${String(31).padStart(20, '0')}.seg`), 'CWS');
    const again = await open();
    expect(again.last).toBe(30);
    expect(await again.append(Buffer.from('next'))).toBe(31);
    expect((await positions(again)).length).toBe(31);
  });

  test('names file and offset of a bad record in an earlier segment, and does not go past it', async () => {
    const stream = await open({ segmentMaxBytes: 1_000 });
    for (let i = 0; i < 30; i++) await stream.append(Buffer.alloc(100, i));
    await stream.close();
    const path = join(folder, (await segmentFiles())[1]!);
    const bytes = await readFile(path);
    bytes[24 + 124 * 2 + 60]! ^= 1;
    await writeFile(path, bytes);
    const again = await open();
    await expect(positions(again)).rejects.toThrow(StreamDamage);
    await expect(positions(again)).rejects.toThrow(`"${path}" at offset ${24 + 124 * 2}: its checksum does not match`);
    const faults: Error[] = [];
    let seen = 0;
    await again.consume('watch', (batch) => Promise.resolve(void (seen += batch.length)), {
      signal: new AbortController().signal,
      onFault: (fault) => faults.push(fault),
    });
    expect(faults[0]).toBeInstanceOf(StreamDamage);
    expect(again.offset('watch')).toBe(seen);
  });

  test('refuses an earlier segment that is too short, foreign or renamed', async () => {
    const stream = await open({ segmentMaxBytes: 1_000 });
    for (let i = 0; i < 20; i++) await stream.append(Buffer.alloc(100, i));
    await stream.close();
    const path = join(folder, (await segmentFiles())[0]!);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, whole.length - 124));
    const short = await open();
    await expect(positions(short)).rejects.toThrow(/ends before record/);
    await short.close();
    await writeFile(path, 'not a segment at all, but long enough for a header');
    await expect(open()).rejects.toThrow(/does not begin with the mark of a segment/);
  });
});

describe('retention', () => {
  test('by size: the oldest segments go, never what a group has not read', async () => {
    const stream = await open({ segmentMaxBytes: 1_000, retainMaxBytes: 3_000 });
    const stop = new AbortController();
    const reading = stream.consume('slow', () => Promise.resolve(), { signal: stop.signal, commits: 'by-caller' });
    for (let i = 0; i < 60; i++) await stream.append(Buffer.alloc(100, i));
    await stream.maintain();
    expect(stream.first).toBe(1);
    await stream.commit('slow', 40);
    await stream.maintain();
    expect(stream.first).toBeGreaterThan(10);
    expect(stream.first).toBeLessThanOrEqual(41);
    expect(stream.stats().droppedUnread).toBe(0);
    expect((await positions(stream))[0]).toBe(stream.first);
    stop.abort();
    await reading;
  });

  test('over the hard limit even unread records go, counted and told', async () => {
    const stream = await open({ segmentMaxBytes: 1_000, retainMaxBytes: 2_000 });
    const stop = new AbortController();
    const reading = stream.consume(
      'stuck',
      () => new Promise((resolve) => stop.signal.addEventListener('abort', () => resolve())),
      {
        signal: stop.signal,
      },
    );
    for (let i = 0; i < 200; i++) await stream.append(Buffer.alloc(100, i));
    await stream.maintain();
    expect(stream.stats().bytes).toBeLessThan(4 * 2_000 + 2_000);
    expect(stream.stats().droppedUnread).toBe(stream.first - 1);
    expect(notices.some((notice) => notice.kind === 'unread-dropped')).toBe(true);
    stop.abort();
    await reading;
  });

  test('ends what is old also where nothing comes after it, over a restart too', async () => {
    let now = 1_000_000;
    const clock = { retainMaxAgeMs: 16_000, now: () => now };
    const stream = await open(clock);
    await fill(stream, 3);
    now += 2_000;
    const [rolled, appended] = [stream.maintain(), stream.append(Buffer.from('meanwhile'))];
    await rolled;
    expect(await appended).toBe(4);
    await stream.close();
    const again = await open(clock);
    expect(again.segments().map(({ records }) => records)).toEqual([3, 1]);
    now += 2_000;
    await again.maintain();
    expect(again.segments().map(({ records }) => records)).toEqual([3, 1, 0]);
    now += 30_000;
    await again.maintain();
    expect(again.segments()).toMatchObject([{ records: 0, firstAt: null }]);
    expect(await segmentFiles()).toEqual(again.segments().map(({ name }) => name));
    expect(await again.append(Buffer.from('next'))).toBe(5);
  });
  test('by age, with a segment closed in time', async () => {
    let now = 1_000_000;
    const stream = await open({ retainMaxAgeMs: 16_000, now: () => now });
    for (let i = 0; i < 50; i++) {
      await stream.append(Buffer.from(String(i)));
      now += 1_000;
    }
    await stream.maintain();
    for await (const [record] of stream.read()) {
      expect(record!.at).toBeGreaterThan(now - 16_000 - 3_000);
      break;
    }
    expect(stream.first).toBeGreaterThan(30);
  });
});

describe('the lock', () => {
  test('refuses a second opener in this process and in another, and lets go on close', async () => {
    const stream = await open();
    await expect(openStream({ folder })).rejects.toThrow(`process ${process.pid} holds it`);
    const script = `import { openStream } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
      await openStream({ folder: ${JSON.stringify(folder)} }).catch((error) => { console.log(error.message); process.exit(7); });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, said.includes(`process ${process.pid} holds it`)]).toEqual([7, true]);
    await stream.close();
    await open();
  });

  test('takes over from a process that is gone, and from a lock file torn by a power cut', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'close');
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
    for (const text of [
      JSON.stringify({ pid: child.pid, boot, began: '1' }),
      JSON.stringify({ pid: process.pid, boot, began: '1' }), // same pid, another process: a container that was restarted
      '{"pid":',
    ]) {
      await writeFile(join(folder, 'lock'), text);
      const stream = await open();
      await stream.close();
    }
    expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toEqual([]);
  });
});
