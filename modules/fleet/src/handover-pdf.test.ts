/** Names of people and firms in the PDF: their own letters where the font has them, a visible sign where not, and all of them in the file. */
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { HandoverCertificate } from '@cityward/contracts';
import { shown, UNSHOWN } from '@cityward/paper';
import { handoverPdf } from './handover-pdf.ts';

const AT = Date.UTC(2026, 10, 29);
const certificate = (name: string, company: string | null): HandoverCertificate =>
  ({
    handover: {
      id: 'hnd-0001',
      city: 'Port Merrow',
      at: AT,
      device: {
        ...{ id: 'cam-0001', name: 'Camera at the quay', class: 'camera', model: 'C40', serial: 'S1', mac: null },
        ...{ spiffe: 'spiffe://port-merrow.test/device/cam-0001', certificate: '4A' },
      },
      place: { site: 'site-1', street: null, ward: null, lat: null, lon: null },
      checks: [],
      clauses: [{ id: 'no-default-credentials', text: 'No default credentials are left' }],
      installer: { name, company, as: 'per-ann' },
    },
    signature: { alg: 'ed25519' },
  }) as unknown as HandoverCertificate;
const pdfOf = (name: string, company: string | null = null): Promise<Buffer> =>
  handoverPdf({
    json: Buffer.from(JSON.stringify(certificate(name, company))),
    signature: Buffer.from('signature'),
  });

/** Every stream of the file, inflated where it is deflated. */
function streamsOf(pdf: Buffer): string[] {
  const text = pdf.toString('latin1');
  return [...text.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].map(([, body]) => {
    try {
      return inflateSync(Buffer.from(body!, 'latin1')).toString('latin1');
    } catch {
      return body!;
    }
  });
}
/** Letters that a reader can copy out of the page: what the maps from glyphs to letters name, a base and its mark as one. */
const lettersOf = (pdf: Buffer): Set<string> =>
  new Set(
    streamsOf(pdf)
      .filter((stream) => stream.includes('beginbfrange'))
      .flatMap((stream) => [...stream.matchAll(/<((?:[0-9a-f]{4} ?)+)>/gi)])
      .map(([, units]) =>
        String.fromCharCode(
          ...units!
            .trim()
            .split(' ')
            .map((unit) => parseInt(unit, 16)),
        ).normalize('NFC'),
      ),
  );
/** As a PDF writes a text that is not Latin: UTF-16, big end first. */
const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();

describe('a name', () => {
  it.each(['Aroha Māhuta', 'Łukasz Żółć', 'Ζωή Ωμέγα', 'Ђорђе Жуков', 'Nguyễn Hạnh', 'Þóra Ægisdóttir', 'अनु'])(
    'keeps its letters: %s',
    async (name) => {
      expect(shown(name)).toBe(name.normalize('NFC'));
      const letters = lettersOf(await pdfOf(name));
      // A font may draw a letter as its base and its mark, which a reader copies as the same letter.
      const has = (char: string): boolean =>
        letters.has(char) || [...char.normalize('NFD')].every((part) => letters.has(part));
      expect([...name.normalize('NFC').replaceAll(' ', '')].filter((char) => !has(char))).toEqual([]);
    },
  );
  it('in decomposed letters is the same name', () => {
    expect(shown('Ma\u0304huta')).toBe('Māhuta');
  });
  it('in a script that the font does not have is shown as not shown, said so, and kept in the file', async () => {
    expect(shown('王明 & Co')).toBe(`${UNSHOWN.repeat(2)} & Co`);
    const pdf = await pdfOf('王明', 'Harbour Works');
    expect(lettersOf(pdf)).toContain(UNSHOWN);
    expect(pdf.includes(utf16('Installed by 王明, Harbour Works'))).toBe(true);
    expect(streamsOf(pdf).some((stream) => Buffer.from(stream, 'latin1').toString('utf8').includes('王明'))).toBe(true);
    expect((await pdfOf('Ann Lee')).includes(utf16('王明'))).toBe(false);
  });
  it('with control characters or half a letter neither breaks the page nor is shown', () => {
    expect(shown('a\u0000b\u001bc\ud83dd')).toBe(`a${UNSHOWN}b${UNSHOWN}c${UNSHOWN}d`);
  });
});
