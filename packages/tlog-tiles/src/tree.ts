/** A growing Merkle tree that keeps only its right edge: the partial tile of each level. */
import { HASH_BYTES, emptyRoot, nodeHash, subtreeHash } from './hash.ts';
import { TILE_WIDTH, tileWidth } from './tile.ts';

const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

/**
 * Called with the hashes that each level gains, in order: those of one level written one after the other are its tiles, 256 hashes
 * each. The bytes may be kept.
 */
export type HashSink = (level: number, hashes: Uint8Array) => void;

export interface GrowingTree {
  readonly size: number;
  /** Adds leaves. @param hashes any number of leaf hashes, 32 bytes each, one after the other */
  append(hashes: Uint8Array): void;
  /** The RFC 6962 root over all leaves. */
  root(): Uint8Array;
  /** The partial tile of a level as it stands, a copy; empty when the level has none. */
  partial(level: number): Uint8Array;
}

/** What a tree needs to go on from: its size and the partial tile of each level below the top. */
export interface TreeStart {
  readonly size: number;
  readonly partials: readonly Uint8Array[];
}

interface Level {
  readonly bytes: Buffer;
  width: number;
}

const newLevel = (): Level => ({ bytes: Buffer.alloc(TILE_BYTES), width: 0 });

function startLevels({ size, partials }: TreeStart): Level[] {
  const levels: Level[] = [];
  for (let depth = 0, hashes = size; hashes > 0; depth++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    const level = newLevel();
    level.width = hashes % TILE_WIDTH;
    const given = partials[depth] ?? new Uint8Array();
    if (given.length !== level.width * HASH_BYTES)
      throw new Error(`go on with a tree of ${size} leaves: level ${depth} needs ${level.width} hashes`);
    level.bytes.set(given);
    levels.push(level);
  }
  return levels;
}

/** @param start where an existing tree stands; an empty tree otherwise */
export function createTree(onHashes: HashSink, start: TreeStart = { size: 0, partials: [] }): GrowingTree {
  let size = start.size;
  const levels = startLevels(start);
  const levelAt = (depth: number): Level => (levels[depth] ??= newLevel());

  const add = (depth: number, hashes: Uint8Array): void => {
    onHashes(depth, hashes);
    const level = levelAt(depth);
    for (let at = 0; at < hashes.length;) {
      const take = Math.min(TILE_BYTES - level.width * HASH_BYTES, hashes.length - at);
      level.bytes.set(hashes.subarray(at, at + take), level.width * HASH_BYTES);
      level.width += take / HASH_BYTES;
      at += take;
      if (level.width < TILE_WIDTH) continue;
      level.width = 0;
      add(depth + 1, subtreeHash(level.bytes));
    }
  };
  return {
    get size() {
      return size;
    },
    append: (hashes) => {
      if (hashes.length % HASH_BYTES !== 0) throw new Error('append to a tree: wanted whole hashes of 32 bytes');
      add(0, hashes);
      size += hashes.length / HASH_BYTES;
    },
    root: () => rootOfEdge(levels.map((level) => level.bytes.subarray(0, level.width * HASH_BYTES))),
    partial: (depth) => {
      const level = levels[depth];
      return level ? Buffer.from(level.bytes.subarray(0, level.width * HASH_BYTES)) : new Uint8Array();
    },
  };
}

/** Folds the right edge from its smallest complete subtree upwards, as RFC 6962 section 2.1 splits a tree. */
function rootOfEdge(partials: readonly Uint8Array[]): Uint8Array {
  let root: Uint8Array | null = null;
  for (const hashes of partials) {
    let end = hashes.length / HASH_BYTES;
    for (let span = 1; span < TILE_WIDTH; span *= 2) {
      if ((end & span) === 0) continue;
      const subtree = subtreeHash(hashes.subarray((end - span) * HASH_BYTES, end * HASH_BYTES));
      root = root ? nodeHash(subtree, root) : subtree;
      end -= span;
    }
  }
  return root ?? emptyRoot();
}

/** The partial tiles that a tree of `size` leaves has, as (level, index, width), for readers that fetch them. */
export function edgeOf(
  size: number,
): readonly { readonly level: number; readonly index: number; readonly width: number }[] {
  const edge = [];
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    const index = Math.floor(hashes / TILE_WIDTH);
    edge.push({ level, index, width: tileWidth(level, index, size) });
  }
  return edge;
}
