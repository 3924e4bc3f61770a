/** A consumer group's loop: batches in order, bounded retries, the durable offset behind what is done. */
import { createCursor } from './reader.ts';
import type { Groups } from './groups.ts';
import type { Segment } from './segments.ts';
import type { ConsumeOptions, FileLayer, StreamNotice, StreamRecord } from './types.ts';

export const BATCH_MAX = 1_024;
const RETRIES_MAX = 5;
const RETRY_FIRST_MS = 100;
const RETRY_LONGEST_MS = 5_000;

export interface ConsumerNeeds {
  readonly files: FileLayer;
  readonly segments: readonly Segment[];
  readonly groups: Groups;
  readonly notice: (notice: StreamNotice) => void;
  /** Resolves when more is durable, or the signal fires. */
  readonly advanced: (beyond: number, signal: AbortSignal) => Promise<void>;
}

export interface Consumption {
  readonly group: string;
  readonly handle: (batch: readonly StreamRecord[]) => Promise<void>;
  readonly options: ConsumeOptions;
  /** The caller's signal or the closing of the stream. */
  readonly signal: AbortSignal;
}

/** Resolves when the signal fires; throws when retries are used up or the file is damaged. */
export async function runConsumer(needs: ConsumerNeeds, work: Consumption): Promise<void> {
  const { group, options, signal } = work;
  await needs.groups.register(group);
  const after = await startAfter(needs, group, options.after);
  const cursor = createCursor(needs.files, needs.segments, after + 1);
  const byCaller = options.commits === 'by-caller';
  let committing: Promise<void> = Promise.resolve();
  let done = after;
  const commitBehind = (): void => {
    // The next batch is handled while this one's offset is written; offsets that pile up meanwhile share one write.
    committing = needs.groups.commit(group, done).catch((error: unknown) => {
      const message = `commit offset ${done} of group "${group}": ${(error as Error).message}; it will be written with the next batch`;
      needs.notice({ kind: 'offset-behind', message });
    });
  };
  try {
    while (!signal.aborted) {
      const batch = await cursor.next(Number.MAX_SAFE_INTEGER, options.batchMax ?? BATCH_MAX);
      if (!batch) {
        await needs.advanced(cursor.position - 1, signal);
        continue;
      }
      if (!(await handled(work, batch))) break;
      done = batch.at(-1)!.position;
      if (!byCaller) commitBehind();
    }
  } finally {
    await committing;
    await cursor.close();
  }
}

async function startAfter(needs: ConsumerNeeds, group: string, asked: number | undefined): Promise<number> {
  const last = needs.segments.at(-1)!.last;
  const first = needs.segments[0]!.base;
  const after = asked ?? needs.groups.offset(group);
  if (after > last) {
    if (asked !== undefined)
      throw new Error(
        `consume as "${group}" after ${asked}: the stream ends at ${last}, wanted a position that it holds`,
      );
    // Positions above the end will be given again: an offset there would skip new records.
    needs.notice({
      kind: 'offset-ahead',
      message: `consume as "${group}": its offset ${after} is past the end of the stream, going on after ${last}`,
    });
    await needs.groups.commit(group, last);
    return last;
  }
  if (after + 1 < first)
    needs.notice({
      kind: 'unread-dropped',
      message: `consume as "${group}": records ${after + 1} to ${first - 1} are no longer kept, going on at ${first}`,
    });
  return after;
}

/** False when the signal fired while waiting for a retry. */
async function handled({ group, handle, signal }: Consumption, batch: readonly StreamRecord[]): Promise<boolean> {
  for (let failures = 0; ; failures++) {
    try {
      await handle(batch);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (failures >= RETRIES_MAX) {
        const range = `${batch[0]!.position} to ${batch.at(-1)!.position}`;
        throw new Error(
          `consume as "${group}": records ${range} failed ${RETRIES_MAX + 1} times, last with: ${(error as Error).message}`,
          { cause: error },
        );
      }
      await pause(Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** failures), signal);
      if (signal.aborted) return false;
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end, { once: true });
  });
}
