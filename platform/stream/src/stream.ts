/** Opens the stream of a folder: recovery, the writer, readers, consumer groups and retention put together. */
import { basename } from 'node:path';
import { OperationalFault, DAY_MS, HOUR_MS } from '@cityward/kernel';
import { runConsumer, BATCH_MAX, type Consumption } from './consumer.ts';
import { openGroups, type Groups } from './groups.ts';
import { createCursor } from './reader.ts';
import { realFiles } from './real-files.ts';
import { recover } from './recover.ts';
import { chooseDrops } from './retention.ts';
import type { Segment } from './segments.ts';
import type {
  ConsumeOptions,
  FileLayer,
  Stream,
  StreamNotice,
  StreamOptions,
  StreamRecord,
  StreamStats,
} from './types.ts';
import { createWriter, type Writer } from './writer.ts';

export const SEGMENT_MAX_BYTES = 64 * 1_048_576;
export const RETAIN_MAX_BYTES = 4 * 1_073_741_824;
export const RETAIN_MAX_AGE_MS = 30 * DAY_MS;
export const PENDING_MAX_BYTES = 32 * 1_048_576;
/** A segment is closed after this part of the retention age, so that age drops close to the moment it should. */
const SEGMENT_AGE_PART = 16;
const MAINTAIN_EVERY_MS = HOUR_MS;

interface Inner {
  readonly files: FileLayer;
  readonly folder: string;
  readonly segments: Segment[];
  readonly groups: Groups;
  readonly retainMaxBytes: number;
  readonly retainMaxAgeMs: number;
  readonly now: () => number;
  readonly notice: (notice: StreamNotice) => void;
  readonly waiters: Set<() => void>;
  readonly consuming: Map<string, Promise<void>>;
  readonly closing: AbortController;
  droppedUnread: number;
  maintaining: Promise<void> | null;
}

/**
 * Throws an Error where another process holds the folder, StreamDamage where a file holds what a torn tail cannot explain; both
 * name the file.
 */
