/** The text and byte formats: published examples, round trips, and fuzzing of every parser. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { leafHash } from './hash.ts';
import { createSigner, formatVerifierKey, openNote, parseVerifierKey, signNote, type NoteSigner } from './note.ts';
import { parseBase64, parseDecimal } from './parsed.ts';
import { decodeProof, encodeProof, verifyProof } from './proof-file.ts';
import { decodeBundle, decodeTile, encodeBundle, parseTilePath, tilePath, tileWidth } from './tile.ts';

const FUZZ_RUNS = 10_000;
const signer = createSigner('example.com/log', generateKeyPairSync('ed25519').privateKey);
const other = createSigner('example.com/other', generateKeyPairSync('ed25519').privateKey);
const root = leafHash(Buffer.from('root'));
const signed = (size = 5, by: NoteSigner = signer): string =>
  signCheckpoint({ origin: by.name, size, root, extensions: [] }, [by]);
const text = (result: { ok: boolean; error?: string }): string => ('error' in result ? result.error! : 'accepted');

describe('tile paths', () => {
  it('are spelt as the specification spells them', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 'entries', index: 273, width: 112 })).toBe('tile/entries/273.p/112');
  });
  it('are read back, and nothing but them', () => {
    const tiles = fc.record({
      level: fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 })),
      index: fc.nat({ max: 10 ** 15 }),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tiles, (tile) => {
        expect(parseTilePath(tilePath(tile))).toEqual({ ok: true, value: tile });
      }),
    );
    for (const path of [
      'tile/64/000',
      'tile/00/000',
      'tile/0/0',
      'tile/0/x000/001',
      'tile/0/000.p/256',
      'tile/0/000.p/0',
      'tile/0/000.p/01',
      'tile/0/000/',
      '/tile/0/000',
      'tile/0/../000',
      'tile/0/001/x002',
      'tile/entries/1234',
      'tile/-1/000',
      '',
    ])
      expect(parseTilePath(path).ok, path).toBe(false);
  });
  it('survive fuzzing: what is accepted spells itself again', () => {
    const piece = fc.constantFrom(
      'tile/',
      'entries/',
      '0/',
      '1',
      'x001/',
      '234',
      '000',
      '.p/',
      '7',
      '/',
      'x',
      '..',
      '%2e',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((parts) => parts.join('')),
        ),
        (path) => {
          const tile = parseTilePath(path);
          if (tile.ok) expect(tilePath(tile.value)).toBe(path);
        },
      ),
      { numRuns: FUZZ_RUNS },
    );
  });
  it('know how wide a tile is in a tree', () => {
    expect(tileWidth(0, 273, 70_000)).toBe(112);
    expect(tileWidth('entries', 0, 70_000)).toBe(256);
    expect(tileWidth(2, 0, 70_000)).toBe(1);
    expect(tileWidth(0, 274, 70_000)).toBe(0);
  });
});

describe('bundles and tiles', () => {
  it('round-trip, and a longer or shorter one is refused', () => {
    const entries = [Buffer.from(''), Buffer.from('a'), Buffer.alloc(65_535, 7)];
    const bundle = encodeBundle(entries);
    const back = decodeBundle(bundle, 3);
    expect(back.ok && back.value.map((entry) => Buffer.from(entry))).toEqual(entries);
    expect(text(decodeBundle(bundle, 2))).toContain('65537 bytes follow its 2 entries');
    expect(text(decodeBundle(bundle, 4))).toContain('ends after 3 of 4');
    expect(text(decodeBundle(bundle.subarray(0, -1), 3))).toContain('entry 2 is cut off');
    expect(() => encodeBundle([Buffer.alloc(65_536)])).toThrow('at most 65535');
    expect(decodeTile(new Uint8Array(64), 2).ok).toBe(true);
    expect(text(decodeTile(new Uint8Array(65), 2))).toContain('wanted 64');
  });
  it('survive fuzzing: what is accepted encodes to the same bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((raw) => raw.map((byte, i) => (i % 3 === 0 ? 0 : byte % 5)));
    fc.assert(
      fc.property(bytes, fc.nat({ max: 8 }), (raw, width) => {
        const entries = decodeBundle(raw, width);
        if (entries.ok) expect(Buffer.compare(encodeBundle(entries.value), raw)).toBe(0);
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});

describe('notes', () => {
  it('verify with a key that went through its printed line', () => {
    // Seed of 32 bytes 0x01; the public key is what RFC 8032 derives from it.
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 1)]);
    const fixed = createSigner('example.com/fixed', createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
    const line = formatVerifierKey(fixed);
    expect(line.split('+')[0]).toBe('example.com/fixed');
    const key = parseVerifierKey(line);
    if (!key.ok) throw new Error(key.error);
    expect(key.value.id).toBe(fixed.id);
    expect(openNote(signNote('hello\n', [fixed]), [key.value])).toMatchObject({ ok: true, value: { text: 'hello\n' } });
  });
  it('count unknown signatures and refuse a bad one by a known key', () => {
    const both = signNote('a\n\nb\n', [signer, other]);
    expect(openNote(both, [signer])).toEqual({
      ok: true,
      value: { text: 'a\n\nb\n', signedBy: [signer.name], unknown: 1 },
    });
    expect(openNote(both, [signer, other])).toMatchObject({ ok: true, value: { unknown: 0 } });
    expect(text(openNote(signNote('a\n', [other]), [signer]))).toContain('none of the trusted keys');
    expect(text(openNote(both.replace('a\n\nb', 'a\n\nc'), [signer]))).toContain('does not hold');
  });
  it('are refused when malformed, each with its reason', () => {
    const note = signed();
    const cases: Record<string, string> = {
      'no blank line': 'a\n',
      'no signature line': `a\n\n\u2014 x\n`,
      'control character': note.replace('5', '\r5'),
      'is no signature line': note.replace('\u2014', '-'),
      'at most 100': `a\n\n${`\u2014 x AAAAAAAA\n`.repeat(101)}`,
    };
    for (const [reason, bad] of Object.entries(cases)) expect(text(openNote(bad, [signer])), reason).toContain(reason);
    expect(text(openNote(Buffer.from([0xff, 0x0a, 0x0a]), [signer]))).toContain('not UTF-8');
    expect(text(openNote('\ud800\n\n', [signer]))).toContain('not UTF-8');
  });
  it('keys: refused with another id, type, name or spelling', () => {
    const line = formatVerifierKey(signer);
    const [name = '', id = ''] = line.split('+');
    for (const bad of [
      '',
      'a',
      line.replace(id, '00000000'),
      line.replace(name, 'example.com/else'),
      `${line}=`,
      line.toUpperCase(),
      `${line}\n`,
      line.slice(0, -2),
    ])
      expect(parseVerifierKey(bad).ok, bad).toBe(false);
    expect(() => createSigner('has space', generateKeyPairSync('ed25519').privateKey)).toThrow('without spaces');
    expect(() => createSigner('ok', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)).toThrow('Ed25519');
  });
});

describe('checkpoints and proof files', () => {
  it('round-trip', () => {
    const checkpoint = { origin: 'a', size: 12, root, extensions: ['more'] };
    expect(parseCheckpoint(formatCheckpoint(checkpoint))).toMatchObject({
      ok: true,
      value: { size: 12, extensions: ['more'] },
    });
    expect(openCheckpoint(signed(70_000), signer)).toMatchObject({
      ok: true,
      value: { size: 70_000, origin: signer.name },
    });
    const file = encodeProof({ index: 3, hashes: [root, root], checkpoint: signed(), extra: Buffer.from('x') });
    expect(decodeProof(file)).toMatchObject({ ok: true, value: { index: 3, checkpoint: signed() } });
  });
  it('are refused for another log, another spelling, another entry', () => {
    const stolen = signCheckpoint({ origin: 'example.com/other', size: 5, root, extensions: [] }, [signer]);
    expect(text(openCheckpoint(stolen, signer))).toContain('wanted "example.com/log"');
    for (const bad of ['a\n05\n', 'a\n5\nx\n', 'a\n5\n', `\n5\n${'A'.repeat(43)}=\n`, `a\n-1\n${'A'.repeat(43)}=\n`])
      expect(parseCheckpoint(bad).ok, bad).toBe(false);
    const single = signCheckpoint({ origin: signer.name, size: 1, root, extensions: [] }, [signer]);
    const file = encodeProof({ index: 0, hashes: [], checkpoint: single });
    expect(verifyProof(file, root, signer)).toMatchObject({ ok: true, value: { index: 0 } });
    expect(text(verifyProof(file, leafHash(root), signer))).toContain('entry 0 is not what the log of 1 entries holds');
    expect(verifyProof(file, root, other).ok).toBe(false);
  });
  it('survive fuzzing: a changed note or proof is never accepted', () => {
    const single = signCheckpoint({ origin: signer.name, size: 1, root, extensions: [] }, [signer]);
    const file = Buffer.from(encodeProof({ index: 0, hashes: [], checkpoint: single }));
    fc.assert(
      fc.property(
        fc.nat({ max: file.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom('set', 'cut', 'insert'),
        (at, byte, how) => {
          const left = file.subarray(0, at);
          const right = file.subarray(how === 'insert' ? at : at + 1);
          const changed = Buffer.concat([left, how === 'cut' ? Buffer.alloc(0) : Buffer.from([byte]), right]);
          if (!changed.equals(file)) expect(verifyProof(changed, root, signer).ok).toBe(false);
        },
      ),
      { numRuns: FUZZ_RUNS },
    );
  });
  it('survive fuzzing with shaped rubbish', () => {
    const piece = fc.constantFrom(
      '\u2014 ',
      'example.com/log',
      ' ',
      '\n',
      '\n\n',
      'AAAA',
      '==',
      '5',
      'index ',
      'c2sp.org/tlog-proof@v1\n',
      'extra ',
      '+',
      'x'.repeat(43) + '=',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
        ),
        (rubbish) => {
          expect(openNote(rubbish, [signer]).ok).toBe(false);
          expect(verifyProof(rubbish, root, signer).ok).toBe(false);
          const proof = decodeProof(rubbish);
          if (proof.ok) expect(encodeProof(proof.value)).toBe(rubbish);
          const checkpoint = parseCheckpoint(rubbish);
          if (checkpoint.ok) expect(formatCheckpoint(checkpoint.value)).toBe(rubbish);
          const key = parseVerifierKey(rubbish);
          if (key.ok) expect(formatVerifierKey(key.value)).toBe(rubbish);
        },
      ),
      { numRuns: FUZZ_RUNS },
    );
  });
});

it('numbers and base64 have one spelling', () => {
  expect(parseDecimal('0')).toBe(0);
  expect(parseDecimal('9007199254740991')).toBe(2 ** 53 - 1);
  for (const bad of ['', '00', '01', '-1', '1e3', ' 1', '9007199254740992', '99999999999999999'])
    expect(parseDecimal(bad), bad).toBe(null);
  expect(parseBase64('AAA=')).toEqual(Buffer.from([0, 0]));
  for (const bad of ['AAB=', 'AB==', 'A===', 'AAA', 'AA-_', 'AAA=\n', 'AAA= '])
    expect(parseBase64(bad), bad).toBe(null);
});
