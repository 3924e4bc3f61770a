/** RFC 6962 hashing: a leaf and an inner node are told apart by their first byte, so that neither can pass for the other. */
import { hash } from 'node:crypto';

export const HASH_BYTES = 32;
const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

// Reused between calls: everything here is synchronous, and a string digest written into place is two to four times faster
// than one fresh buffer per hash.
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES);
nodeInput[0] = NODE_PREFIX;

/** The root of a tree without leaves: SHA-256 of nothing. */
export const emptyRoot = (): Uint8Array => hash('sha256', '', 'buffer');

/** SHA-256(0x00 || entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  const input = Buffer.allocUnsafe(entry.length + 1);
  input[0] = LEAF_PREFIX;
  input.set(entry, 1);
  const target = Buffer.allocUnsafe(HASH_BYTES);
  writeLeafHash(input, target, 0);
  return target;
}

/**
 * Writes a leaf's hash into `target` at `at`. For writers that lay out many entries at once: `prefixed` is the entry with the
 * byte 0x00 already in front of it.
 */
export function writeLeafHash(prefixed: Uint8Array, target: Buffer, at: number): void {
  if (prefixed[0] !== LEAF_PREFIX) throw new Error('hash a leaf: its first byte must be 0x00');
  target.write(hash('sha256', prefixed, 'binary'), at, HASH_BYTES, 'latin1');
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const target = Buffer.allocUnsafe(HASH_BYTES);
  writeNodeHash(left, right, { target, at: 0 });
  return target;
}

/** Writes it into `target` at `at`, which may be one of the two. */
export function writeNodeHash(
  left: Uint8Array,
  right: Uint8Array,
  { target, at }: { readonly target: Buffer; readonly at: number },
): void {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  target.write(hash('sha256', nodeInput, 'binary'), at, HASH_BYTES, 'latin1');
}

/**
 * The hash above `count` neighbouring hashes that form a complete subtree.
 * @param hashes `count` times 32 bytes; `count` is a power of two
 */
export function subtreeHash(hashes: Uint8Array): Uint8Array {
  const work = Buffer.from(hashes);
  for (let width = work.length / HASH_BYTES; width > 1; width /= 2) {
    if (!Number.isInteger(width)) throw new Error('hash a subtree: the number of hashes must be a power of two');
    for (let pair = 0; pair < width / 2; pair++) {
      work.copy(nodeInput, 1, pair * 2 * HASH_BYTES, (pair * 2 + 2) * HASH_BYTES);
      work.write(hash('sha256', nodeInput, 'binary'), pair * HASH_BYTES, HASH_BYTES, 'latin1');
    }
  }
  return work.subarray(0, HASH_BYTES);
}
