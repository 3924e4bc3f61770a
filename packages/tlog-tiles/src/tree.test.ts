/** The tree, its tiles and its proofs against RFC 6962's own definitions and published roots. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash, nodeHash } from './hash.ts';
import { consistencyProof, inclusionProof, rootFromTiles, verifyConsistency, verifyInclusion } from './proof.ts';
import { tilePath, tilesOf, type Tile } from './tile.ts';
import { createTree, edgeOf } from './tree.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const sha = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

// Straight from RFC 6962 section 2.1, for hashes of leaves.
const split = (n: number): number => 2 ** Math.ceil(Math.log2(n) - 1);
function definedRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length < 2) return leaves[0] ?? sha();
  const k = split(leaves.length);
  return sha(Buffer.from([1]), definedRoot(leaves.slice(0, k)), definedRoot(leaves.slice(k)));
}
function definedPath(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length < 2) return [];
  const k = split(leaves.length);
  return m < k
    ? [...definedPath(m, leaves.slice(0, k)), definedRoot(leaves.slice(k))]
    : [...definedPath(m - k, leaves.slice(k)), definedRoot(leaves.slice(0, k))];
}
function definedProof(m: number, leaves: readonly Uint8Array[], whole = true): Uint8Array[] {
  if (m === leaves.length) return whole ? [] : [definedRoot(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...definedProof(m, leaves.slice(0, k), whole), definedRoot(leaves.slice(k))]
    : [...definedProof(m - k, leaves.slice(k), false), definedRoot(leaves.slice(0, k))];
}

const LEAVES_MAX = 70_000;
const leaves = Array.from({ length: LEAVES_MAX }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));

/** A tree whose tiles are read from what each level gained. */
function grown(size: number) {
  const levels: Uint8Array[][] = [];
  const tree = createTree((level, hashes) => (levels[level] ??= []).push(hashes));
  for (let at = 0; at < size; at += 999) tree.append(Buffer.concat(leaves.slice(at, Math.min(size, at + 999))));
  const joined = levels.map((hashes) => Buffer.concat(hashes));
  const read = ({ level, index, width }: Tile): Uint8Array => {
    const from = index * 256 * 32;
    return joined[level as number]!.subarray(from, from + width * 32);
  };
  return { tree, joined, read };
}
const big = grown(LEAVES_MAX);

describe('roots', () => {
  it('are those published for the Certificate Transparency test leaves', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const roots = [
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ];
    const tree = createTree(() => undefined);
    expect(hex(tree.root())).toBe(roots[0]);
    inputs.forEach((input, i) => {
      tree.append(leafHash(Buffer.from(input, 'hex')));
      expect(hex(tree.root())).toBe(roots[i + 1]);
    });
  });

  it('equal the definition at every size, however the leaves arrive and wherever the tree goes on from', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 0, max: 1_500 }), (a, b) => {
        const [stop, size] = [Math.min(a, b), Math.max(a, b)];
        const first = grown(stop).tree;
        const again = createTree(() => undefined, {
          size: stop,
          partials: edgeOf(stop).map(({ level }) => first.partial(level)),
        });
        for (const leaf of leaves.slice(stop, size)) again.append(leaf);
        expect(hex(again.root())).toBe(hex(definedRoot(leaves.slice(0, size))));
      }),
      { numRuns: 40 },
    );
  });

  it('come out of the tiles alone', async () => {
    for (const size of [0, 1, 255, 256, 257, 5_000, LEAVES_MAX])
      expect(hex(await rootFromTiles(size, big.read))).toBe(hex(definedRoot(leaves.slice(0, size))));
  });

  it('refuse to go on from partial tiles of another size', () => {
    expect(() => createTree(() => undefined, { size: 300, partials: [new Uint8Array(32)] })).toThrow(
      'level 0 needs 44 hashes',
    );
  });
});

