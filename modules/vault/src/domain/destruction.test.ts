/** The tree of what was destroyed is the one that every verifier of RFC 6962 knows, whatever its size. */
import { describe, expect, it } from 'vitest';
import { createTree, verifyInclusion } from '@cityward/tlog-tiles';
import { versionLeaf, versionTree } from './destruction.ts';

const versionsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ record: `rec-${i}`, version: 1, key: String(i).padStart(32, '0') }));

describe('the tree of what was destroyed', () => {
  it.each([0, 1, 2, 3, 5, 8, 31, 255, 256, 257, 700])('has the root and the proofs of %i leaves', (count) => {
    const versions = versionsOf(count);
    const tree = versionTree(versions);
    const known = createTree(() => undefined);
    known.append(Buffer.concat(versions.map(versionLeaf)));
    expect(tree.root).toBe(Buffer.from(known.root()).toString('hex'));
    const root = known.root();
    versions.forEach((version, index) => {
      const leaf = { leafHash: versionLeaf(version), index, size: count, root };
      const proof = tree.proofOf(index);
      expect(verifyInclusion({ ...leaf, proof })).toBe(true);
      if (count > 1) expect(verifyInclusion({ ...leaf, index: (index + 1) % count, proof })).toBe(false);
    });
  });
});
