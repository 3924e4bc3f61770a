/**
 * The keys by rank: the root wraps subjects' keys, a subject's key its categories', a category's key those of record versions.
 * A key is used only through its parents, so that destroying one ends everything below it.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { refuse, ok, type Brand, type Refusal, type Result } from '@cityward/kernel';
import { keyContext } from '../domain/binding.ts';
import { KEY_BYTES, KEY_ID_BYTES, NONCE_BYTES, TAG_BYTES, type KeyRole, type WrappedKey } from './slot.ts';
import type { KeySlots } from './key-slots.ts';

/** 32 hex digits; random, so that one tells nothing. */
export type KeyId = Brand<string, 'KeyId'>;

/** The one key that lies outside the key file: in a file of its own, or at a key service that never gives it out. */
export interface RootKey {
  readonly id: KeyId;
  wrap(key: Buffer, context: Buffer): Promise<Sealed>;
  /** `null` where it does not open. Rejects where the key service does not answer. */
  unwrap(sealed: Sealed, context: Buffer): Promise<Buffer | null>;
  /** Where it is and how it is, in words. Never throws. */
  health(): Promise<string>;
}
export interface Sealed {
  readonly nonce: Buffer;
  /** The key and its tag. */
  readonly sealed: Buffer;
  /** Of the key that wrapped it; 0 where that has but one. */
  readonly generation: number;
}

/** A key in the clear, for as long as the caller needs it. */
export interface OpenKey {
  readonly id: KeyId;
  readonly key: Buffer;
}

export interface Keyring {
  addSubject(): Promise<KeyId>;
  addCategory(subject: KeyId): Promise<Result<KeyId, Refusal>>;
  /** New keys for record versions, durable before they are given out. */
  addRecordKeys(category: KeyId, count: number): Promise<Result<readonly OpenKey[], Refusal>>;
  /** The key of a record version, by way of its category and subject. */
  open(id: KeyId): Promise<Result<Buffer, Refusal>>;
  /** Gone from the call on; resolves once overwritten on disk. Answers how many of them there were. */
  destroy(ids: readonly KeyId[]): Promise<number>;
  close(): Promise<void>;
}

/** Parents' keys that are held in the clear: the least lately used makes room, and is overwritten. */
export const OPEN_PARENTS_MAX = 10_000;

export function createKeyring(slots: KeySlots, root: RootKey): Keyring {
  const parents = new OpenParents(OPEN_PARENTS_MAX);
  const rings: Rings = { slots, root, parents };
  return {
    addSubject: async () => {
      const made = newKey('subject', root.id);
      await slots.put([{ ...made.place, ...(await root.wrap(made.key, keyContext(made.place))) }]);
      made.key.fill(0);
      return made.id;
    },
    addCategory: async (subject) => {
      const made = newKey('category', subject);
      const wrapped = await withParent(rings, { id: subject, role: 'subject' }, (key) => wrapBelow(key, made));
      made.key.fill(0);
      if (!wrapped.ok) return wrapped;
      await slots.put([wrapped.value]);
      return ok(made.id);
    },
    addRecordKeys: async (category, count) => {
      const made = Array.from({ length: count }, () => newKey('record', category));
      const wrapped = await withParent(rings, { id: category, role: 'category' }, (key) =>
        made.map((one) => wrapBelow(key, one)),
      );
      if (!wrapped.ok) return wrapped;
      await slots.put(wrapped.value);
      // Destroyed meanwhile: what lies below it now opens for nobody, and is no place for a record.
      return isThere(rings, category) ? ok(made.map(({ id, key }) => ({ id, key }))) : keyGone(category);
    },
    open: (id) => openRecordKey(rings, id),
    destroy: (ids) => {
      for (const id of ids) parents.drop(id);
      return slots.destroy(ids.map(bytesOf));
    },
    close: () => {
      parents.clear();
      return slots.close();
    },
  };
}

interface Rings {
  readonly slots: KeySlots;
  readonly root: RootKey;
  readonly parents: OpenParents;
}
interface Made extends OpenKey {
  readonly place: Pick<WrappedKey, 'role' | 'id' | 'parent'>;
}

const keyGone = (id: KeyId): Result<never, Refusal> =>
  refuse('gone', 'KEY_DESTROYED', `open key "${id}": it, or one above it, is destroyed`);

