/** The store of images on a gateway: fetched once, checked when it comes and again as it goes, never whole where it is not right. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashOf } from '../update/testing.ts';
import type { Image } from './camera-asks.ts';
import { IMAGES_KEPT_MAX, openImages, WrongBytes } from './images.ts';

let folder: string;
let asked: string[];
let served: Map<string, Buffer>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'images-'));
  asked = [];
  served = new Map();
});
afterEach(() => rmSync(folder, { recursive: true }));
const never = new AbortController().signal;
const open = () =>
  openImages(folder, async ({ sha256 }, write) => {
    asked.push(sha256);
    const bytes = served.get(sha256)!;
    for (let at = 0; at < bytes.length; at += 70_000) {
      await Promise.resolve();
      write(bytes.subarray(at, at + 70_000));
    }
  });
const serve = (fill: number) => {
  const bytes = Buffer.alloc(200_000, fill);
  const sha256 = hashOf(bytes);
  served.set(sha256, bytes);
  return { sha256, size: bytes.length, source: null };
};
async function sentBy(image: Image): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of image.open()) pieces.push(piece);
  } catch (fault) {
    expect(fault).toBeInstanceOf(WrongBytes);
  }
  return Buffer.concat(pieces);
}

it('fetches an image once for all cameras, and again after a start only what is not there', async () => {
  const wanted = serve(1);
  const images = open();
  const [first, second] = await Promise.all([images.image(wanted, never), images.image(wanted, never)]);
  expect(await sentBy(first)).toEqual(served.get(wanted.sha256));
  expect(await sentBy(second)).toEqual(served.get(wanted.sha256));
  writeFileSync(join(folder, `${'0'.repeat(64)}.new`), 'half of one');
  await open().image(wanted, never);
  expect(asked).toEqual([wanted.sha256]);
  expect(readdirSync(folder)).toEqual([wanted.sha256]);
});
it('takes neither other bytes nor more of them than were signed', async () => {
  const wanted = serve(2);
  served.get(wanted.sha256)![5] = 3;
  await expect(open().image(wanted, never)).rejects.toThrow('not the one that was signed');
  served.set(wanted.sha256, Buffer.alloc(300_000, 2));
  await expect(open().image(wanted, never)).rejects.toThrow('larger than');
  served.set(wanted.sha256, Buffer.alloc(100, 2));
  await expect(open().image(wanted, never)).rejects.toThrow('were signed');
  await expect(open().image({ ...wanted, sha256: '../camera.json' }, never)).rejects.toThrow('no hash');
  expect(readdirSync(folder)).toEqual([]);
});
it('sends no whole image once the file was changed behind its back', async () => {
  const wanted = serve(4);
  const images = open();
  const image = await images.image(wanted, never);
  const changed = Buffer.from(served.get(wanted.sha256)!);
  changed[100_000] = 9;
  writeFileSync(join(folder, wanted.sha256), changed);
  expect((await sentBy(image)).length).toBeLessThan(wanted.size);
  await expect(images.image(wanted, never)).rejects.toThrow('not the one that was signed');
});
it('keeps only the newest few', async () => {
  const images = open();
  for (let fill = 10; fill < 20; fill++) await images.image(serve(fill), never);
  expect(readdirSync(folder).length).toBeLessThanOrEqual(IMAGES_KEPT_MAX);
});
