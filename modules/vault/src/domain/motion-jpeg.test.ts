/** Motion JPEG is cut where its pictures end and nowhere else; anything that is no film of whole pictures is none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentFault } from './content.ts';
import { FRAMES_MAX, framesOf, stillsOf } from './motion-jpeg.ts';

const segment = (code: number, body: Buffer): Buffer => {
  const head = Buffer.from([0xff, code, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
};
const picture = (inside: Buffer = Buffer.alloc(0), scan: readonly number[] = [1, 0xff, 0, 2, 0xff, 0xd3, 3]): Buffer =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, inside),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from(scan),
    Buffer.from([0xff, 0xd9]),
  ]);

describe('Motion JPEG', () => {
  it('is cut into its pictures, also where one holds another as its thumbnail or fills its markers up', () => {
    const film = [picture(), picture(picture()), picture(Buffer.alloc(0), [9, 0xff, 0xff]), picture()];
    expect(framesOf(Buffer.concat(film))?.map((one) => Buffer.from(one))).toEqual(film);
  });
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['one picture', picture()],
    ['the second cut off', Buffer.concat([picture(), picture().subarray(0, -1)])],
    ['something in between', Buffer.concat([picture(), Buffer.from('--boundary\r\n'), picture()])],
    ['something behind', Buffer.concat([picture(), picture(), Buffer.from([0])])],
    [
      'a segment that is longer than all',
      Buffer.concat([picture(), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff])]),
    ],
    ['a segment without length', Buffer.concat([picture(), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0])])],
    ['a picture that begins in another', Buffer.concat([picture(), Buffer.from([0xff, 0xd8, 0xff, 0xd8, 0xff, 0xd9])])],
    ['too many', Buffer.concat(Array.from({ length: FRAMES_MAX + 1 }, () => Buffer.from([0xff, 0xd8, 0xff, 0xd9])))],
  ])('is not %s', (_, content) => {
    expect(framesOf(content)).toBeNull();
    expect(contentFault('video/x-motion-jpeg', content)).toMatch(/^a Motion JPEG film/);
  });
  it('ends for whatever it is given', () => {
    const noise = fc.array(fc.constantFrom(0xff, 0xd8, 0xd9, 0xda, 0xe0, 0, 2), { maxLength: 200 });
    fc.assert(
      fc.property(noise, (bytes) => {
        const content = Uint8Array.from(bytes);
        const frames = framesOf(content);
        if (frames) expect(Buffer.concat(frames)).toEqual(Buffer.from(content));
      }),
      { numRuns: 2_000 },
    );
  });
  it('is shown by stills over all of it', () => {
    expect(stillsOf([1, 2, 3], 5)).toEqual([1, 2, 3]);
    expect(stillsOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7]);
  });
});
