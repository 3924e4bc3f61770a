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
