/** Group commit: what arrives while one fdatasync is under way is written by the next writev and made durable by the next fdatasync. */
import { OperationalFault } from '@cityward/kernel';
import { createBatches, type Batch, type Done } from './batch.ts';
import { RECORD_HEADER_BYTES, RECORD_MAX_BYTES } from './frame.ts';
import { createSegment, writeAll } from './recover.ts';
import { mark, segmentPath, type Segment } from './segments.ts';
import type { FileHandleLike, FileLayer, StreamNotice } from './types.ts';

export interface WriterNeeds {
  readonly files: FileLayer;
  readonly folder: string;
  readonly segments: Segment[];
  readonly segmentMaxBytes: number;
  readonly segmentMaxAgeMs: number;
  readonly pendingMaxBytes: number;
  readonly now: () => number;
  readonly notice: (notice: StreamNotice) => void;
  /** New records are durable. */
  readonly onAdvance: () => void;
  /** The last segment was closed and a new one begun. */
  readonly onRoll: () => void;
}

export interface Writer {
  append(payload: Uint8Array, done: Done): void;
  /** Begins a new segment where the last one is old enough: what stands in it ends by age too, though nothing comes after it. */
  rollIfDue(): Promise<void>;
  /** Resolves once all that was appended before is settled; appends after this are refused. */
  close(): Promise<void>;
  readonly last: number;
  readonly syncs: number;
  readonly pendingBytes: number;
  readonly healthy: boolean;
}

interface State {
  handle: FileHandleLike;
  nextPosition: number;
  pendingBytes: number;
  syncs: number;
  flushing: Promise<void> | null;
  closed: boolean;
  /** The last write failed; until one succeeds again. */
  failing: boolean;
  /** The file may hold bytes past its durable end. */
  dirty: boolean;
}

export async function createWriter(needs: WriterNeeds): Promise<Writer> {
  const active = needs.segments.at(-1)!;
  const state: State = {
    handle: await needs.files.open(active.path, 'a'),
    nextPosition: active.last + 1,
    pendingBytes: 0,
    syncs: 0,
    flushing: null,
    closed: false,
    failing: false,
    dirty: false,
  };
  const batches = createBatches();
  return {
    append(payload, done) {
      const refusal = refusalOf(needs, state, payload);
      if (refusal) return done(refusal, 0);
      batches.add({ position: state.nextPosition++, at: needs.now(), payload }, done);
      state.pendingBytes += RECORD_HEADER_BYTES + payload.length;
      state.flushing ??= flushAll({ needs, state, batches });
    },
    async rollIfDue() {
      if (state.closed || state.flushing || !isDue(needs)) return;
      const rolling = roll(needs, state);
      // Holds off what is appended meanwhile, and then writes it; a fault is told to the caller alone.
      state.flushing = rolling
        .catch(() => undefined)
        .then(async () => {
          if (batches.pending > 0) await flushAll({ needs, state, batches });
          else state.flushing = null;
        });
      await rolling;
    },
    async close() {
      state.closed = true;
      await state.flushing;
      await state.handle.close();
    },
    get last() {
      return needs.segments.at(-1)!.last;
    },
    get syncs() {
      return state.syncs;
    },
    get pendingBytes() {
      return state.pendingBytes;
    },
    get healthy() {
      return !state.failing;
    },
  };
}

interface Flow {
  readonly needs: WriterNeeds;
  readonly state: State;
  readonly batches: ReturnType<typeof createBatches>;
}

async function flushAll(flow: Flow): Promise<void> {
  const { state, batches } = flow;
  // One turn of the event loop first: all that this turn reads from its sockets goes into the first batch.
  await new Promise((resolve) => setImmediate(resolve));
  let batch: Batch | null = batches.take();
  let writing = write(flow, batch);
  while (batch) {
    const error: unknown = await writing;
    if (error) await fail(flow, batch, error);
    else advance(flow, batch);
    // The disk gets the next batch before those who wait for this one are answered: both go on at once.
    const next: Batch | null = batches.pending > 0 ? batches.take() : null;
    if (next) writing = write(flow, next);
    if (!error) answerAll(batch, null);
    if (!error) batches.recycle(batch);
    batch = next;
    if (!batch && batches.pending > 0) {
      batch = batches.take();
      writing = write(flow, batch);
    }
  }
  state.flushing = null;
}

