/** The lines of a signed note (c2sp.org/signed-note): its text, and who signed it how; nothing is verified here. */
import { bad, good, parseBase64, quoted, toBase64, type Parsed } from './parsed.ts';
import { KEY_ID_BYTES } from './note-key.ts';

export const NOTE_MAX_BYTES = 1_000_000;
export const NOTE_SIGNATURES_MAX = 100;

export interface SignatureLine {
  readonly name: string;
  readonly id: string;
  readonly signature: Uint8Array;
}

const SIGNATURE_LINE = /^\u2014 ([^\s\u0085+]+) ([A-Za-z0-9+/=]+)$/u;
const CONTROL_EXCEPT_NEWLINE = /[^\n -\u{10ffff}]/u;

/** With its newline. */
export const formatSignatureLine = ({ name, id, signature }: SignatureLine): string =>
  `\u2014 ${name} ${toBase64(Buffer.concat([Buffer.from(id, 'hex'), signature]))}\n`;

function parseSignatureLine(line: string): SignatureLine | null {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = encoded === undefined ? null : parseBase64(encoded);
  if (name === undefined || !bytes || bytes.length <= KEY_ID_BYTES) return null;
  return {
    name,
    id: Buffer.from(bytes.subarray(0, KEY_ID_BYTES)).toString('hex'),
    signature: bytes.subarray(KEY_ID_BYTES),
  };
}

export interface NoteLines {
  /** With its final newline, without the blank line. */
  readonly text: string;
  readonly lines: readonly SignatureLine[];
}

export function splitNote(note: string): Parsed<NoteLines> {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return bad('open a note: it has no blank line before its signatures');
  const rows = note.slice(split + 2, -1).split('\n');
  if (rows.length > NOTE_SIGNATURES_MAX)
    return bad(`open a note: it has ${rows.length} signatures, at most ${NOTE_SIGNATURES_MAX} are read`);
  const lines: SignatureLine[] = [];
  for (const row of rows) {
    const line = parseSignatureLine(row);
    if (!line) return bad(`open a note: ${quoted(row)} is no signature line`);
    lines.push(line);
  }
  return good({ text: note.slice(0, split + 1), lines });
}

/** Text of the bytes when they are UTF-8 without control characters but newline, as notes must be. */
export function noteText(note: Uint8Array | string): Parsed<string> {
  if (note.length > NOTE_MAX_BYTES) return bad(`open a note: it has more than ${NOTE_MAX_BYTES} bytes`);
  let text: string;
  try {
    text = typeof note === 'string' ? note : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note);
  } catch {
    return bad('open a note: it is not UTF-8');
  }
  if (!text.isWellFormed()) return bad('open a note: it is not UTF-8');
  return CONTROL_EXCEPT_NEWLINE.test(text) ? bad('open a note: it holds a control character') : good(text);
}

export function noteLines(note: Uint8Array | string): Parsed<NoteLines> {
  const text = noteText(note);
  return text.ok ? splitNote(text.value) : text;
}
