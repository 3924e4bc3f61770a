/**
 * The keys by rank: the root wraps subjects' keys, a subject's key its categories', a category's key those of record versions.
 * A key is used only through its parents, so that destroying one ends everything below it.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
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

export interface Looked {
  readonly found: number;
  readonly slotsRead: number;
  /** Slots that still name one of them. */
  readonly slotsFound: number;
}

export interface Keyring {
  /** New keys, durable before they are given out, all in one write; `settle` says when SQL has them, or never will. */
  addSubjects(count: number): Promise<readonly KeyId[]>;
  /** One for each subject named, in that order. */
  addCategories(subjects: readonly KeyId[]): Promise<Result<readonly KeyId[], Refusal>>;
  /** One for a version of a record for each category named, in that order. */
  addRecordKeys(categories: readonly KeyId[]): Promise<Result<readonly OpenKey[], Refusal>>;
  settle(ids: readonly KeyId[]): void;
  /** How many of these are there, in memory and in the key file read anew. */
  look(ids: readonly KeyId[]): Promise<Looked>;
  /** Of record versions, with the key above each; none where another process holds them: it sees to them. */
  recordKeys(): readonly { readonly id: string; readonly parent: string }[];
  /** Given out, and not settled. */
  unsettled(): readonly KeyId[];
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
  const unsettled = new Set<KeyId>();
  const put = async (wrapped: readonly WrappedKey[], made: readonly Made[]): Promise<readonly KeyId[]> => {
    const ids = made.map(({ id }) => id);
    for (const id of ids) unsettled.add(id);
    try {
      await slots.put(wrapped);
    } catch (fault) {
      for (const id of ids) unsettled.delete(id);
      throw fault;
    }
    return ids;
  };
  return {
    addSubjects: async (count) => {
      const made = Array.from({ length: count }, () => newKey('subject', root.id));
      const wrapped: WrappedKey[] = [];
      for (const one of made) wrapped.push({ ...one.place, ...(await root.wrap(one.key, keyContext(one.place))) });
      for (const { key } of made) key.fill(0);
      return put(wrapped, made);
    },
    addCategories: async (subjects) => {
      const made = await wrapEach(rings, 'subject', subjects);
      if (!made.ok) return made;
      for (const { key } of made.value.keys) key.fill(0);
      return ok(await put(made.value.wrapped, made.value.keys));
    },
    addRecordKeys: async (categories) => {
      const made = await wrapEach(rings, 'category', categories);
      if (!made.ok) return made;
      const { keys, wrapped } = made.value;
      await put(wrapped, keys);
      // Destroyed meanwhile: what lies below it now opens for nobody, and is no place for a record.
      const gone = categories.find((category) => !isThere(rings, category));
      return gone === undefined ? ok(keys.map(({ id, key }) => ({ id, key }))) : keyGone(gone);
    },
    settle: (ids) => {
      for (const id of ids) unsettled.delete(id);
    },
    look: async (ids) => {
      const found = ids.filter((id) => slots.get(bytesOf(id)) !== null).length;
      const disk = await slots.onDisk(new Set(ids));
      return { found, slotsRead: disk.read, slotsFound: disk.found };
    },
    recordKeys: () => slots.recordKeys(),
    unsettled: () => [...unsettled],
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

/** A new key below each parent, wrapped by it; those of the same parent in one turn. */
async function wrapEach(
  rings: Rings,
  role: 'subject' | 'category',
  parents: readonly KeyId[],
): Promise<Result<{ readonly keys: readonly Made[]; readonly wrapped: readonly WrappedKey[] }, Refusal>> {
  const keys = parents.map((parent) => newKey(role === 'subject' ? 'category' : 'record', parent));
  const wrapped = new Array<WrappedKey>(keys.length);
  for (const [id, places] of Map.groupBy(keys.keys(), (i) => parents[i]!)) {
    const done = await withParent(rings, { id, role }, (key) => {
      for (const i of places) wrapped[i] = wrapBelow(key, keys[i]!);
    });
    if (!done.ok) return done;
  }
  return ok({ keys, wrapped });
}

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
  const cipher = createCipheriv(CIPHER, createSecretKey(parent), nonce).setAAD(context);
  const sealed = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return { nonce, sealed, generation: 0 };
}

/** `null` for a key that was wrapped by another, or for another place. */
export function openSealedKey(
  parent: Buffer,
  { nonce, sealed }: Pick<Sealed, 'nonce' | 'sealed'>,
  context: Buffer,
): Buffer | null {
  const decipher = createDecipheriv(CIPHER, createSecretKey(parent), nonce).setAAD(context);
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