function newKey(role: KeyRole, parent: KeyId): Made {
  const [id, key] = [randomBytes(KEY_ID_BYTES), randomBytes(KEY_BYTES)];
  return { id: id.toString('hex') as KeyId, key, place: { role, id, parent: bytesOf(parent) } };
}

const wrapBelow = (parent: Buffer, { key, place }: Made): WrappedKey => ({
  ...place,
  ...sealKey(parent, key, keyContext(place)),
});

const isThere = ({ slots }: Rings, id: KeyId): boolean => slots.get(bytesOf(id)) !== null;

async function openRecordKey(rings: Rings, id: KeyId): Promise<Result<Buffer, Refusal>> {
  const slot = rings.slots.get(bytesOf(id));
  if (slot?.role !== 'record') return keyGone(id);
  const category = slot.parent.toString('hex') as KeyId;
  const opened = await withParent(rings, { id: category, role: 'category' }, (parent) =>
    // Looked at again after the wait: a key destroyed while its parents were fetched is not given out.
    isThere(rings, id) ? openSealedKey(parent, slot, keyContext(slot)) : null,
  );
  return opened.ok && opened.value ? ok(opened.value) : keyGone(id);
}

interface Parent {
  readonly id: KeyId;
  readonly role: 'subject' | 'category';
}

/**
 * Calls `use` with the parent's key, in the same turn in which it was found to be there and held: one that makes room meanwhile is
 * overwritten, and what was wrapped by zeros would open for everybody.
 */
async function withParent<Answer>(
  rings: Rings,
  { id, role }: Parent,
  use: (key: Buffer) => Answer,
): Promise<Result<Answer, Refusal>> {
  const slot = rings.slots.get(bytesOf(id));
  if (!slot || !isUsable(rings, slot, role)) return keyGone(id);
  const held = rings.parents.get(id);
  if (held) return ok(use(held));
  const key = await unwrapped(rings, slot);
  if (!key || !isUsable(rings, slot, role) || !isThere(rings, id)) return keyGone(id);
  rings.parents.set(id, key);
  return ok(use(key));
}

/** A category's key counts only while its subject's is there, held in the clear or not. */
const isUsable = ({ slots }: Rings, slot: WrappedKey, role: KeyRole): boolean =>
  slot.role === role && (role === 'subject' || slots.get(slot.parent) !== null);

async function unwrapped(rings: Rings, slot: WrappedKey): Promise<Buffer | null> {
  if (slot.role === 'subject') return rings.root.unwrap(slot, keyContext(slot));
  const subject: Parent = { id: slot.parent.toString('hex') as KeyId, role: 'subject' };
  const opened = await withParent(rings, subject, (key) => openSealedKey(key, slot, keyContext(slot)));
  return opened.ok ? opened.value : null;
}

const CIPHER = 'aes-256-gcm';
const bytesOf = (id: KeyId): Buffer => Buffer.from(id, 'hex');

export function sealKey(parent: Buffer, key: Buffer, context: Buffer): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, parent, nonce).setAAD(context);
  const sealed = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return { nonce, sealed, generation: 0 };
}

/** `null` for a key that was wrapped by another, or for another place. */
export function openSealedKey(
  parent: Buffer,
  { nonce, sealed }: Pick<Sealed, 'nonce' | 'sealed'>,
  context: Buffer,
): Buffer | null {
  const decipher = createDecipheriv(CIPHER, parent, nonce).setAAD(context);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const key = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    decipher.final();
    return key;
  } catch {
    key.fill(0);
    return null;
  }
}

class OpenParents {
  readonly #max: number;
  readonly #held = new Map<KeyId, Buffer>();

  constructor(max: number) {
    this.#max = max;
  }

  get(id: KeyId): Buffer | null {
    const key = this.#held.get(id);
    if (!key) return null;
    this.#held.delete(id);
    this.#held.set(id, key);
    return key;
  }

  set(id: KeyId, key: Buffer): void {
    this.#held.set(id, key);
    if (this.#held.size > this.#max) this.drop(this.#held.keys().next().value!);
  }

  drop(id: KeyId): void {
    this.#held.get(id)?.fill(0);
    this.#held.delete(id);
  }

  clear(): void {
    for (const id of [...this.#held.keys()]) this.drop(id);
  }
}
