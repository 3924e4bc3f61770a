/** Inclusion and consistency proofs (RFC 6962 section 2.1), made from tiles and checked with nothing but hashes. */
import { HASH_BYTES, emptyRoot, nodeHash, writeNodeHash } from './hash.ts';
import { sameBytes } from './parsed.ts';
import { TILE_WIDTH, tileWidth, type Tile } from './tile.ts';

/** Hands out a tile's bytes; throws when it cannot. */
export type TileReader = (tile: Tile & { readonly level: number }) => Uint8Array | Promise<Uint8Array>;

/** A complete subtree: 2^height leaves, the `index`-th of that height. */
interface Subtree {
  readonly height: number;
  readonly index: number;
}

const TILE_HEIGHT = 8;

/** The complete subtrees, largest first, whose leaves are [from, to); `from` must be aligned to the largest. */
function cover(from: number, to: number): Subtree[] {
  const parts: Subtree[] = [];
  let at = from;
  while (at < to) {
    let height = 0;
    while (at + 2 ** (height + 1) <= to && at % 2 ** (height + 1) === 0) height++;
    parts.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return parts;
}

/** The largest power of two below `n`, for n of 2 or more: where RFC 6962 splits a tree. */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

type Range = readonly [from: number, to: number];

function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      ranges.push([middle, to]);
      to = middle;
    } else {
      ranges.push([from, middle]);
      from = middle;
    }
  }
  return ranges.reverse();
}

function consistencyRanges(oldSize: number, size: number): Range[] {
  if (oldSize === 0 || oldSize === size) return [];
  const ranges: Range[] = [];
  let [from, to] = [0, size];
  while (to !== oldSize) {
    const middle = from + splitOf(to - from);
    if (oldSize <= middle) {
      ranges.push([middle, to]);
      to = middle;
    } else {
      ranges.push([from, middle]);
      from = middle;
    }
  }
  // The old tree's own right edge is only sent when it is not the whole old tree, which the verifier knows.
  if (from > 0) ranges.push([from, to]);
  return ranges.reverse();
}

/** A tile with the nodes above its hashes, each computed at most once. */
interface ReadTile {
  readonly bytes: Uint8Array;
  readonly nodes: Map<number, Uint8Array>;
}

/** The node that covers `span` hashes of the tile from `first`. */
function nodeIn(tile: ReadTile, span: number, first: number): Uint8Array {
  if (span === 1) return tile.bytes.subarray(first * HASH_BYTES, (first + 1) * HASH_BYTES);
  const key = span * TILE_WIDTH + first;
  const known = tile.nodes.get(key);
  if (known) return known;
  const node = nodeHash(nodeIn(tile, span / 2, first), nodeIn(tile, span / 2, first + span / 2));
  tile.nodes.set(key, node);
  return node;
}

/** Reads hashes of one tree through its tiles, each tile at most once. */
function createHashReader(size: number, read: TileReader): (range: Range) => Promise<Uint8Array> {
  const tiles = new Map<string, Promise<ReadTile>>();
  const fetchTile = async (level: number, index: number): Promise<ReadTile> => {
    const width = tileWidth(level, index, size);
    const bytes = await read({ level, index, width });
    if (bytes.length !== width * HASH_BYTES)
      throw new Error(`read tile ${level}/${index}: it has ${bytes.length} bytes, wanted ${width * HASH_BYTES}`);
    return { bytes, nodes: new Map() };
  };
  const subtree = async ({ height, index }: Subtree): Promise<Uint8Array> => {
    const level = Math.floor(height / TILE_HEIGHT);
    const span = 2 ** (height % TILE_HEIGHT);
    const first = index * span;
    const tileIndex = Math.floor(first / TILE_WIDTH);
    const key = `${level}/${tileIndex}`;
    const tile = tiles.get(key) ?? fetchTile(level, tileIndex);
    tiles.set(key, tile);
    return nodeIn(await tile, span, first % TILE_WIDTH);
  };
  return async ([from, to]) => {
    const parts = await Promise.all(cover(from, to).map(subtree));
    return parts.reduceRight((right, left) => nodeHash(left, right));
  };
}

function checkSizes(what: string, smaller: number, size: number): void {
  if (!Number.isSafeInteger(smaller) || !Number.isSafeInteger(size) || smaller < 0 || smaller > size)
    throw new RangeError(`${what}: ${smaller} is not within a tree of ${size} leaves`);
}

/** The root of the tree of `size` leaves, from the tiles of its right edge. */
export async function rootFromTiles(size: number, read: TileReader): Promise<Uint8Array> {
  checkSizes('compute a root', 0, size);
  return size === 0 ? emptyRoot() : createHashReader(size, read)([0, size]);
}

/** Proofs in one tree; what they share is read and hashed once, so that a thousand cost little more than one. */
export interface Prover {
  /** The audit path of a leaf, from its sibling up. Throws outside the tree. */
  inclusion(index: number): Promise<Uint8Array[]>;
  /** Shows that this tree begins with the tree of `oldSize` leaves. Throws when `oldSize` is larger. */
  consistency(oldSize: number): Promise<Uint8Array[]>;
}

export function createProver(size: number, read: TileReader): Prover {
  const hashOf = createHashReader(size, read);
  return {
    inclusion: async (index) => {
      checkSizes('prove inclusion', index + 1, size);
      return Promise.all(inclusionRanges(index, size).map(hashOf));
    },
    consistency: async (oldSize) => {
      checkSizes('prove consistency', oldSize, size);
      return Promise.all(consistencyRanges(oldSize, size).map(hashOf));
    },
  };
}

export const inclusionProof = (index: number, size: number, read: TileReader): Promise<Uint8Array[]> =>
  createProver(size, read).inclusion(index);
export const consistencyProof = (oldSize: number, size: number, read: TileReader): Promise<Uint8Array[]> =>
  createProver(size, read).consistency(oldSize);

export interface Inclusion {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** True when the leaf is at `index` of the tree with this size and root (RFC 9162 section 2.1.3.2). */
export function verifyInclusion({ leafHash, index, size, root, proof }: Inclusion): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let node = index;
  let last = size - 1;
  if (leafHash.length !== HASH_BYTES) return false;
  const hash = Buffer.from(leafHash);
  const into = { target: hash, at: 0 };
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== HASH_BYTES) return false;
    if (node % 2 === 1 || node === last) {
      writeNodeHash(sibling, hash, into);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else writeNodeHash(hash, sibling, into);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && sameBytes(hash, root);
}

export interface Consistency {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** True when the newer tree begins with the older one (RFC 9162 section 2.1.4.2). */
export function verifyConsistency({ oldSize, oldRoot, size, root, proof }: Consistency): boolean {
  if (!isCount(oldSize) || !isCount(size) || oldSize > size) return false;
  if (proof.some((hash) => hash.length !== HASH_BYTES)) return false;
  if (oldSize === 0) return proof.length === 0 && sameBytes(oldRoot, emptyRoot());
  if (oldSize === size) return proof.length === 0 && sameBytes(oldRoot, root);
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : [...proof];
  const [seed, ...rest] = path;
  if (!seed) return false;
  let node = oldSize - 1;
  let last = size - 1;
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  let [older, newer] = [seed, seed];
  for (const hash of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      older = nodeHash(hash, older);
      newer = nodeHash(hash, newer);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else newer = nodeHash(newer, hash);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && sameBytes(older, oldRoot) && sameBytes(newer, root);
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function isPowerOfTwo(value: number): boolean {
  let power = 1;
  while (power < value) power *= 2;
  return power === value;
}
