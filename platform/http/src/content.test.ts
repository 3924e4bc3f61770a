/** Large bytes on their way out: whole, in ranges, by their tags, and no faster than they are taken. */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { contentReply, type Content } from './content.ts';
import { build, closeAll, HOST } from './fixture.ts';
import type { RawReply } from './index.ts';

afterEach(closeAll);

const bytes = Buffer.from('a whole firmware image, as bytes');
const content: Content = {
  size: bytes.length,
  tag: 'tag-1',
  read: ({ first, last } = { first: 0, last: bytes.length - 1 }) => Readable.from([bytes.subarray(first, last + 1)]),
};
const textOf = async ({ body }: RawReply): Promise<string> =>
  body instanceof Readable ? Buffer.concat(await body.toArray()).toString() : Buffer.from(body as string).toString();
const get = (headers: Record<string, string>, method = 'GET'): RawReply => contentReply(content, { method, headers });

describe('content', () => {
  it('comes whole, in the range that is asked, or says that there is none', async () => {
    const whole = get({});
    expect([whole.status, whole.headers['content-length'], await textOf(whole)]).toEqual([
      200,
      String(bytes.length),
      bytes.toString(),
    ]);
    const part = get({ range: 'bytes=2-6' });
    expect([part.status, part.headers['content-range'], await textOf(part)]).toEqual([
      206,
      `bytes 2-6/${bytes.length}`,
      'whole',
    ]);
    expect(await textOf(get({ range: 'bytes=-5' }))).toBe('bytes');
    expect(await textOf(get({ range: 'bytes=27-' }))).toBe('bytes');
    expect(get({ range: `bytes=${bytes.length}-` }).status).toBe(416);
    expect(get({ range: 'bytes=-0' }).status).toBe(416);
    // Several ranges, or another unit, may be answered with the whole.
    for (const range of ['bytes=0-1,3-4', 'lines=1-2', 'bytes=-', 'bytes=x']) expect(get({ range }).status).toBe(200);
  });
  it('follows its tag', () => {
    const range = 'bytes=0-3';
    expect(get({ 'if-match': '"tag-1"' }).status).toBe(200);
    expect(get({ 'if-match': '"other", W/"tag-1"' }).status).toBe(200);
    expect(get({ 'if-match': '*' }).status).toBe(200);
    expect(get({ 'if-match': '"other"', range }).status).toBe(412);
    expect(get({ 'if-none-match': '"tag-1"' }).status).toBe(304);
    expect(get({ 'if-none-match': '"other"' }).status).toBe(200);
    expect(get({ 'if-range': '"tag-1"', range }).status).toBe(206);
    expect(get({ 'if-range': '"other"', range }).status).toBe(200);
  });
  it('opens nothing for a HEAD, and says the same', () => {
    let opened = 0;
    const counted: Content = { ...content, read: () => (opened++, Readable.from([bytes])) };
    const reply = contentReply(counted, { method: 'HEAD', headers: { range: 'bytes=2-6' } });
    expect([reply.status, reply.headers['content-length'], opened]).toEqual([206, '5', 0]);
  });
  it('gives exactly what a range means, whatever it is (10,000 cases)', () => {
    const end = fc.oneof(fc.constant(''), fc.nat(40).map(String), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(end, end, (from, to) => {
        const { status, headers } = get({ range: `bytes=${from}-${to}` });
        expect([200, 206, 416]).toContain(status);
        if (status !== 206) return;
        const [, first, last] = /^bytes (\d+)-(\d+)\/32$/u.exec(headers['content-range']!)!.map(Number);
        expect(first! <= last! && last! < 32).toBe(true);
        expect(headers['content-length']).toBe(String(last! - first! + 1));
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('content over a socket', () => {
  const SIZE = 64 * 1_048_576;
  const PIECE = 65_536;
  async function* pieces(count: { sent: number }) {
    const piece = Buffer.alloc(PIECE, 7);
    for (let at = 0; at < SIZE; at += PIECE) {
      count.sent += PIECE;
      yield piece;
    }
  }
  const serving = async (count: { sent: number; closed: number }) => {
    const large: Content = {
      size: SIZE,
      tag: 'large',
      read: () => Readable.from(pieces(count), { highWaterMark: 1 }).once('close', () => count.closed++),
    };
    const listener = build({
      host: '127.0.0.1',
      rawRoutes: [
        {
          name: 'file',
          method: 'GET',
          path: '/file',
          action: 'readCity',
          handle: (request) => contentReply(large, request),
        },
      ],
    });
    await listener.start();
    return Number(new URL(listener.addresses()[0]!).port);
  };
  const asked = (port: number, method = 'GET') => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${method} /file HTTP/1.1\r\nhost: ${HOST.host}\r\nconnection: close\r\n\r\n`);
    return socket;
  };
  it('waits for whoever takes it slowly, and stops when they go', async () => {
    const count = { sent: 0, closed: 0 };
    const socket = asked(await serving(count));
    socket.pause();
    await expect.poll(() => count.sent).toBeGreaterThan(0);
    let before = -1;
    await expect
      .poll(
        () => {
          const still = count.sent === before;
          before = count.sent;
          return still;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(count.sent).toBeLessThan(SIZE / 2);
    socket.destroy();
    await expect.poll(() => count.closed).toBe(1);
    expect(count.sent).toBeLessThan(SIZE / 2);
  });
  it('arrives whole, with its length; a HEAD brings the length alone', async () => {
    const count = { sent: 0, closed: 0 };
    const port = await serving(count);
    const head = await asked(port, 'HEAD').toArray();
    expect(Buffer.concat(head).toString()).toContain(`content-length: ${SIZE}`);
    expect(count.sent).toBe(0);
    const digest = createHash('sha256');
    let size = -1;
    for await (const piece of asked(port) as AsyncIterable<Buffer>) {
      const start = size < 0 ? piece.indexOf('\r\n\r\n') + 4 : 0;
      size = Math.max(size, 0) + piece.length - start;
      digest.update(piece.subarray(start));
    }
    expect(size).toBe(SIZE);
    expect(digest.digest('hex')).toBe(createHash('sha256').update(Buffer.alloc(SIZE, 7)).digest('hex'));
  });
});
