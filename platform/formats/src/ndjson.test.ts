/** Lines with their numbers, whatever the chunks and whatever is in them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineSplitter, parseLines, parseNdjson } from './ndjson.ts';

const CASES = 10_000;

test('rows and rejected lines carry their line numbers', () => {
  const body = Buffer.concat([
    Buffer.from('\ufeff{"a":1}\r\n\n  \n[2]\n{oops}\n'),
    Buffer.of(0x22, 0xff, 0x22, 0x0a),
    Buffer.from(`"${'x'.repeat(30)}"\n"last"`),
  ]);
  const { rows, rejected } = parseNdjson(body, { lineMaxBytes: 20 });
  expect(rows.map((row) => [row.line, row.offset, row.value])).toEqual([
    [1, 0, { a: 1 }],
    [4, 16, [2]],
    [8, 64, 'last'],
  ]);
  expect(rejected.map((row) => [row.line, row.offset])).toEqual([
    [5, 20],
    [6, 27],
    [7, 31],
  ]);
  expect(rejected[0]!.reason).toMatch(/^it is not JSON/);
  expect(rejected[1]!.reason).toBe('it is not UTF-8');
  expect(rejected[2]!.reason).toBe('it has 32 bytes, at most 20 wanted');
});

test('a line of the longest length is taken, with a mark and a line end around it', () => {
  const body = Buffer.from(`\ufeff"${'x'.repeat(8)}"\r\n"${'y'.repeat(9)}"\n`);
  const { rows, rejected } = parseNdjson(body, { lineMaxBytes: 10 });
  expect(rows.map((row) => row.value)).toEqual(['x'.repeat(8)]);
  expect(rejected.map((row) => row.reason)).toEqual(['it has 11 bytes, at most 10 wanted']);
});

test('holds no more than a line of a body that has none', () => {
  const splitter = createLineSplitter({ lineMaxBytes: 100 });
  for (let i = 0; i < 1_000; i++) splitter.push(Buffer.alloc(10_000, 0x78));
  expect(splitter.end().rejected).toEqual([
    { line: 1, offset: 0, reason: 'it has 10000000 bytes, at most 100 wanted' },
  ]);
});

test('values come back, whatever the chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 30 }),
      (values, chunkBytes) => {
        const body = Buffer.from(values.map((value) => JSON.stringify(value)).join('\n'));
        const splitter = createLineSplitter();
        const found: unknown[] = [];
        for (let i = 0; i < body.length; i += chunkBytes)
          found.push(...parseLines(splitter.push(body.subarray(i, i + chunkBytes))).rows.map((row) => row.value));
        found.push(...parseLines(splitter.end()).rows.map((row) => row.value));
        expect(JSON.stringify(found)).toBe(JSON.stringify(values));
      },
    ),
    { numRuns: 1_000 },
  );
});

test('noise never throws, every line is accounted for, and chunks make no difference', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc
      .string({
        unit: fc.constantFrom('{', '}', '[', '"', ':', '1', ',', '\n', '\r', '\\', 'é', '\ufeff'),
        maxLength: 60,
      })
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(noise, fc.integer({ min: 1, max: 9 }), (bytes, chunkBytes) => {
      const whole = parseNdjson(bytes, { lineMaxBytes: 25 });
      const splitter = createLineSplitter({ lineMaxBytes: 25 });
      const parts = [];
      for (let i = 0; i < bytes.length; i += chunkBytes) parts.push(splitter.push(bytes.subarray(i, i + chunkBytes)));
      parts.push(splitter.end());
      const pieced = parseLines({
        lines: parts.flatMap((one) => one.lines),
        rejected: parts.flatMap((one) => one.rejected),
      });
      expect(pieced).toEqual(whole);
      const lines = [...whole.rows, ...whole.rejected].map((one) => one.line);
      expect(new Set(lines).size).toBe(lines.length);
      expect(Math.max(0, ...lines)).toBeLessThanOrEqual(Buffer.from(bytes).toString('latin1').split('\n').length);
    }),
    { numRuns: CASES },
  );
});
