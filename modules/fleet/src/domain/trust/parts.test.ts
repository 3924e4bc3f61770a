/** The tree of devices, the order of versions, and the words that officers read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '@cityward/kernel';
import { createTree, HASH_BYTES, leafHash } from '@cityward/tlog-tiles';
import { testJob, testOfficer, testOfficers } from '../../testing.ts';
import { jobBytes, jobHash, officersBytes } from './bytes.ts';
import { leafTree, provesLeaf } from './leaf-tree.ts';
import { plainText } from './refusals.ts';
import { compareVersions } from './versions.ts';
import { jobInWords, officersInWords } from './words.ts';

const leavesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    device: `lamp-${String(index).padStart(6, '0')}`,
    counter: index + 1,
  }));

describe('the tree of devices', () => {
  it('is that of RFC 6962, for every size, and proves every leaf and no other', () => {
    for (let count = 1; count <= 70; count++) {
      const leaves = leavesOf(count);
      const tree = leafTree(leaves);
      const hashes = Buffer.alloc(count * HASH_BYTES);
      leaves.forEach((leaf, index) => hashes.set(leafHash(Buffer.from(canonicalJson(leaf))), index * HASH_BYTES));
      const grown = createTree(() => undefined);
      grown.append(hashes);
      expect(tree.root).toBe(Buffer.from(grown.root()).toString('hex'));
      const devices = { count, root: tree.root };
      leaves.forEach((leaf, index) => {
        const proof = tree.proofOf(index);
        expect(provesLeaf({ leaf, index, proof, devices })).toBe(true);
        expect(provesLeaf({ leaf: { ...leaf, counter: leaf.counter + 1 }, index, proof, devices })).toBe(false);
        expect(provesLeaf({ leaf, index: index + 1, proof, devices })).toBe(false);
      });
    }
  });
  it('has one order, each device once', () => {
    const [a, b] = leavesOf(2);
    expect(() => leafTree([b!, a!])).toThrow('wanted them sorted, each once');
    expect(() => leafTree([a!, { ...a!, counter: 9 }])).toThrow('wanted them sorted, each once');
    expect(() => leafTree([])).toThrow('empty');
    expect(() => leafTree([a!]).proofOf(1)).toThrow('has 1 leaves');
  });
});

describe('versions', () => {
  it.each([
    ['1.9', '1.10'],
    ['2.0-rc1', '2.0'],
    ['2.0-rc1', '2.0-rc2'],
    ['2.0-beta', '2.0-rc1'],
    ['2.0', '2.0.1'],
    ['2.0', '2.0a'],
    ['2.0a', '2.0b'],
    ['11.6.94', '12.0.1'],
    ['1.0-old', '1.0.1'],
    ['99999999999999999999', '100000000000000000000'],
  ])('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });
  it('say the same where only the spelling differs', () => expect(compareVersions('v1.02', 'V1-2')).toBe(0));
  it('are in one order: no three that go round', () => {
    const version = fc.stringMatching(/^[0-9a-z][0-9a-z.+-]{0,8}$/);
    const sign = (a: string, b: string): number => Math.sign(compareVersions(a, b));
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(sign(a, b)).toBe(-sign(b, a) + 0);
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('words before signing', () => {
  const job = testJob(leavesOf(1_200));
  it('tell all that is signed, from the bytes that are', () => {
    const text = jobInWords(jobBytes(job))!.join('\n');
    for (const part of [job.title, job.id, job.city, '1,200 devices', job.devices.root, '2.1.0', '2.0.0', jobHash(job)])
      expect(text).toContain(part);
    expect(text).toContain('2025-12-31 23:00 UTC and 2026-01-01 01:00 UTC');
  });
  it('are not for bytes of another kind', () => {
    const officers = testOfficers([testOfficer('ann'), testOfficer('bob')]);
    expect(jobInWords(officersBytes(officers))).toBeNull();
    expect(officersInWords(jobBytes(job))).toBeNull();
    expect(officersInWords(officersBytes(officers))!.join('\n')).toContain('bob-key');
    expect(jobInWords(Buffer.from('cityward/job/v1\n{'))).toBeNull();
  });
  it('cannot be bent by the title: no line breaks, terminal commands, turned or hidden text', () => {
    const sly = { ...job, title: 'Lamps\r\u001b[2KDoes      RESTART\n\u202eecila\u200b\u00a0\u0085\u2028x' };
    const lines = jobInWords(jobBytes(sly))!;
    expect(lines.filter((line) => line.startsWith('Does'))).toHaveLength(1);
    expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/);
    expect(plainText('Straße 5, λάμπα')).toBe('Straße 5, λάμπα');
  });
});
