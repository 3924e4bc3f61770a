/** Cosignatures and requests to a witness: round trips, what is refused, and fuzzing of every parser. */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signCheckpoint } from './checkpoint.ts';
import { createCosigner, formatCosignerKey, openCosignatures, parseCosignerKey } from './cosignature.ts';
import { leafHash } from './hash.ts';
import { createSigner, formatVerifierKey, openNote, parseVerifierKey } from './note.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from './witness-request.ts';

const FUZZ_RUNS = 10_000;
const TIME = 1_679_315_147;
const pair = generateKeyPairSync('ed25519').privateKey;
const signer = createSigner('example.com/log', generateKeyPairSync('ed25519').privateKey);
const witness = createCosigner('witness.example/w1', pair);
const root = leafHash(Buffer.from('root'));
const note = signCheckpoint({ origin: signer.name, size: 5, root, extensions: [] }, [signer]);
const text = note.slice(0, note.indexOf('\n\n') + 1);
const cosigned = note + witness.cosign(text, TIME);

describe('a cosignature', () => {
  it('stands below the log’s own, with its time, and both hold', () => {
    expect(openCosignatures(cosigned, [witness])).toMatchObject({
      ok: true,
      value: [{ name: witness.name, time: TIME, line: witness.cosign(text, TIME) }],
    });
    expect(openNote(cosigned, [signer])).toMatchObject({ ok: true, value: { signedBy: [signer.name], unknown: 1 } });
    expect(openCosignatures(note, [witness])).toEqual({ ok: true, value: [] });
    expect(openCosignatures(cosigned, [])).toEqual({ ok: true, value: [] });
  });
  it('holds for that text, time, name and key only', () => {
    const later = createCosigner(witness.name, pair).cosign(text, TIME + 1);
    const swapped = `${later.slice(0, -30)}${witness.cosign(text, TIME).slice(-30)}`;
    const other = signCheckpoint({ origin: signer.name, size: 6, root, extensions: [] }, [signer]);
    for (const bad of [note + swapped, other + witness.cosign(text, TIME)])
      expect(openCosignatures(bad, [witness]).ok).toBe(false);
    const short = Buffer.concat([Buffer.from(witness.id, 'hex'), Buffer.alloc(72)]).toString('base64');
    expect(openCosignatures(`${note}\u2014 ${witness.name} ${short}\n`, [witness]).ok).toBe(false);
    const far = Buffer.concat([Buffer.from(witness.id, 'hex'), Buffer.alloc(72, 0xff)]).toString('base64');
    expect(openCosignatures(`${note}\u2014 ${witness.name} ${far}\n`, [witness]).ok).toBe(false);
  });
  it('is no signature over a note, and a note’s signature is none: their keys are of two kinds', () => {
    const key = formatCosignerKey(witness);
    expect(parseCosignerKey(key)).toMatchObject({ ok: true, value: { name: witness.name, id: witness.id } });
    expect(parseVerifierKey(key).ok).toBe(false);
    expect(parseCosignerKey(formatVerifierKey(signer)).ok).toBe(false);
    expect(createSigner(witness.name, pair).id).not.toBe(witness.id);
  });
});

describe('a request to a witness', () => {
  it('is read as it was written', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.nat(), fc.array(hash, { maxLength: 63 }), (oldSize, proof) => {
        const read = parseAddCheckpoint(formatAddCheckpoint({ oldSize, proof, note }));
        expect(read.ok && formatAddCheckpoint(read.value)).toBe(formatAddCheckpoint({ oldSize, proof, note }));
      }),
    );
  });
  it('survives rubbish', () => {
    const piece = fc.constantFrom('old 1', 'old 0\n', '\n', '\n\n', `${'A'.repeat(43)}=\n`, '\u2014 ', note, cosigned);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
        ),
        (rubbish) => {
          const read = parseAddCheckpoint(rubbish);
          if (read.ok) expect(formatAddCheckpoint(read.value)).toBe(rubbish);
          const opened = openCosignatures(rubbish, [witness]);
          if (opened.ok) expect(opened.value.every(({ name }) => name === witness.name)).toBe(true);
          expect(parseCosignerKey(rubbish).ok).toBe(false);
        },
      ),
      { numRuns: FUZZ_RUNS },
    );
  });
});
