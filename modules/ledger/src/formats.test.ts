/** Commitments, canonical zips and group frames, each against an independent reading and against fuzzing. */
import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash } from '@cityward/tlog-tiles';
import { decodeBundle } from '@cityward/tlog-tiles/tile';
import { commitmentOf } from './commitment.ts';
import { factOf, factsOf } from './fixture.ts';
import { prepareFact, prepareGroup, readGroup } from './group.ts';
import { IdIndex } from './id-index.ts';
import { newFolder } from './fixture.ts';
import { formatManifest, parseManifest } from './pack-format.ts';
import { decodeGroupHead, encodeGroupHead, GROUP_HEAD_BYTES, recordsOf } from './wal-frame.ts';
import { readZip, writeZip } from '@cityward/formats/zip';

const FUZZ_RUNS = 10_000;

it('commitments are HMAC-SHA-256', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 10_000 }), (salt, body) => {
      expect(commitmentOf(salt, body)).toBe(createHmac('sha256', salt).update(body).digest('base64'));
    }),
  );
  expect(() => commitmentOf(new Uint8Array(16), new Uint8Array())).toThrow('wanted 32');
});

describe('groups', () => {
  it('are read back with the same entries, leaves and places', () => {
    const facts = [
      factOf('evt-1', { position: 9, data: { text: 'a', é: '😀\u0000' } }),
      factOf('evt-2', { personal: true }),
      ...factsOf(0, 50),
    ];
    const group = prepareGroup(facts.map(prepareFact));
    const head = decodeGroupHead(encodeGroupHead({ first: 7, ...group }));
    expect(head).toMatchObject({ first: 7, count: 52, length: group.payload.length });
    const back = readGroup(group.payload, 52)!;
    expect(back.ids).toEqual(group.ids);
    expect(back.starts).toEqual(group.starts);
    expect(back.position).toBe(9);
    expect(back.entries.equals(group.entries)).toBe(true);
    expect(back.leaves.equals(group.leaves)).toBe(true);
    const entries = decodeBundle(group.entries, 52);
    expect(
      entries.ok &&
        entries.value.every(
          (entry, i) => Buffer.compare(leafHash(entry), group.leaves.subarray(i * 32, i * 32 + 32)) === 0,
        ),
    ).toBe(true);
  });
  it('never salt the same fact the same way', () => {
    const fact = prepareFact(factOf('evt-1'));
    expect(prepareGroup([fact]).leaves.equals(prepareGroup([fact]).leaves)).toBe(false);
  });
  it('take at most 1,000 facts or a few megabytes', () => {
    expect(prepareGroup(factsOf(0, 1_500).map(prepareFact)).count).toBe(1_000);
    const large = Array.from({ length: 10 }, (_, i) =>
      prepareFact(factOf(`evt-${i}`, { data: { text: 'é'.repeat(1_500_000) } })),
    );
    expect(prepareGroup(large).count).toBe(3);
  });
  it('survive fuzzing', () => {
    const { payload } = prepareGroup([prepareFact(factOf('evt-1'))]);
    const head = encodeGroupHead({ first: 0, count: 1, payload });
    fc.assert(
      fc.property(
        fc.nat({ max: GROUP_HEAD_BYTES * 8 - 1 }),
        fc.uint8Array({ maxLength: 90 }),
        fc.nat({ max: 9 }),
        (bit, bytes, count) => {
          const changed = Buffer.from(head);
          changed[bit >> 3]! ^= 1 << (bit & 7);
          expect(decodeGroupHead(changed)).toBe(null);
          const records = recordsOf(Buffer.from(bytes), count);
          if (records) expect(records).toHaveLength(count);
          expect(readGroup(Buffer.from(bytes), Math.max(1, count))).toBe(null);
        },
      ),
      { numRuns: FUZZ_RUNS },
    );
  });
});

describe('zips', () => {
  const files = new Map([
    ['b/2.txt', Buffer.from('two')],
    ['a.txt', Buffer.from('one')],
    ['empty', Buffer.alloc(0)],
  ]);
  it('come back, sorted', () => {
    expect([...readZip(writeZip(files))!].map(([name, bytes]) => `${name}:${Buffer.from(bytes).toString()}`)).toEqual([
      'a.txt:one',
      'b/2.txt:two',
      'empty:',
    ]);
    expect(() => writeZip(new Map([['naïve', Buffer.alloc(0)]]))).toThrow('no plain name');
  });
  it('survive fuzzing: no changed byte is accepted', () => {
    const zip = writeZip(files);
    fc.assert(
      fc.property(
        fc.nat({ max: zip.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom('flip', 'cut', 'insert', 'end'),
        (at, byte, how) => {
          const changed = Buffer.from(zip);
          if (how === 'flip') changed[at]! ^= byte;
          const bytes = {
            flip: changed,
            cut: zip.subarray(0, at),
            insert: Buffer.concat([zip.subarray(0, at), Buffer.from([byte]), zip.subarray(at)]),
            end: Buffer.concat([zip, Buffer.from([byte])]),
          }[how];
          // A byte that changes content without its checksum is caught by the checksum; with it, by what reads the content.
          expect(readZip(bytes)).toBe(null);
        },
      ),
      { numRuns: FUZZ_RUNS },
    );
  });
});

it('manifests have one spelling', () => {
  const manifest = { origin: 'a.example', incident: null, entries: [1, 2], guide: 'ab' };
  const text = formatManifest(manifest);
  expect(parseManifest(text)).toEqual(manifest);
  for (const bad of [
    '',
    '{}',
    'null',
    '[]',
    text.trim(),
    text.replace('[1,2]', '[1, 2]'),
    text.replace('null', '1'),
    text.replace('/1', '/2'),
    text.replace('}', ',"z":1}'),
  ])
    expect(parseManifest(bad), bad).toBe(null);
});

it('the id index finds what was added, also after it was flushed and opened again', async () => {
  const path = `${newFolder()}/ids`;
  const ids = Array.from({ length: 5_000 }, () => randomBytes(8).toString('hex'));
  const index = await IdIndex.open(path, 0);
  ids.forEach((id, i) => index.add(id, i * 3));
  await index.flush();
  await index.close();
  const again = await IdIndex.open(path, 5_000);
  expect(again.size).toBe(5_000);
  ids.forEach((id, i) => {
    expect(again.candidates(id)).toContain(i);
    expect(again.offset(i)).toBe(i * 3);
  });
  expect(ids.flatMap((id) => again.candidates(`${id}x`))).toEqual([]);
  expect(() => again.offset(5_000)).toThrow('ends at 5000');
  await again.close();
});