it('has the tiles that the specification counts for 70,000 entries', () => {
  const paths = [...tilesOf(70_000)].map(tilePath);
  expect(paths.filter((path) => /^tile\/0\/\d{3}$/.test(path))).toHaveLength(273);
  expect(paths.filter((path) => !/^tile\/0\/\d{3}$/.test(path))).toEqual([
    'tile/0/273.p/112',
    'tile/1/000',
    'tile/1/001.p/17',
    'tile/2/000.p/1',
  ]);
  expect(big.joined.map((hashes) => hashes.length / 32)).toEqual([70_000, 273, 1]);
});

describe('proofs', () => {
  const pairs = fc
    .tuple(fc.integer({ min: 1, max: LEAVES_MAX }), fc.nat())
    .map(([size, n]) => [n % size, size] as const);

  it('of inclusion equal the definition and hold for that leaf, index, size and root only', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async ([index, size]) => {
        const proof = await inclusionProof(index, size, big.read);
        const root = await rootFromTiles(size, big.read);
        const leaf = leaves[index]!;
        const claim = { leafHash: leaf, index, size, root, proof };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leafHash: nodeHash(leaf, leaf) })).toBe(false);
        expect(verifyInclusion({ ...claim, index: index + 1 })).toBe(false);
        expect(verifyInclusion({ ...claim, root: leaf.map((byte) => byte ^ 1) })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...proof, leaf] })).toBe(false);
        if (proof.length > 0) expect(verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false);
        if (proof.length > 0)
          expect(
            verifyInclusion({
              ...claim,
              proof: proof.with(
                0,
                leaf.map((byte) => byte ^ 1),
              ),
            }),
          ).toBe(false);
      }),
      { numRuns: 150 },
    );
    for (const size of [1, 2, 3, 7, 8, 255, 256, 257, 511, 700])
      for (let index = 0; index < size; index += Math.ceil(size / 40))
        expect((await inclusionProof(index, size, big.read)).map(hex)).toEqual(
          definedPath(index, leaves.slice(0, size)).map(hex),
        );
  });

  it('of consistency equal the definition and hold for those two trees only', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async ([before, size]) => {
        const oldSize = before + 1;
        const claim = {
          oldSize,
          oldRoot: await rootFromTiles(oldSize, big.read),
          size,
          root: await rootFromTiles(size, big.read),
          proof: await consistencyProof(oldSize, size, big.read),
        };
        expect(verifyConsistency(claim)).toBe(true);
        const other = leafHash(Buffer.from('fork'));
        expect(verifyConsistency({ ...claim, oldRoot: other })).toBe(false);
        expect(verifyConsistency({ ...claim, root: other })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...claim.proof, other] })).toBe(false);
        if (oldSize < size) expect(verifyConsistency({ ...claim, proof: claim.proof.slice(1) })).toBe(false);
        if (oldSize < size) expect(verifyConsistency({ ...claim, proof: claim.proof.with(-1, other) })).toBe(false);
      }),
      { numRuns: 150 },
    );
    for (const size of [1, 2, 3, 7, 8, 255, 256, 257, 700])
      for (let oldSize = 1; oldSize <= size; oldSize += Math.ceil(size / 40))
        expect((await consistencyProof(oldSize, size, big.read)).map(hex)).toEqual(
          definedProof(oldSize, leaves.slice(0, size)).map(hex),
        );
  });

  it('from the empty tree are empty, and only its own root is its root', async () => {
    const root = big.tree.root();
    const empty = sha();
    expect(await consistencyProof(0, 10, big.read)).toEqual([]);
    expect(verifyConsistency({ oldSize: 0, oldRoot: empty, size: 10, root, proof: [] })).toBe(true);
    expect(verifyConsistency({ oldSize: 0, oldRoot: root, size: 10, root, proof: [] })).toBe(false);
  });

  it('are refused outside the tree, and when the reader hands out a short tile', async () => {
    await expect(inclusionProof(10, 10, big.read)).rejects.toThrow('not within a tree of 10');
    await expect(consistencyProof(11, 10, big.read)).rejects.toThrow(RangeError);
    await expect(inclusionProof(3, 10, () => new Uint8Array(32))).rejects.toThrow('wanted 320');
  });
});
