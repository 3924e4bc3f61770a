/** Keys by rank: what lies below a destroyed key opens for nobody, and nothing opens in another place. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Refusal, Result } from '@cityward/kernel';
import type { RecordBinding } from '../domain/binding.ts';
import { openKeySlots, type KeySlots } from './key-slots.ts';
import { createKeyring, type KeyId, type Keyring, type OpenKey, type RootKey } from './keyring.ts';
import { openRootFile } from './root-file.ts';
import { openContent, sealContent } from './sealed.ts';
import { TornFile } from './testing-slot-file.ts';

const must = <T>(result: Result<T, Refusal>): T => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};
const codeOf = (result: Result<unknown, Refusal>): string => (result.ok ? 'done' : result.error.code);

let folder: string;
let root: RootKey;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-root-'));
  root = await openRootFile(join(folder, 'root.key'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ring {
  readonly file: TornFile;
  readonly slots: KeySlots;
  readonly ring: Keyring;
}
async function newRing(from = root, file = new TornFile()): Promise<Ring> {
  const slots = await openKeySlots({ path: 'keys', openFile: file.open });
  return { file, slots, ring: createKeyring(slots, from) };
}
async function person(ring: Keyring): Promise<{ subject: KeyId; category: KeyId; key: OpenKey }> {
  const [subject] = (await ring.addSubjects(1)) as [KeyId];
  const [category] = must(await ring.addCategories([subject])) as [KeyId];
  return { subject, category, key: must(await ring.addRecordKeys([category]))[0]! };
}

describe('a record key', () => {
  it('is the same when it is opened again, after a new start too, and lies nowhere in the clear', async () => {
    const { ring, file } = await newRing();
    const { key } = await person(ring);
    expect(must(await ring.open(key.id))).toEqual(key.key);
    const again = await newRing(root, file);
    expect(must(await again.ring.open(key.id))).toEqual(key.key);
    for (const version of file.history) expect(version.includes(key.key)).toBe(false);
  });

  it.each(['record', 'category', 'subject'] as const)(
    'opens for nobody once its %s key is destroyed, although its parents were held',
    async (what) => {
      const { ring } = await newRing();
      const { subject, category, key } = await person(ring);
      const other = await person(ring);
      must(await ring.open(key.id));
      const destroying = ring.destroy([{ record: key.id, category, subject }[what]]);
      expect(codeOf(await ring.open(key.id))).toBe('KEY_DESTROYED');
      await destroying;
      expect(codeOf(await ring.open(key.id))).toBe('KEY_DESTROYED');
      if (what !== 'record') expect(codeOf(await ring.addRecordKeys([category]))).toBe('KEY_DESTROYED');
      expect(must(await ring.open(other.key.id))).toEqual(other.key.key);
    },
  );

  it('is not given out when it, or one above it, is destroyed while the root is asked', async () => {
    for (const what of ['record', 'category', 'subject'] as const) {
      let asked = (): void => undefined;
      const slow: RootKey = {
        ...root,
        unwrap: async (sealed, context) => {
          const key = await root.unwrap(sealed, context);
          asked();
          await new Promise((done) => setImmediate(done));
          return key;
        },
      };
      const file = new TornFile();
      const { subject, category, key } = await person((await newRing(root, file)).ring);
      const { ring } = await newRing(slow, file);
      let destroyed: Promise<number> | null = null;
      asked = () => void (destroyed ??= ring.destroy([{ record: key.id, category, subject }[what]]));
      expect(codeOf(await ring.open(key.id))).toBe('KEY_DESTROYED');
      await destroyed;
    }
  });

  it('does not open by another root', async () => {
    const { ring, file } = await newRing();
    const { key } = await person(ring);
    const stranger = await openRootFile(join(folder, 'other.key'));
    expect(codeOf(await (await newRing(stranger, file)).ring.open(key.id))).toBe('KEY_DESTROYED');
  });

  it.each(['id', 'parent', 'role'] as const)(
    'does not open where its wrapped key was given another %s',
    async (what) => {
      const { ring, slots } = await newRing();
      const [mine, theirs] = [await person(ring), await person(ring)];
      const wrapped = slots.get(Buffer.from(mine.key.id, 'hex'))!;
      const moved = {
        id: { ...wrapped, id: randomBytes(16) },
        parent: { ...wrapped, id: randomBytes(16), parent: Buffer.from(theirs.category, 'hex') },
        role: { ...wrapped, id: randomBytes(16), role: 'category' as const },
      }[what];
      await slots.put([moved]);
      expect(codeOf(await ring.open(moved.id.toString('hex') as KeyId))).toBe('KEY_DESTROYED');
      expect(must(await ring.open(mine.key.id))).toEqual(mine.key.key);
    },
  );

  it('stays its own however many parents are held: one that makes room is no key any more', async () => {
    const { ring } = await newRing();
    const people = [];
    for (let i = 0; i < 60; i++) people.push(await person(ring));
    const opened = await Promise.all(people.map(({ key }) => ring.open(key.id)));
    expect(opened.map(must)).toEqual(people.map(({ key }) => key.key));
  });
});

describe('content', () => {
  const binding: RecordBinding = {
    record: 'rec-1',
    version: 3,
    subject: 'sub-1',
    category: 'blood-tests',
    media: 'application/fhir+json',
  };
  const text = Buffer.from('HbA1c 41 mmol/mol');

  it('opens in its place and in no other, and says nothing of itself', async () => {
    const { ring } = await newRing();
    const [mine, theirs] = [await person(ring), await person(ring)];
    const sealed = sealContent(mine.key, binding, text);
    expect(must(openContent(mine.key, binding, sealed))).toEqual(text);
    expect(sealed.includes(text)).toBe(false);
    const elsewhere: Partial<Record<keyof RecordBinding, RecordBinding>> = {
      record: { ...binding, record: 'rec-2' },
      version: { ...binding, version: 4 },
      subject: { ...binding, subject: 'sub-2' },
      category: { ...binding, category: 'notes' },
      media: { ...binding, media: 'application/pdf' },
    };
    for (const place of Object.values(elsewhere))
      expect(codeOf(openContent(mine.key, place, sealed))).toBe('CONTENT_ALTERED');
    expect(codeOf(openContent(theirs.key, binding, sealed))).toBe('CONTENT_ALTERED');
    expect(codeOf(openContent({ ...mine.key, id: theirs.key.id }, binding, sealed))).toBe('CONTENT_ALTERED');
    // Two bindings whose parts only meet elsewhere.
    const split = { ...binding, record: 'rec-1x', subject: 'ub-1' };
    expect(codeOf(openContent(mine.key, split, sealed))).toBe('CONTENT_ALTERED');
  });

  it('does not open once any bit of it was turned, or an end cut off', async () => {
    const { ring } = await newRing();
    const { key } = await person(ring);
    const sealed = sealContent(key, binding, text);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(codeOf(openContent(key, binding, changed))).toBe('CONTENT_ALTERED');
    }
    for (let length = 0; length < sealed.length; length++)
      expect(codeOf(openContent(key, binding, sealed.subarray(0, length)))).toBe('CONTENT_ALTERED');
  });
});

describe('a root key file', () => {
  it('is made once, for its owner alone, and refused where others may read it or it is cut', async () => {
    const path = join(folder, 'made.key');
    const first = await openRootFile(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await openRootFile(path)).id).toBe(first.id);
    chmodSync(path, 0o644);
    await expect(openRootFile(path)).rejects.toThrow(/its mode is 644, wanted 600/);
    chmodSync(path, 0o600);
    truncateSync(path, 40);
    await expect(openRootFile(path)).rejects.toThrow(/it has 40 bytes, wanted 48/);
  });
});