/** Answers the error instead of rejecting, so that a failed write is never an unhandled rejection. */
async function write({ needs, state }: Flow, batch: Batch): Promise<unknown> {
  try {
    if (state.dirty) await mend(needs, state);
    if (isDue(needs)) await roll(needs, state);
    state.dirty = true;
    await writeAll(
      state.handle,
      batch.pages.map(({ page, used }) => page.bytes.subarray(0, used)),
    );
    await state.handle.datasync();
    state.dirty = false;
    state.syncs++;
    return null;
  } catch (error) {
    return error ?? new Error('write to stream: failed without a reason');
  }
}

/** The batch is durable: the table knows it and readers see it. */
function advance({ needs, state }: Flow, batch: Batch): void {
  const active = needs.segments.at(-1)!;
  const start = active.bytes;
  for (const place of batch.marks) mark(active, place.position, start + place.offset);
  active.firstAt ??= batch.firstAt;
  active.bytes = start + batch.bytes;
  active.last += batch.dones.length;
  state.pendingBytes -= batch.bytes;
  if (state.failing) {
    state.failing = false;
    needs.notice({ kind: 'write-recovered', message: `append to stream: "${active.path}" takes records again` });
  }
  needs.onAdvance();
}

/**
 * Nothing of the batch counts, and nothing behind it either: those positions were given on the promise of this batch. What reached
 * the file is cut off, now or before the next write. The pages are not used again: the disk may still be reading them.
 */
async function fail({ needs, state, batches }: Flow, batch: Batch, error: unknown): Promise<void> {
  const behind = batches.take();
  const fault = new OperationalFault(faultMessage(needs, error), { cause: error });
  if (!state.failing) needs.notice({ kind: 'write-failed', message: fault.message });
  state.failing = true;
  state.nextPosition = needs.segments.at(-1)!.last + 1;
  state.pendingBytes = 0;
  answerAll(batch, fault);
  answerAll(behind, fault);
  if (state.dirty) await mend(needs, state).catch(() => undefined);
}

function faultMessage(needs: WriterNeeds, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const path = needs.segments.at(-1)!.path;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return `append to stream: the disk of "${path}" is full, wanted room for new records; nothing of this append was kept`;
  return `append to stream: "${path}" could not be written (${code ?? message}); nothing of this append was kept`;
}

/** Cuts off what a failed write left, so that the file ends with its last durable record again. */
async function mend(needs: WriterNeeds, state: State): Promise<void> {
  await state.handle.truncate(needs.segments.at(-1)!.bytes);
  await state.handle.datasync();
  state.dirty = false;
}

function refusalOf(needs: WriterNeeds, state: State, payload: Uint8Array): Error | null {
  if (state.closed) return new OperationalFault('append to stream: it is closed');
  if (payload.length > RECORD_MAX_BYTES)
    return new Error(`append to stream: ${payload.length} bytes, wanted at most ${RECORD_MAX_BYTES}`);
  if (state.pendingBytes + payload.length + RECORD_HEADER_BYTES > needs.pendingMaxBytes)
    return new OperationalFault(
      `append to stream: ${state.pendingBytes} bytes wait for the disk, wanted at most ${needs.pendingMaxBytes}; send again later`,
    );
  return null;
}

function isDue(needs: WriterNeeds): boolean {
  const active = needs.segments.at(-1)!;
  if (active.last < active.base) return false;
  return active.bytes >= needs.segmentMaxBytes || needs.now() - (active.firstAt ?? 0) >= needs.segmentMaxAgeMs;
}

async function roll(needs: WriterNeeds, state: State): Promise<void> {
  const segment = await createOrRemove(needs, needs.segments.at(-1)!.last + 1);
  const handle = await needs.files.open(segment.path, 'a');
  const old = state.handle;
  state.handle = handle;
  needs.segments.push(segment);
  await old.close();
  needs.onRoll();
}

async function createOrRemove(needs: WriterNeeds, base: number): Promise<Segment> {
  try {
    return await createSegment(needs, base);
  } catch (error) {
    // A file without a whole header would be taken for the last segment by the next start.
    await needs.files.unlink(segmentPath(needs.folder, base)).catch(() => undefined);
    throw error;
  }
}

function answerAll(batch: Batch, error: Error | null): void {
  for (const [i, done] of batch.dones.entries()) {
    try {
      done(error, error ? 0 : batch.first + i);
    } catch (thrown) {
      // A bug in one caller must not leave the others without their answer.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
}
