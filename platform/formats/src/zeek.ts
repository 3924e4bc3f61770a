/** Zeek logs, tab-separated with their header or JSON lines: rows by field name; a broken line never costs its neighbours. */
import { readJsonRow } from './zeek-json.ts';
import { HEADER_UNKNOWN, readHeaderLine, readTsvRow, type ZeekHeader } from './zeek-tsv.ts';

export { zeekFlow, ZEEK_OUTCOMES, type ZeekFlow, type ZeekFlowOptions, type ZeekFlowAnswer } from './zeek-flow.ts';

export const ZEEK_LINE_MAX_CHARS = 262_144;

/** An unset field (`-`) is null; sets and vectors are lists; times and intervals are seconds, as Zeek writes them. */
export type ZeekValue = string | number | boolean | null | readonly ZeekValue[];
export interface ZeekRow {
  /** In the file, from 1. */
  readonly line: number;
  /** Which log: `conn`, `dns`, … as the file says; by its fields where it does not; null where neither tells. */
  readonly path: string | null;
  readonly values: Readonly<Record<string, ZeekValue>>;
}
export interface ZeekFault {
  readonly line: number;
  readonly fault: string;
}

export interface ZeekReader {
  /** Takes the next line, without its line break; null for a header, a blank line or a comment. Never throws on input. */
  read(text: string): ZeekRow | ZeekFault | null;
}

/** Reads line by line, so that a file of any length can be streamed. Logs of several headers may follow one another. */
export function createZeekReader(): ZeekReader {
  let line = 0;
  let header: ZeekHeader = HEADER_UNKNOWN;
  return {
    read(given) {
      line++;
      const text = given.endsWith('\r') ? given.slice(0, -1) : given;
      const start = line === 1 && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
      if (start === '' || start.trim() === '') return null;
      if (start.length > ZEEK_LINE_MAX_CHARS)
        return { line, fault: `has ${start.length} characters, at most ${ZEEK_LINE_MAX_CHARS} wanted` };
      if (start.startsWith('#')) {
        const next = readHeaderLine(header, start);
        if (typeof next === 'string') return { line, fault: next };
        header = next;
        return null;
      }
      const row = start.startsWith('{') ? readJsonRow(start) : readTsvRow(header, start);
      return 'fault' in row
        ? { line, fault: row.fault }
        : { line, path: pathOf(row.path, row.values), values: row.values };
    },
  };
}

export interface ZeekLog {
  readonly rows: readonly ZeekRow[];
  readonly rejected: readonly ZeekFault[];
}

/** Reads a whole log. */
export function parseZeekLog(text: string): ZeekLog {
  const reader = createZeekReader();
  const rows: ZeekRow[] = [];
  const rejected: ZeekFault[] = [];
  for (const line of text.split('\n')) {
    const read = reader.read(line);
    if (read === null) continue;
    if ('fault' in read) rejected.push(read);
    else rows.push(read);
  }
  return { rows, rejected };
}

/** A field that only this log has tells which it is, when the file does not say. */
const TELLING: readonly (readonly [field: string, path: string])[] = [
  ['conn_state', 'conn'],
  ['qtype_name', 'dns'],
  ['user_agent', 'http'],
  ['note', 'notice'],
  ['server_name', 'ssl'],
];

function pathOf(said: string | null, values: Readonly<Record<string, ZeekValue>>): string | null {
  if (said !== null) return said;
  for (const [field, path] of TELLING) if (Object.hasOwn(values, field)) return path;
  return null;
}