export async function openStream(options: StreamOptions): Promise<Stream> {
  const files = options.files ?? realFiles;
  const release = await files.lock(options.folder);
  try {
    return await openLocked(options, files, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function openLocked(options: StreamOptions, files: FileLayer, release: () => Promise<void>): Promise<Stream> {
  const { folder } = options;
  const notice = options.onNotice ?? (() => undefined);
  const inner: Inner = {
    files,
    folder,
    segments: await recover({ files, folder, notice }),
    groups: await openGroups(files, folder),
    retainMaxBytes: options.retainMaxBytes ?? RETAIN_MAX_BYTES,
    retainMaxAgeMs: options.retainMaxAgeMs ?? RETAIN_MAX_AGE_MS,
    now: options.now ?? Date.now,
    notice,
    waiters: new Set(),
    consuming: new Map(),
    closing: new AbortController(),
    droppedUnread: 0,
    maintaining: null,
  };
  const quietly = (): void => {
    maintain(inner).catch((error: unknown) =>
      notice({ kind: 'maintenance', message: `drop old records of "${folder}": ${(error as Error).message}` }),
    );
  };
  const writer = await createWriter({
    ...inner,
    segmentMaxBytes: options.segmentMaxBytes ?? SEGMENT_MAX_BYTES,
    segmentMaxAgeMs: Math.max(1, inner.retainMaxAgeMs / SEGMENT_AGE_PART),
    pendingMaxBytes: options.pendingMaxBytes ?? PENDING_MAX_BYTES,
    onAdvance: () => wake(inner),
    onRoll: quietly,
  });
  quietly();
  const timer = setInterval(() => void writer.rollIfDue().then(quietly, quietly), MAINTAIN_EVERY_MS).unref();
  const close = async (): Promise<void> => {
    clearInterval(timer);
    inner.closing.abort();
    await Promise.allSettled(inner.consuming.values());
    await writer.close();
    await inner.groups.settled();
    await inner.maintaining?.catch(() => undefined);
    await release();
  };
  return facade(inner, writer, once(close));
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= action());
}

function facade(inner: Inner, writer: Writer, close: () => Promise<void>): Stream {
  return {
    append: (payload) =>
      new Promise((resolve, reject) =>
        writer.append(payload, (error, position) => (error ? reject(error) : resolve(position))),
      ),
    appendThen: (payload, done) => writer.append(payload, done),
    read: (from, to) => read(inner, from, to),
    consume: (group, handle, options) => consume(inner, { group, handle, options }),
    offset: (group) => inner.groups.offset(group),
    commit: (group, position) => commitOffset(inner, group, position),
    async forget(group) {
      if (inner.consuming.has(group))
        throw new Error(`forget group "${group}": it consumes, wanted one that has stopped`);
      await inner.groups.forget(group);
    },
    maintain: async () => {
      await writer.rollIfDue();
      await maintain(inner);
    },
    segments: () =>
      inner.segments.map(({ path, bytes, base, last, firstAt }) => ({
        ...{ name: basename(path), bytes, records: last - base + 1, firstAt },
      })),
    get first() {
      return inner.segments[0]!.base;
    },
    get last() {
      return writer.last;
    },
    stats: () => stats(inner, writer),
    close,
  };
}

function stats(inner: Inner, writer: Writer): StreamStats {
  return {
    records: writer.last - inner.segments[0]!.base + 1,
    bytes: inner.segments.reduce((sum, segment) => sum + segment.bytes, 0),
    segments: inner.segments.length,
    syncs: writer.syncs,
    pendingBytes: writer.pendingBytes,
    groups: inner.groups.all(),
    droppedUnread: inner.droppedUnread,
    healthy: writer.healthy,
  };
}

async function* read(
  inner: Inner,
  from = inner.segments[0]!.base,
  to = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<readonly StreamRecord[]> {
  const end = Math.min(to, inner.segments.at(-1)!.last);
  const cursor = createCursor(inner.files, inner.segments, Math.max(1, from));
  try {
    for (let batch = await cursor.next(end, BATCH_MAX); batch; batch = await cursor.next(end, BATCH_MAX)) yield batch;
  } finally {
    await cursor.close();
  }
}

async function commitOffset(inner: Inner, group: string, position: number): Promise<void> {
  const last = inner.segments.at(-1)!.last;
  if (!Number.isSafeInteger(position) || position < 0 || position > last)
    throw new Error(`commit ${position} for group "${group}": wanted a position from 0 to ${last}`);
  await inner.groups.commit(group, position);
}

async function consume(inner: Inner, work: Omit<Consumption, 'signal'>): Promise<void> {
  const { group, options } = work;
  if (inner.closing.signal.aborted) throw new OperationalFault(`consume as "${group}": the stream is closed`);
  if (inner.consuming.has(group)) throw new Error(`consume as "${group}": it already consumes, wanted one at a time`);
  const signal = AbortSignal.any([options.signal, inner.closing.signal]);
  const running = runConsumer(
    { ...inner, advanced: (beyond, until) => advanced(inner, beyond, until) },
    { ...work, signal },
  );
  inner.consuming.set(group, running);
  try {
    await running;
  } catch (fault) {
    tellFault(options, fault);
  } finally {
    inner.consuming.delete(group);
  }
}

function tellFault(options: ConsumeOptions, fault: unknown): void {
  if (!options.onFault) throw fault;
  options.onFault(fault instanceof Error ? fault : new Error(String(fault)));
}

function wake(inner: Inner): void {
  for (const waiter of inner.waiters) waiter();
}

/** Resolves once a record beyond the position is durable, or the signal fires; no polling. */
function advanced(inner: Inner, beyond: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || inner.segments.at(-1)!.last > beyond) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      inner.waiters.delete(end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    inner.waiters.add(end);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** One at a time; a call while one runs shares it. */
function maintain(inner: Inner): Promise<void> {
  inner.maintaining ??= dropOld(inner).finally(() => (inner.maintaining = null));
  return inner.maintaining;
}

/** None of its records is younger than its first by more than a segment's age: it was closed then, or by what came next. */
const newestIn = ({ firstAt }: Segment, { retainMaxAgeMs, now }: Inner): number =>
  Math.min(now(), (firstAt ?? now()) + retainMaxAgeMs / SEGMENT_AGE_PART);

async function dropOld(inner: Inner): Promise<void> {
  const { segments } = inner;
  const closed = segments.slice(0, -1).map((segment, i) => ({
    bytes: segment.bytes,
    base: segment.base,
    last: segment.last,
    newestAt: segments[i + 1]!.firstAt ?? newestIn(segment, inner),
  }));
  const rule = {
    maxBytes: inner.retainMaxBytes,
    maxAgeMs: inner.retainMaxAgeMs,
    now: inner.now(),
    lowestOffset: inner.groups.lowest(),
  };
  const drops = chooseDrops(closed, segments.at(-1)!.bytes, rule);
  if (drops.segments === 0) return;
  if (drops.unread > 0) {
    inner.droppedUnread += drops.unread;
    const message = `drop old records of "${inner.folder}": ${drops.unread} that a group has not read go, for the stream is far over ${rule.maxBytes} bytes`;
    inner.notice({ kind: 'unread-dropped', message });
  }
  // Oldest first and one by one: a power cut half-way leaves a stream without a hole.
  for (let i = 0; i < drops.segments; i++) {
    await inner.files.unlink(segments.shift()!.path);
    await inner.files.syncFolder(inner.folder);
  }
}
