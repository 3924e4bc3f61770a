/** The tree of the devices of a job: RFC 6962 over the canonical JSON of each leaf, sorted by device. */
import { hash } from 'node:crypto';
import type { JobLeaf } from '@cityward/contracts';
import { canonicalJson } from '@cityward/kernel';
import { HASH_BYTES, leafHash, verifyInclusion, writeLeafHash } from '@cityward/tlog-tiles';
import { fromBase64Url } from './bytes.ts';

export interface LeafTree {
  /** Hexadecimal. */
  readonly root: string;
  /** base64url hashes from the sibling up. Throws outside the tree. */
  proofOf(index: number): string[];
}

/** Throws unless there is a leaf, and the devices ascend by code unit with none twice: a tree has one order only. */
export function leafTree(leaves: readonly JobLeaf[]): LeafTree {
  if (leaves.length === 0) throw new Error('make a tree of devices: it is empty');
  const levels = [bottomOf(leaves)];
  for (let level = levels[0]!; level.length > HASH_BYTES;) {
    level = aboveOf(level);
    levels.push(level);
  }
  const texts = createTexts(levels);
  return {
    root: levels.at(-1)!.toString('hex'),
    proofOf: (index) => {
      if (!Number.isInteger(index) || index < 0 || index >= leaves.length)
        throw new RangeError(`prove device ${index}: the tree has ${leaves.length} leaves`);
      const proof: string[] = [];
      let place = index;
      for (let height = 0; height < levels.length; height++) {
        const sibling = place ^ 1;
        if (sibling * HASH_BYTES < levels[height]!.length) proof.push(texts(height, sibling));
        place >>>= 1;
      }
      return proof;
    },
  };
}

/** From this height up a hash stands in the proofs of at least sixteen devices: its text is made once. */
const SHARED_FROM = 4;

function createTexts(levels: readonly Buffer[]): (height: number, index: number) => string {
  const kept = levels.map((): string[] => []);
  return (height, index) => {
    if (height < SHARED_FROM) return hashAt(levels[height]!, index).toString('base64url');
    return (kept[height]![index] ??= hashAt(levels[height]!, index).toString('base64url'));
  };
}

const LEAF_PREFIX = '\u0000';
/** RFC 6962: an inner node begins with it. */
const NODE_PREFIX = 0x01;

/** The canonical JSON of a leaf, written out: a tree of a million leaves is made in a second or two. */
const leafText = ({ counter, device }: JobLeaf): string => `{"counter":${counter},"device":${JSON.stringify(device)}}`;

function bottomOf(leaves: readonly JobLeaf[]): Buffer {
  const level = Buffer.allocUnsafe(leaves.length * HASH_BYTES);
  let before = '';
  leaves.forEach((leaf, index) => {
    if (leaf.device <= before)
      throw new Error(
        `make a tree of devices: "${leaf.device}" comes after "${before}", wanted them sorted, each once`,
      );
    before = leaf.device;
    writeLeafHash(Buffer.from(LEAF_PREFIX + leafText(leaf)), level, index * HASH_BYTES);
  });
  return level;
}

/** A last hash without a partner moves up as it is: the same tree as RFC 6962 splits from the top. */
function aboveOf(level: Buffer): Buffer {
  const width = level.length / HASH_BYTES;
  const above = Buffer.allocUnsafe(Math.ceil(width / 2) * HASH_BYTES);
  const input = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);
  for (let left = 0; left < width; left += 2) {
    const at = (left / 2) * HASH_BYTES;
    if (left + 1 === width) {
      level.copy(above, at, left * HASH_BYTES);
      continue;
    }
    // A string digest written into place is several times faster than a fresh buffer for each hash.
    level.copy(input, 1, left * HASH_BYTES, (left + 2) * HASH_BYTES);
    above.write(hash('sha256', input, 'binary'), at, HASH_BYTES, 'latin1');
  }
  return above;
}

const hashAt = (level: Buffer, index: number): Buffer => level.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);

export interface LeafProof {
  readonly leaf: JobLeaf;
  readonly index: number;
  readonly proof: readonly string[];
  readonly devices: { readonly count: number; readonly root: string };
}

/** True when the leaf stands at that place in the tree of the job. */
export function provesLeaf({ leaf, index, proof, devices }: LeafProof): boolean {
  const hashes = proof.map(fromBase64Url);
  if (hashes.some((hash) => hash?.length !== HASH_BYTES)) return false;
  return verifyInclusion({
    leafHash: leafHash(Buffer.from(canonicalJson(leaf))),
    index,
    size: devices.count,
    root: Buffer.from(devices.root, 'hex'),
    proof: hashes as Buffer[],
  });
}
