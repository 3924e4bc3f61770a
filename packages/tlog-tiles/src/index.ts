/** Merkle tree and proofs of a C2SP tiled transparency log; tiles, notes, checkpoints and proof files are beside it. */
export { HASH_BYTES, leafHash, nodeHash, writeLeafHash, writeNodeHash } from './hash.ts';
export type { GrowingTree, HashSink, TreeStart } from './tree.ts';
export { createTree, edgeOf } from './tree.ts';
export type { Prover, TileReader } from './proof.ts';
export {
  createProver,
  rootFromTiles,
  inclusionProof,
  consistencyProof,
  verifyInclusion,
  verifyConsistency,
} from './proof.ts';
export type { Parsed } from './parsed.ts';
