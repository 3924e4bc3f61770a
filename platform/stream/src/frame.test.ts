/** What is read back is what was written, and no change of a byte goes unnoticed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  OFFSET_BYTES,
  RECORD_HEADER_BYTES,
  offsetSlot,
  pageOf,
  parseOffsetSlot,
  parseRecords,
  segmentHeader,
  segmentHeaderFault,
  writeRecord,
} from './frame.ts';
import type { StreamRecord } from './types.ts';

const CASES = 10_000;
const position = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

function written(records: readonly StreamRecord[]): Buffer {
  const size = records.reduce((sum, record) => sum + RECORD_HEADER_BYTES + record.payload.length, 0);
  const page = pageOf(Buffer.alloc(size));
  records.reduce((offset, record) => writeRecord(page, offset, record), 0);
  return page.bytes;
}

test('records come back as they went in, and a cut is seen as a part of a record', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(payloads, position, fc.nat(), (bytes, first, cut) => {
      const base = Math.min(first, Number.MAX_SAFE_INTEGER - 10);
      const records = bytes.map((payload, i) => ({ position: base + i, at: i * 2 ** 33, payload }));
      const whole = written(records);
      const end = cut % (whole.length + 1);
      const out: StreamRecord[] = [];
      const parsed = parseRecords(pageOf(whole), { from: 0, end, position: base, max: 100 }, out);
      expect(parsed.fault).toBeNull();
      expect(parsed.wanted === 0).toBe(parsed.next === end);
      out.forEach((record, i) => expect({ ...record, payload: new Uint8Array(record.payload) }).toEqual(records[i]));
    }),
    { numRuns: 1_000 },
  );
});

test('a changed byte is never taken for a record', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (payload, place, change) => {
        const bytes = written([{ position: 7, at: 1, payload }]);
        bytes[place % bytes.length]! ^= change;
        const out: StreamRecord[] = [];
        const parsed = parseRecords(pageOf(bytes), { from: 0, end: bytes.length, position: 7, max: 1 }, out);
        expect(out).toEqual([]);
        expect(parsed.fault !== null || parsed.wanted > 0).toBe(true);
      },
    ),
    { numRuns: CASES },
  );
});

test('random bytes are neither records nor headers nor offsets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), position, (noise, expected) => {
      const bytes = Buffer.from(noise);
      const out: StreamRecord[] = [];
      parseRecords(pageOf(bytes), { from: 0, end: bytes.length, position: expected, max: 10 }, out);
      expect(out).toEqual([]);
      expect(segmentHeaderFault(bytes, expected)).not.toBeNull();
      expect(parseOffsetSlot(bytes)).toBeNull();
    }),
    { numRuns: CASES },
  );
});

test('headers and offsets come back, for every safe integer', () => {
  fc.assert(
    fc.property(position, position, (one, two) => {
      expect(segmentHeaderFault(segmentHeader(one), one)).toBeNull();
      expect(parseOffsetSlot(offsetSlot(one, two))).toEqual({ sequence: one, position: two });
    }),
  );
  expect(segmentHeaderFault(segmentHeader(1), 2)).toMatch(/says it begins at 1, its name says 2/);
  expect(parseOffsetSlot(offsetSlot(1, 2).subarray(0, OFFSET_BYTES - 1))).toBeNull();
});
