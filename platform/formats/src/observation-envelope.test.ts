/** What is stored is what was checked. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEnvelope, readJsonPayload } from './observation-envelope.ts';

const CASES = 10_000;
const source = { reporter: 'air-1', gateway: 'mqtt', authenticated: true, replay: false, simulated: true };

test('the envelope is one JSON object whose body is the payload', () => {
  const seal = createEnvelope(source);
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.constantFrom(undefined, 2), (value, received, indent) => {
      const payload = Buffer.from(JSON.stringify(value, null, indent));
      const sealed = seal(received, payload);
      expect(JSON.stringify(JSON.parse(sealed.toString('utf8')))).toBe(
        JSON.stringify({ ...source, received, body: value }),
      );
    }),
    { numRuns: 2_000 },
  );
});

test('what is read as JSON means the same inside its envelope, and nothing else is read', () => {
  const seal = createEnvelope(source);
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .string({
        unit: fc.constantFrom('{', '}', '"', ',', ':', '1', 'a', ' ', '\\', '\ufeff', 'é', '[', ']'),
        maxLength: 30,
      })
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(noise, (bytes) => {
      const read = readJsonPayload(bytes);
      if (!read.ok) return;
      const stored = JSON.parse(seal(1, bytes).toString('utf8')) as { reporter: string; body: unknown };
      expect(Object.keys(stored)).toEqual([...Object.keys(source), 'received', 'body']);
      expect(stored.reporter).toBe('air-1');
      expect(JSON.stringify(stored.body)).toBe(JSON.stringify(read.value.value));
    }),
    { numRuns: CASES },
  );
});

test.each([
  [Buffer.of(0x22, 0xff, 0x22), 'PAYLOAD_NOT_UTF8'],
  [Buffer.from('\ufeff{}'), 'PAYLOAD_NOT_JSON'],
  [Buffer.from('{"a":1},"b":2'), 'PAYLOAD_NOT_JSON'],
  [Buffer.alloc(0), 'PAYLOAD_NOT_JSON'],
])('refuses %j as %s', (bytes, code) => {
  const read = readJsonPayload(bytes);
  expect(read.ok ? 'taken' : read.error.code).toBe(code);
});
