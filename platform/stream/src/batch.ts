/** Records that wait for the next sync, already in the bytes that will be written: one copy per record, no object per record. */
import { RECORD_HEADER_BYTES, pageOf, writeRecord, type Page } from './frame.ts';
import type { StreamRecord } from './types.ts';

const PAGE_BYTES = 262_144;
const SPARE_PAGES_MAX = 16;

export type Done = (error: Error | null, position: number) => void;

export interface Batch {
  readonly dones: Done[];
  bytes: number;
  /** Position of its first record. */
  first: number;
  firstAt: number;
  /** Byte offset within the batch at which each page begins, with the position there: places for the index. */
  readonly marks: { readonly position: number; readonly offset: number }[];
  readonly pages: { readonly page: Page; used: number }[];
}

const emptyBatch = (): Batch => ({ dones: [], bytes: 0, first: 0, firstAt: 0, marks: [], pages: [] });

export interface Batches {
  /** Copies the record into the batch that is being collected. */
  add(record: StreamRecord, done: Done): void;
  /** What was collected; a new batch begins. */
  take(): Batch;
  /** Gives pages back once nothing reads them any more. */
  recycle(batch: Batch): void;
  readonly pending: number;
}

export function createBatches(): Batches {
  const spare: Page[] = [];
  let batch = emptyBatch();

  const pageFor = (size: number): { readonly page: Page; used: number } => {
    const current = batch.pages.at(-1);
    if (current && current.page.bytes.length - current.used >= size) return current;
    const page =
      size <= PAGE_BYTES
        ? (spare.pop() ?? pageOf(Buffer.allocUnsafeSlow(PAGE_BYTES)))
        : pageOf(Buffer.allocUnsafeSlow(size));
    const fresh = { page, used: 0 };
    batch.pages.push(fresh);
    return fresh;
  };

  return {
    add(record, done) {
      const place = pageFor(RECORD_HEADER_BYTES + record.payload.length);
      if (place.used === 0) batch.marks.push({ position: record.position, offset: batch.bytes });
      if (batch.dones.length === 0) {
        batch.first = record.position;
        batch.firstAt = record.at;
      }
      const end = writeRecord(place.page, place.used, record);
      batch.bytes += end - place.used;
      place.used = end;
      batch.dones.push(done);
    },
    take() {
      const taken = batch;
      batch = emptyBatch();
      return taken;
    },
    recycle(old) {
      for (const { page } of old.pages)
        if (page.bytes.length === PAGE_BYTES && spare.length < SPARE_PAGES_MAX) spare.push(page);
    },
    get pending() {
      return batch.dones.length;
    },
  };
}
