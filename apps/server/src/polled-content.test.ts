/** Artifacts of devices that poll: summed once, sent to so many at a time, and never when they have rotted. */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RawRequest } from '@cityward/http';
import { bytesInMemory, collected } from '@cityward/objects';
import { createContents, DOWNLOADS_PER_DEVICE_MAX } from './polled-content.ts';
import { newPolledDevice } from './polled-order.ts';
import { artifactFrom } from './testing-desk.ts';

const image = Buffer.from('a whole firmware image, as bytes');
const { sha256 } = artifactFrom(image, '2.0.0');
const request = { method: 'GET', headers: {} } as RawRequest;
const source = (bytes: Uint8Array) => ({ source: () => Promise.resolve(bytesInMemory(bytes)) });

describe('contents', () => {
  it('are summed once for all who ask, also at the same time', async () => {
    let read = 0;
    const counted = { ...bytesInMemory(image), read: () => (read++, Readable.from([image])) };
    const contents = createContents({ source: () => Promise.resolve(counted) });
    const found = await Promise.all(Array.from({ length: 5 }, () => contents.find(sha256)));
    expect([read, new Set(found.map((one) => one!.sha1)).size]).toEqual([1, 1]);
    expect(found[0]!.md5).toMatch(/^[0-9a-f]{32}$/u);
    expect(await createContents({ source: () => Promise.resolve(null) }).find(sha256)).toBeNull();
  });
  it('that have rotted are a fault, each time', async () => {
    const contents = createContents(source(Buffer.from('another image')));
    for (let i = 0; i < 2; i++) await expect(contents.find(sha256)).rejects.toThrow('have changed on disk');
  });
  it('go to so many at a time, and to one device in so many answers; places come back', async () => {
    const contents = createContents(source(image), DOWNLOADS_PER_DEVICE_MAX + 1);
    const [one, two] = [newPolledDevice('cam-0001'), newPolledDevice('cam-0002')];
    const { bytes } = (await contents.find(sha256))!;
    const send = (device = one) => contents.send(device, { ...bytes, tag: 'tag' }, request);
    const own = Array.from({ length: DOWNLOADS_PER_DEVICE_MAX }, () => send()!);
    expect(own.every(({ status }) => status === 200)).toBe(true);
    expect([send(), contents.hasRoom()]).toEqual([null, true]);
    expect(send(two)?.status).toBe(200);
    expect([send(two), contents.hasRoom()]).toEqual([null, false]);
    const body = own[0]!.body as Readable;
    expect((await collected({ size: 0, read: () => body })).equals(image)).toBe(true);
    (own[1]!.body as Readable).destroy();
    await expect.poll(() => one.downloads).toBe(DOWNLOADS_PER_DEVICE_MAX - 2);
    expect([contents.hasRoom(), send()?.status]).toEqual([true, 200]);
  });
});
