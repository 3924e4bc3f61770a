/** CSV (RFC 4180 and what spreadsheets make of it): rows with line numbers; a broken row never costs its neighbours. */

export const CSV_CELL_MAX_CHARS = 32_768;
export const CSV_COLUMNS_MAX = 1_000;
/** As much as is looked at to guess the delimiter. */
const SAMPLE_CHARS = 65_536;
const SAMPLE_LINES = 30;

export const CSV_DELIMITERS = [',', ';', '\t', '|'] as const;
export type CsvDelimiter = (typeof CSV_DELIMITERS)[number];

/** `line` is the line in the file, from 1, on which the row begins; a quoted cell may go on over several. */
export type CsvRow =
  { readonly line: number; readonly cells: readonly string[] } | { readonly line: number; readonly fault: string };

export interface CsvTable {
  readonly delimiter: CsvDelimiter;
  readonly header: readonly string[];
  /** Rows below the header, blank lines left out. Can be read more than once. */
  rows(): Generator<CsvRow, void>;
}

/** The delimiter that cuts the first lines into the same, largest number of cells; a comma when none does. */
export function guessDelimiter(text: string): CsvDelimiter {
  const lines = outsideQuotes(text.slice(0, SAMPLE_CHARS))
    .split(/\r\n|\n|\r/)
    .slice(0, SAMPLE_LINES);
  const filled = lines.filter((line) => line.trim() !== '');
  const header = filled[0] ?? '';
  let best: CsvDelimiter = ',';
  let bestScore = 0;
  for (const delimiter of CSV_DELIMITERS) {
    const columns = header.split(delimiter).length;
    const alike = filled.filter((line) => line.split(delimiter).length === columns).length;
    const score = columns > 1 ? columns * (alike / filled.length) : 0;
    if (score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  return best;
}

const outsideQuotes = (text: string): string => text.replace(/"(?:[^"]|"")*("|$)/g, '""');

/** Text without the byte order mark that Windows programs put in front. */
export const withoutBom = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

/**
 * Reads the header and offers the rows; never throws on input.
 * @param delimiter guessed when not given
 */
export function openCsv(text: string, delimiter?: CsvDelimiter): CsvTable | { readonly fault: string } {
  const body = withoutBom(text);
  const cut = delimiter ?? guessDelimiter(body);
  const first = scanRows(body, cut).next();
  if (first.done) return { fault: 'read CSV: the file is empty, a header line and rows wanted' };
  if ('fault' in first.value) return { fault: `read header in line ${first.value.line}: ${first.value.fault}` };
  const header = first.value.cells.map((cell) => cell.trim());
  if (header.length > CSV_COLUMNS_MAX)
    return {
      fault: `read header in line ${first.value.line}: ${header.length} columns, at most ${CSV_COLUMNS_MAX} wanted`,
    };
  return {
    delimiter: cut,
    header,
    *rows() {
      const rows = scanRows(body, cut);
      rows.next();
      for (const row of rows) yield checkWidth(row, header.length);
    },
  };
}

/** Missing cells at the end are empty, as spreadsheets write them; cells beyond the header are a fault unless empty. */
function checkWidth(row: CsvRow, width: number): CsvRow {
  if ('fault' in row || row.cells.length <= width) return row;
  if (row.cells.slice(width).every((cell) => cell.trim() === ''))
    return { line: row.line, cells: row.cells.slice(0, width) };
  return { line: row.line, fault: `${row.cells.length} cells, ${width} wanted as in the header` };
}

interface Scan {
  readonly text: string;
  readonly delimiter: string;
  /** `\n`, or `\r` in files of old Macs that have no `\n` at all. */
  readonly newline: string;
}

function* scanRows(text: string, delimiter: string): Generator<CsvRow, void> {
  const scan: Scan = { text, delimiter, newline: text.includes('\n') ? '\n' : text.includes('\r') ? '\r' : '\n' };
  let at = 0;
  let line = 1;
  let quote = text.indexOf('"');
  while (at < text.length) {
    const end = endOfLine(scan, at);
    if (quote !== -1 && quote < at) quote = text.indexOf('"', at);
    if (quote === -1 || quote >= end) {
      const plain = withoutReturn(text.slice(at, end));
      if (plain.trim() !== '') yield { line, cells: plain.split(delimiter) };
      at = end + 1;
      line++;
      continue;
    }
    const row = scanQuoted(scan, at);
    if ('fault' in row) {
      yield { line, fault: row.fault };
      at = end + 1;
      line++;
      continue;
    }
    yield { line, cells: row.cells };
    line += row.lines;
    at = row.next;
  }
}

const endOfLine = (scan: Scan, at: number): number => {
  const end = scan.text.indexOf(scan.newline, at);
  return end === -1 ? scan.text.length : end;
};
const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

type Quoted = { readonly cells: string[]; readonly lines: number; readonly next: number } | { readonly fault: string };

/** A row with at least one quote in its first line. */
function scanQuoted(scan: Scan, start: number): Quoted {
  const { text, delimiter, newline } = scan;
  const cells: string[] = [];
  let at = start;
  let lines = 1;
  for (;;) {
    let cell: string;
    if (text[at] === '"') {
      const read = scanCell(scan, at, cells.length + 1);
      if ('fault' in read) return read;
      cell = read.cell;
      lines += read.breaks;
      at = read.next;
    } else {
      const line = endOfLine(scan, at);
      const cut = text.indexOf(delimiter, at);
      const end = cut === -1 || cut > line ? line : cut;
      cell = end === line ? withoutReturn(text.slice(at, end)) : text.slice(at, end);
      at = end;
    }
    cells.push(cell);
    if (at < text.length && text[at] === delimiter) {
      at++;
      continue;
    }
    if (text[at] === '\r' && newline === '\n') at++;
    return { cells, lines, next: at + 1 };
  }
}

type Cell = { readonly cell: string; readonly breaks: number; readonly next: number } | { readonly fault: string };

/** A quoted cell from its opening quote; `next` is the place of the delimiter or line end behind it. */
function scanCell(scan: Scan, start: number, column: number): Cell {
  const { text, delimiter, newline } = scan;
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1 || quote - start > CSV_CELL_MAX_CHARS)
      return { fault: `cell ${column} opens with a quote that is not closed within ${CSV_CELL_MAX_CHARS} characters` };
    if (text[quote + 1] === '"') {
      at = quote + 2;
      continue;
    }
    const behind = text[quote + 1];
    const returned = behind === '\r' && (text[quote + 2] === newline || quote + 2 >= text.length);
    if (behind !== undefined && behind !== delimiter && behind !== newline && !returned)
      return {
        fault: `cell ${column} goes on with "${behind}" after its closing quote, "${delimiter}" or the line's end wanted`,
      };
    const cell = text.slice(start + 1, quote).replaceAll('""', '"');
    return { cell, breaks: countOf(cell, newline), next: quote + 1 };
  }
}

function countOf(text: string, mark: string): number {
  let count = 0;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) count++;
  return count;
}

const NOT_TEXT = '\ufffd';

/**
 * Names the first place where text is not what UTF-8 gives: a replacement character left by decoding, or the zero bytes of UTF-16.
 * @returns null for clean text
 */
export function encodingFault(text: string): string | null {
  const zero = text.indexOf('\0');
  if (zero !== -1)
    return `line ${lineAt(text, zero)} holds a zero byte: the file is UTF-16 or not text at all, UTF-8 wanted`;
  const at = text.indexOf(NOT_TEXT);
  return at === -1 ? null : `line ${lineAt(text, at)} holds bytes that are not UTF-8; save the file as "CSV UTF-8"`;
}

/** The line, from 1, of a place in a text. */
export const lineAt = (text: string, place: number): number => countOf(text.slice(0, place), '\n') + 1;
