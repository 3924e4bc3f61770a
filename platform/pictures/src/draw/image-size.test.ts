/** How large a picture is, before it is unpacked. */
import { describe, expect, it } from 'vitest';
import { seeded } from '@cityward/kernel';
import { createCanvas } from '../testing.ts';
import { imageSize } from './image-size.ts';

const canvas = createCanvas(31, 17);
const png = await canvas.encode('png');
const jpeg = await canvas.encode('jpeg');
const sized = (bytes: Buffer): unknown => {
  const answer = imageSize(bytes);
  return answer.ok ? [answer.value.width, answer.value.height] : answer.error.code;
};

describe('the size of a picture', () => {
  it('is what its first bytes say', () => {
    expect([sized(png), sized(jpeg)]).toEqual([
      [31, 17],
      [31, 17],
    ]);
  });

  it('is refused where its pixels would fill the memory, before they do', () => {
    const bomb = Buffer.from(png);
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    expect(sized(bomb)).toBe('TOO_MANY_PIXELS');
    bomb.writeUInt32BE(0, 16);
    expect(sized(bomb)).toBe('TOO_MANY_PIXELS');
  });

  it('is read or refused for 10,000 damaged files, and never throws', () => {
    const random = seeded('image-size');
    for (let i = 0; i < 10_000; i++) {
      const damaged = Buffer.from(random.pick([png, jpeg])).subarray(0, random.int(400));
      for (let at = 0; at < 3 && damaged.length > 0; at++) damaged[random.int(damaged.length)] = random.int(256);
      expect(imageSize(damaged)).toHaveProperty('ok');
    }
  });
});
