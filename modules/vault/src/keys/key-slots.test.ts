/** The key file: what is acknowledged outlives any stop, and what is destroyed is nowhere on the medium. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEY_BYTES, KEY_ID_BYTES, NONCE_BYTES, SLOT_BYTES, TAG_BYTES, type WrappedKey } from './slot.ts';
import { GROWTH_SLOTS, openKeySlots, type KeySlots } from './key-slots.ts';
import { TornFile } from './testing-slot-file.ts';

const PATH = 'keys';
const newSlot = (role: WrappedKey['role'] = 'record'): WrappedKey => ({
  role,
  id: randomBytes(KEY_ID_BYTES),
  parent: randomBytes(KEY_ID_BYTES),
  nonce: randomBytes(NONCE_BYTES),
  sealed: randomBytes(KEY_BYTES + TAG_BYTES),
  generation: 0,
});
const many = (count: number): WrappedKey[] => Array.from({ length: count }, () => newSlot());
const on = (file: TornFile): Promise<KeySlots> => openKeySlots({ path: PATH, openFile: file.open });
const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'done',
    (fault: Error) => fault.message,
  );

describe('a key file', () => {
  it('gives back what was put, after a new start too, and only to its owner', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cityward-keys-'));
    const path = join(folder, 'slots');
    const keys = [newSlot('subject'), newSlot('category'), ...many(300)];
    const first = await openKeySlots({ path });
    await first.put(keys.slice(0, 100));
    await first.put(keys.slice(100));
    for (const key of keys) expect(first.get(key.id)).toEqual(key);
    expect(first.get(randomBytes(KEY_ID_BYTES))).toBeNull();
    await first.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const second = await openKeySlots({ path });
    expect(second.live).toBe(302);
    for (const key of keys) expect(second.get(key.id)).toEqual(key);
    expect(await second.destroy(keys.slice(50, 150).map(({ id }) => id))).toBe(100);
    await second.close();
    const bytes = readFileSync(path);
    for (const [i, { sealed }] of keys.entries()) expect(bytes.includes(sealed)).toBe(i < 50 || i >= 150);
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds every key among many that come and go, and none that went', async () => {
    const slots = await on(new TornFile());
    const there = new Map<string, WrappedKey>();
    for (let round = 0; round < 30; round++) {
      const keys = many(400);
      await slots.put(keys);
      for (const key of keys) there.set(key.id.toString('hex'), key);
      const gone = [...there.values()].filter((_, i) => i % 3 === round % 3);
      expect(await slots.destroy(gone.map(({ id }) => id))).toBe(gone.length);
      for (const key of gone) {
        there.delete(key.id.toString('hex'));
        expect(slots.get(key.id)).toBeNull();
      }
    }
    expect(slots.live).toBe(there.size);
    for (const key of there.values()) expect(slots.get(key.id)).toEqual(key);
  });

  it('uses again what was freed, and grows only when nothing is', async () => {
    const file = new TornFile();
    const slots = await on(file);
    for (let i = 0; i < 5; i++) {
      const keys = many(GROWTH_SLOTS / 2);
      await slots.put(keys);
      await slots.destroy(keys.map(({ id }) => id));
    }
    expect(file.durable.length).toBe(GROWTH_SLOTS * SLOT_BYTES);
  });
});

describe('a destroyed key', () => {
  it('is found by nobody from the call on, before the disk has done anything', async () => {
    const slots = await on(new TornFile());
    const key = newSlot();
    await slots.put([key]);
    const destroying = slots.destroy([key.id, randomBytes(KEY_ID_BYTES)]);
    expect(slots.get(key.id)).toBeNull();
    expect(await destroying).toBe(1);
    expect(await slots.destroy([key.id])).toBe(0);
  });

  it('was overwritten by noise, synced, before it was cleared: once by zeros alone is not enough', async () => {
    const file = new TornFile();
    const slots = await on(file);
    const key = newSlot();
    await slots.put([key]);
    const before = file.history.length;
    await slots.destroy([key.id]);
    const [noise, zeros] = file.history.slice(before) as [Buffer, Buffer];
    const slot = file.history[before - 1]!.indexOf(key.id) - 4;
    expect(noise.includes(key.sealed)).toBe(false);
    expect(noise.subarray(slot, slot + SLOT_BYTES).filter((byte) => byte !== 0).length).toBeGreaterThan(64);
    expect(zeros.subarray(slot, slot + SLOT_BYTES).every((byte) => byte === 0)).toBe(true);
  });
});

describe('a stop', () => {
  const kinds = ['nothing', 'all', 'half'] as const;

  it('at any call loses nothing acknowledged, and brings nothing back that was destroyed', async () => {
    let stops = 0;
    for (const kept of kinds)
      for (let stopAt = 1; ; stopAt++) {
        const file = new TornFile();
        const [stay, go, late] = [many(9), many(9), many(9)];
        const done: string[] = [];
        file.stopAt = stopAt;
        const walk = async (): Promise<void> => {
          const slots = await on(file);
          await slots.put([...stay, ...go]);
          done.push('put');
          await slots.destroy(go.map(({ id }) => id));
          done.push('destroyed');
          await slots.put(late);
          done.push('late');
        };
        const ended = await codeOf(walk());
        if (ended === 'done') break;
        stops++;
        file.afterStop(kept);
        const again = await on(file);
        expect(again.damaged).toBe(0);
        if (done.includes('put')) for (const key of stay) expect(again.get(key.id)).toEqual(key);
        if (done.includes('late')) for (const key of late) expect(again.get(key.id)).toEqual(key);
        if (done.includes('destroyed')) for (const key of go) expect(file.durable.includes(key.sealed)).toBe(false);
        // Whoever asked for the destruction asks again after the start: then all of it is gone.
        await again.destroy(go.map(({ id }) => id));
        for (const key of go) expect(file.durable.includes(key.sealed)).toBe(false);
        const more = many(30);
        await again.put(more);
        for (const key of more) expect(again.get(key.id)).toEqual(key);
      }
    expect(stops).toBeGreaterThan(15);
  });
});

describe('a disk', () => {
  it('that is full refuses the key, keeps those before, and takes more once there is space', async () => {
    const file = new TornFile();
    const slots = await on(file);
    const keys = many(GROWTH_SLOTS);
    await slots.put(keys);
    file.capacity = GROWTH_SLOTS * SLOT_BYTES;
    const [first, second] = many(2) as [WrappedKey, WrappedKey];
    expect(await codeOf(slots.put([first]))).toMatch(/grow the key file "keys": .*ENOSPC.*; free some space/);
    expect(slots.get(first.id)).toBeNull();
    expect(slots.get(keys[7]!.id)).toEqual(keys[7]);
    expect(await slots.destroy([keys[0]!.id])).toBe(1); // where nothing fits any more, what is there can still be destroyed
    file.capacity = Infinity;
    await slots.put([first, second]);
    expect(slots.get(second.id)).toEqual(second);
  });

  it('that does not sync ends all writing until a new start, and what was refused is not there then', async () => {
    const file = new TornFile();
    const slots = await on(file);
    const [kept, lost] = many(2) as [WrappedKey, WrappedKey];
    await slots.put([kept]);
    file.failSync = true;
    expect(await codeOf(slots.put([lost]))).toMatch(/restart after mending the disk/);
    file.failSync = false;
    expect(await codeOf(slots.put([lost]))).toMatch(/restart after mending the disk/);
    expect(slots.get(kept.id)).toEqual(kept);
    file.afterStop('nothing');
    const again = await on(file);
    expect([again.get(kept.id), again.get(lost.id)]).toEqual([kept, null]);
  });

  it('that turned a bit loses that key alone, says so, and gives its slot to nobody', async () => {
    const keys = many(4);
    await fc.assert(
      fc.asyncProperty(fc.nat(SLOT_BYTES * 8 - 1), async (bit) => {
        const file = new TornFile();
        await (await on(file)).put(keys);
        const at = file.durable.indexOf(keys[1]!.id) - 4;
        file.alter(at + (bit >> 3), 1 << (bit & 7));
        const again = await on(file);
        expect(again.get(keys[1]!.id)).toBeNull();
        expect(again.damaged).toBe(1);
        for (const key of [keys[0]!, keys[2]!, keys[3]!]) expect(again.get(key.id)).toEqual(key);
      }),
      { numRuns: 40 },
    );
  });
});
