/** Objects survive, deduplicate and show rot. */
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openObjects } from './index.ts';

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
