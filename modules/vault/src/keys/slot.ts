/** One slot of a key file: a wrapped key with what it is and whose child it is, or nothing. */
import { crc32 } from 'node:zlib';

/** A power of two, so that no slot lies across two sectors of a disk: a torn write spares its neighbours. */
export const SLOT_BYTES = 128;
export const KEY_BYTES = 32;
export const KEY_ID_BYTES = 16;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/**
 * What a key wraps: a subject's key its categories, a category's key its records, a record's key one version of one record; an
 * epoch's key the backups of all those keys that were made in its week.
 */
export type KeyRole = 'subject' | 'category' | 'record' | 'epoch';
const ROLES: readonly KeyRole[] = ['subject', 'category', 'record', 'epoch'];

/** Buffers of the sizes above; `sealed` is the key and its tag under AES-256-GCM. */
export interface WrappedKey {
  readonly role: KeyRole;
  readonly id: Buffer;
  /** Of the key that wraps it; the root's for a subject's key. */
  readonly parent: Buffer;
  readonly nonce: Buffer;
  readonly sealed: Buffer;
  /** Of the parent, where a key service makes new versions of it; 0 where there is but one. */
  readonly generation: number;
}

const STATE_LIVE = 0xa5;
const LAYOUT = 1;
const ID_AT = 4;
const PARENT_AT = ID_AT + KEY_ID_BYTES;
const NONCE_AT = PARENT_AT + KEY_ID_BYTES;
const SEALED_AT = NONCE_AT + NONCE_BYTES;
const END_AT = SEALED_AT + KEY_BYTES + TAG_BYTES;
const SUM_AT = SLOT_BYTES - 4;
const GENERATION_AT = END_AT;

/** Writes the key into a slot at `at`; what was there is overwritten whole. */
export function encodeSlot(into: Buffer, at: number, key: WrappedKey): void {
  const { role, id, parent, nonce, sealed, generation } = key;
  into.fill(0, at, at + SLOT_BYTES);
  into[at] = STATE_LIVE;
  into[at + 1] = LAYOUT;
  into[at + 2] = ROLES.indexOf(role);
  id.copy(into, at + ID_AT);
  parent.copy(into, at + PARENT_AT);
  nonce.copy(into, at + NONCE_AT);
  sealed.copy(into, at + SEALED_AT);
  into.writeUInt32BE(generation, at + GENERATION_AT);
  into.writeUInt32BE(crc32(into.subarray(at, at + SUM_AT)), at + SUM_AT);
}

/** The first byte of a slot whose key is being destroyed, random bytes after it. */
export const STATE_DESTROYED = 0x5a;

/**
 * What a slot holds. `destroyed`: the process ended between the two passes over it. `damaged`: neither written by us nor cut off,
 * since no slot lies across two sectors; its key may be mended by hand, so it is kept and told of.
 */
export type SlotState = 'free' | 'live' | 'destroyed' | 'damaged';

const FREE = Buffer.alloc(SLOT_BYTES);
export function slotState(bytes: Buffer, at: number): SlotState {
  const slot = bytes.subarray(at, at + SLOT_BYTES);
  if (slot[0] === STATE_DESTROYED) return 'destroyed';
  if (slot[0] === 0) return slot.equals(FREE) ? 'free' : 'damaged';
  const isOurs = slot[0] === STATE_LIVE && slot[1] === LAYOUT && ROLES[slot[2]!] !== undefined;
  return isOurs && slot.readUInt32BE(SUM_AT) === crc32(slot.subarray(0, SUM_AT)) ? 'live' : 'damaged';
}

/** The key of a live slot, its bytes copied. */
export function decodeSlot(bytes: Buffer, at: number): WrappedKey {
  const part = (from: number, to: number): Buffer => Buffer.from(bytes.subarray(at + from, at + to));
  return {
    role: ROLES[bytes[at + 2]!]!,
    id: part(ID_AT, PARENT_AT),
    parent: part(PARENT_AT, NONCE_AT),
    nonce: part(NONCE_AT, SEALED_AT),
    sealed: part(SEALED_AT, END_AT),
    generation: bytes.readUInt32BE(at + GENERATION_AT),
  };
}

/** Does the slot at `at` hold the key with this id? */
export const isIdAt = (bytes: Buffer, at: number, id: Buffer): boolean =>
  bytes.compare(id, 0, KEY_ID_BYTES, at + ID_AT, at + PARENT_AT) === 0;

export const idAt = (bytes: Buffer, at: number): Buffer => bytes.subarray(at + ID_AT, at + PARENT_AT);

/** Slots near each other become one write: ascending, `count` from `first`, those up to `gap` slots between them included. */
export function runsOf(slots: Iterable<number>, gap: number): { readonly first: number; readonly count: number }[] {
  const runs: { first: number; count: number }[] = [];
  for (const slot of [...slots].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && slot <= last.first + last.count + gap) last.count = slot - last.first + 1;
    else runs.push({ first: slot, count: 1 });
  }
  return runs;
}
