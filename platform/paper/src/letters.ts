/** The letters of a document: a font inside the file, so that names keep theirs on every reader. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type PDFDocument from 'pdfkit';
import { create, type Font } from 'fontkit';
// Only its files are used; this says on which package they rest.
import type * as _noto from '@expo-google-fonts/noto-sans/400Regular/index.js';

/** Latin with all its marks (macrons too), Greek, Cyrillic, Vietnamese, Devanagari. A font for Chinese alone would be many times the document. */
const FOLDER = '@expo-google-fonts/noto-sans';
const bytesOf = (file: string): Buffer => readFileSync(fileURLToPath(import.meta.resolve(`${FOLDER}/${file}`)));
let loaded: { readonly text: Buffer; readonly bold: Buffer; readonly known: Font } | null = null;
/** Read when a document is first asked for, and then kept. */
function load(): NonNullable<typeof loaded> {
  if (loaded) return loaded;
  const text = bytesOf('400Regular/NotoSans_400Regular.ttf');
  const bold = bytesOf('700Bold/NotoSans_700Bold.ttf');
  loaded = { text, bold, known: create(text) };
  return loaded;
}

/** Names that the font has in the document. */
export const FONTS = { text: 'text', bold: 'bold' } as const;

export function useFonts(document: InstanceType<typeof PDFDocument>): void {
  const { text, bold } = load();
  document.registerFont(FONTS.text, text);
  document.registerFont(FONTS.bold, bold);
}

/** Stands, visibly, for each letter that the font does not have; what was signed has the letter itself. */
export const UNSHOWN = '\uFFFD';

/** The text in letters that the page can show; a letter with a mark that is no letter of its own stays two. */
export function shown(text: string): string {
  const { known } = load();
  return [...text.normalize('NFC')]
    .map((char) =>
      char === '\n' || (char >= ' ' && known.hasGlyphForCodePoint(char.codePointAt(0)!)) ? char : UNSHOWN,
    )
    .join('');
}
