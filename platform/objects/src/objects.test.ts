/** Objects survive, deduplicate and show rot. */
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bytesInMemory, collected, openObjects } from './index.ts';

const bytes = new TextEncoder().encode('lamp firmware 1.2');

it('keeps bytes under their hash, once, and finds them after opening again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-objects-'));
  const hash = await (await openObjects({ folder })).put(bytes);
  const again = await openObjects({ folder });
  expect(await again.put(bytes)).toBe(hash);
  expect(await again.list()).toEqual([hash]);
  expect(new Uint8Array((await again.get(hash))!)).toEqual(bytes);
  await again.delete(hash);
  expect([await again.get(hash), await again.has(hash)]).toEqual([null, false]);
});

it('refuses bytes that have changed on disk and names that are no hash', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-objects-'));
  const objects = await openObjects({ folder });
  const hash = await objects.put(bytes);
  const shelf = join(folder, hash.slice(0, 2));
  writeFileSync(join(shelf, readdirSync(shelf)[0]!), 'other');
  await expect(objects.get(hash)).rejects.toThrow('its bytes have changed on disk');
  await expect(objects.get('../../etc/passwd')).rejects.toThrow('64 hexadecimal digits');
});

it('takes bytes piece by piece, none where there are too many or the source fails, and forgets halves', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-objects-'));
  const objects = await openObjects({ folder });
  async function* pieces(fault?: Error): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 4);
    await Promise.resolve();
    if (fault) throw fault;
    yield bytes.subarray(4);
  }
  const hash = await objects.put(bytes);
  await objects.delete(hash);
  expect(await objects.putStream(pieces(), bytes.length)).toEqual({ hash, size: bytes.length });
  expect(await objects.putStream(pieces(), bytes.length)).toEqual({ hash, size: bytes.length });
  expect(new Uint8Array((await objects.get(hash))!)).toEqual(bytes);
  expect(await objects.putStream(pieces(), bytes.length - 1)).toBeNull();
  await expect(objects.putStream(pieces(new Error('the line is cut')), 100)).rejects.toThrow('the line is cut');
  expect(readdirSync(folder)).toEqual([hash.slice(0, 2)]);
  writeFileSync(join(folder, '0011.growing'), 'half');
  expect(await (await openObjects({ folder })).list()).toEqual([hash]);
  expect(readdirSync(folder)).toEqual([hash.slice(0, 2)]);
});

it('is read in pieces and ranges, in the same way from the disk and from memory', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-objects-'));
  const objects = await openObjects({ folder });
  const large = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
  const kept = (await objects.open(await objects.put(large)))!;
  for (const from of [kept, bytesInMemory(large)]) {
    expect(from.size).toBe(large.length);
    expect((await collected(from)).equals(large)).toBe(true);
    for (const [first, last] of [
      [0, 0],
      [70_000, 150_000],
      [199_999, 199_999],
    ] as const) {
      const part = Buffer.concat(await from.read({ first, last }).toArray());
      expect(part.equals(large.subarray(first, last + 1))).toBe(true);
    }
  }
  expect(await objects.open('0'.repeat(64))).toBeNull();
  expect(await collected(bytesInMemory(new Uint8Array()))).toHaveLength(0);
});
