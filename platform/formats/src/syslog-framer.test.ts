/** Framing of a byte stream, however it is cut into chunks. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSyslogFramer, type SyslogFramerOptions } from './syslog.ts';

const CASES = 10_000;

/** Feeds the bytes in chunks of the given size; frames as text, rejections and fault as `offset: reason`. */
function cut(bytes: Uint8Array, chunkBytes: number, options: SyslogFramerOptions) {
  const framer = createSyslogFramer(options);
  const frames: string[] = [];
  const offsets: number[] = [];
  const rejected: string[] = [];
  let fault: string | null = null;
  const take = (found: ReturnType<typeof framer.push>): void => {
    frames.push(...found.frames.map((frame) => frame.bytes.toString('latin1')));
    offsets.push(...found.frames.map((frame) => frame.offset));
    rejected.push(...found.rejected.map((one) => `${one.offset}: ${one.reason}`));
    if (found.fault) fault = `${found.fault.offset}: ${found.fault.reason}`;
  };
  for (let i = 0; i < bytes.length; i += chunkBytes) take(framer.push(bytes.subarray(i, i + chunkBytes)));
  take(framer.end());
  return { frames, offsets, rejected, fault };
}
const any = { framing: 'any', frameMaxBytes: 20 } as const;
const octets = { framing: 'octets', frameMaxBytes: 20 } as const;

describe.each([1, 2, 7, 1_000])('in chunks of %i bytes', (chunkBytes) => {
  test('octet counting, also with newlines between frames', () => {
    const found = cut(Buffer.from('5 <1>1 3 abc\n\r\n2 xy'), chunkBytes, octets);
    expect(found).toEqual({ frames: ['<1>1 ', 'abc', 'xy'], offsets: [2, 9, 17], rejected: [], fault: null });
  });

  test('lines, with either line end and without the last one', () => {
    const found = cut(Buffer.from('<1>1 a\r\n\n<2>1 b\n<3>1 c'), chunkBytes, any);
    expect(found).toEqual({ frames: ['<1>1 a', '<2>1 b', '<3>1 c'], offsets: [0, 9, 16], rejected: [], fault: null });
  });

  test('both kinds after each other', () => {
    expect(cut(Buffer.from('<1>1 a\n3 abc<2>1 b\n'), chunkBytes, any).frames).toEqual(['<1>1 a', 'abc', '<2>1 b']);
  });

  test('a frame that is too long is passed over, told once, and costs nothing else', () => {
    const long = 'x'.repeat(50);
    const found = cut(Buffer.from(`3 abc50 ${long}2 xy`), chunkBytes, octets);
    expect(found).toEqual({
      frames: ['abc', 'xy'],
      offsets: [2, 60],
      rejected: ['5: a frame of 50 bytes, at most 20 wanted'],
      fault: null,
    });
    const lines = cut(Buffer.from(`<a\n${long}\n<b\n`), chunkBytes, any);
    expect(lines).toEqual({
      frames: ['<a', '<b'],
      offsets: [0, 54],
      rejected: ['3: a line of more than 20 bytes'],
      fault: null,
    });
  });

  test('what cannot be cut any further is a fault with its place', () => {
    expect(cut(Buffer.from('3 abcx9'), chunkBytes, octets)).toMatchObject({
      frames: ['abc'],
      fault: '5: byte 0x78 where the length of a frame was wanted',
    });
    expect(cut(Buffer.from('3abc'), chunkBytes, any).fault).toBe('1: length "3" is not followed by a space');
    expect(cut(Buffer.from('999999999 x'), chunkBytes, any).fault).toBe(
      '8: length "99999999" is not followed by a space',
    );
  });

  test('a frame cut off by the end of the connection is told', () => {
    expect(cut(Buffer.from('3 abc9 short'), chunkBytes, octets)).toMatchObject({
      frames: ['abc'],
      rejected: ['7: the connection ended inside a frame'],
    });
  });
});

test('frames come back whatever the chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 40 }),
      (payloads, chunkBytes) => {
        const bytes = Buffer.concat(payloads.flatMap((payload) => [Buffer.from(`${payload.length} `), payload]));
        const found = cut(bytes, chunkBytes, octets);
        expect(found.frames).toEqual(
          payloads.filter((one) => one.length <= 20).map((one) => Buffer.from(one).toString('latin1')),
        );
        expect(found.rejected.length).toBe(payloads.filter((one) => one.length > 20).length);
        expect(found.fault).toBeNull();
      },
    ),
    { numRuns: 1_000 },
  );
});

test('noise never throws, and chunks make no difference', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .string({ unit: fc.constantFrom('1', '9', '0', ' ', '<', '\n', '\r', 'x'), maxLength: 60 })
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(noise, fc.integer({ min: 1, max: 9 }), fc.constantFrom(any, octets), (bytes, chunkBytes, options) => {
      const found = cut(bytes, chunkBytes, options);
      expect(found).toEqual(cut(bytes, 1_000, options));
      for (const frame of found.frames) expect(frame.length).toBeLessThanOrEqual(20);
    }),
    { numRuns: CASES },
  );
});
