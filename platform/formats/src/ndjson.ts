/** Newline-delimited JSON: lines with their numbers, strict UTF-8, and a bad line never costs its neighbours. */
import { isUtf8 } from 'node:buffer';
import { OBSERVATION_MAX_BYTES, type Json } from '@cityward/kernel';

export interface NumberedLine {
  /** From 1. */
  readonly line: number;
  /** Where it begins, in bytes since the beginning. */
  readonly offset: number;
  /** Without its line end. */
  readonly bytes: Buffer;
  readonly text: string;
}
export interface RejectedLine {
  readonly line: number;
  readonly offset: number;
  readonly reason: string;
}
export interface SplitLines {
  readonly lines: readonly NumberedLine[];
  readonly rejected: readonly RejectedLine[];
}

export interface LineSplitter {
  push(chunk: Uint8Array): SplitLines;
  /** What is left is the last line. */
  end(): SplitLines;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BOM = Buffer.of(0xef, 0xbb, 0xbf);

interface State {
  readonly lineMaxBytes: number;
  pieces: Uint8Array[];
  held: number;
  line: number;
  total: number;
  lineStart: number;
}

/** Cuts bytes into lines as they come; blank lines are counted and left out. Holds at most one line; never throws on input. */
export function createLineSplitter({
  lineMaxBytes = OBSERVATION_MAX_BYTES,
}: { readonly lineMaxBytes?: number } = {}): LineSplitter {
  const state: State = { lineMaxBytes, pieces: [], held: 0, line: 1, total: 0, lineStart: 0 };
  return {
    push(chunk) {
      const found = { lines: [] as NumberedLine[], rejected: [] as RejectedLine[] };
      for (let at = 0; at < chunk.length;) {
        const newline = chunk.indexOf(NEWLINE, at);
        const end = newline < 0 ? chunk.length : newline;
        keep(state, chunk.subarray(at, end));
        state.total += end - at + (newline < 0 ? 0 : 1);
        if (newline >= 0) finish(state, found);
        at = newline < 0 ? end : end + 1;
      }
      return found;
    },
    end() {
      const found = { lines: [] as NumberedLine[], rejected: [] as RejectedLine[] };
      finish(state, found);
      return found;
    },
  };
}

/** A copy, for the caller's chunk may be used again; of a line that is too long only what shows that it is. */
function keep(state: State, bytes: Uint8Array): void {
  const room = Math.max(0, state.lineMaxBytes + BOM.length + 1 - state.held);
  if (room > 0) state.pieces.push(Uint8Array.prototype.slice.call(bytes, 0, room));
  state.held += bytes.length;
}

function finish(state: State, found: { lines: NumberedLine[]; rejected: RejectedLine[] }): void {
  const { line, lineStart, held, pieces } = state;
  state.pieces = [];
  state.held = 0;
  state.line++;
  state.lineStart = state.total;
  if (held > state.lineMaxBytes + BOM.length + 1) {
    found.rejected.push({
      line,
      offset: lineStart,
      reason: `it has ${held} bytes, at most ${state.lineMaxBytes} wanted`,
    });
    return;
  }
  const whole = Buffer.concat(pieces);
  const from = line === 1 && whole.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  const bytes = whole.subarray(from, whole.at(-1) === RETURN ? -1 : undefined);
  if (bytes.length > state.lineMaxBytes)
    found.rejected.push({
      line,
      offset: lineStart,
      reason: `it has ${bytes.length} bytes, at most ${state.lineMaxBytes} wanted`,
    });
  else if (!isUtf8(bytes)) found.rejected.push({ line, offset: lineStart, reason: 'it is not UTF-8' });
  else {
    const text = bytes.toString('utf8');
    if (text.trim() !== '') found.lines.push({ line, offset: lineStart, bytes, text });
  }
}

export interface NdjsonRow extends NumberedLine {
  readonly value: Json;
}
export interface Ndjson {
  readonly rows: readonly NdjsonRow[];
  readonly rejected: readonly RejectedLine[];
}

/** Reads the lines of a splitter as JSON. */
export function parseLines({ lines, rejected }: SplitLines): Ndjson {
  const rows: NdjsonRow[] = [];
  const faults = [...rejected];
  for (const line of lines) {
    try {
      rows.push({ ...line, value: JSON.parse(line.text) as Json });
    } catch (error) {
      faults.push({ line: line.line, offset: line.offset, reason: `it is not JSON (${(error as Error).message})` });
    }
  }
  return { rows, rejected: faults.sort((a, b) => a.line - b.line) };
}

/** Reads a whole body; rows and rejected lines in the order of the file. */
export function parseNdjson(body: Uint8Array, options: { readonly lineMaxBytes?: number } = {}): Ndjson {
  const splitter = createLineSplitter(options);
  const [first, last] = [splitter.push(body), splitter.end()];
  return parseLines({ lines: [...first.lines, ...last.lines], rejected: [...first.rejected, ...last.rejected] });
}
