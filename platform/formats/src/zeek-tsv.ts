/** Tab-separated Zeek: the `#` header, types, unset and empty fields, and `\x09` escapes. */
import type { ZeekValue } from './zeek.ts';

export const ZEEK_FIELDS_MAX = 500;

export interface ZeekHeader {
  readonly separator: string;
  readonly setSeparator: string;
  readonly empty: string;
  readonly unset: string;
  readonly path: string | null;
  readonly fields: readonly string[];
  readonly types: readonly string[];
  /** So many of the last fields share one column, parted by spaces, as labelling tools append them. */
  readonly spaced: number;
}
export const HEADER_UNKNOWN: ZeekHeader = {
  separator: '\t',
  setSeparator: ',',
  empty: '(empty)',
  unset: '-',
  path: null,
  fields: [],
  types: [],
  spaced: 0,
};

/** The header with one more of its lines; a string tells what is wrong with the line. Unknown `#` lines are comments. */
export function readHeaderLine(header: ZeekHeader, text: string): ZeekHeader | string {
  if (text.startsWith('#separator')) {
    const separator = unescape(text.slice('#separator'.length).trim());
    if (separator.length !== 1) return `has separator "${separator.slice(0, 20)}", one character wanted`;
    return { ...HEADER_UNKNOWN, separator };
  }
  const [name, ...cells] = text.split(header.separator);
  switch (name) {
    case '#set_separator':
      return { ...header, setSeparator: unescape(cells[0] ?? '') || ',' };
    case '#empty_field':
      return { ...header, empty: cells[0] ?? '' };
    case '#unset_field':
      return { ...header, unset: cells[0] ?? '-' };
    case '#path':
      return { ...header, path: cells[0] === undefined || cells[0] === header.unset ? null : cells[0] };
    case '#fields':
      return withFields(header, cells);
    case '#types':
      return { ...header, types: parted(cells).names };
    default:
      return header;
  }
}

function withFields(header: ZeekHeader, cells: readonly string[]): ZeekHeader | string {
  const { names, spaced } = parted(cells);
  if (names.length === 0 || names.length > ZEEK_FIELDS_MAX)
    return `names ${names.length} fields, 1 to ${ZEEK_FIELDS_MAX} wanted`;
  const repeated = names.find((name, at) => name === '' || names.indexOf(name) !== at);
  if (repeated !== undefined) return `names the field "${repeated.slice(0, 40)}" twice or not at all`;
  return { ...header, fields: names, types: [], spaced };
}

/** `…  tunnel_parents   label   detailed-label` in the last column is three fields. */
function parted(cells: readonly string[]): { names: string[]; spaced: number } {
  const last = (cells.at(-1) ?? '').split(/ +/).filter((part) => part !== '');
  if (last.length <= 1) return { names: [...cells], spaced: 0 };
  return { names: [...cells.slice(0, -1), ...last], spaced: last.length };
}

type Row = { readonly path: string | null; readonly values: Record<string, ZeekValue> } | { readonly fault: string };

export function readTsvRow(header: ZeekHeader, text: string): Row {
  if (header.fields.length === 0)
    return { fault: 'comes before any "#fields" line, which is wanted to tell its columns' };
  let cells = text.split(header.separator);
  if (header.spaced > 0 && cells.length === header.fields.length - header.spaced + 1) {
    const last = cells.at(-1)!.split(/ {2,}/);
    cells = [...cells.slice(0, -1), ...last];
  }
  if (cells.length !== header.fields.length)
    return { fault: `has ${cells.length} fields, ${header.fields.length} wanted as in the "#fields" line` };
  const values: Record<string, ZeekValue> = Object.create(null) as Record<string, ZeekValue>;
  for (let at = 0; at < cells.length; at++) {
    const value = readCell(header, header.types[at] ?? 'string', cells[at]!);
    if (value === undefined)
      return { fault: `has "${cells[at]!.slice(0, 40)}" in "${header.fields[at]!}", a ${header.types[at]!} wanted` };
    values[header.fields[at]!] = value;
  }
  return { path: header.path, values };
}

/** Undefined where the text is not of the type. */
function readCell(header: ZeekHeader, type: string, text: string): ZeekValue | undefined {
  if (text === header.unset) return null;
  const inner = /^(?:set|vector|table|list)\[(.*)\]$/.exec(type)?.[1];
  if (inner !== undefined) {
    if (text === header.empty) return [];
    const items: ZeekValue[] = [];
    for (const part of text.split(header.setSeparator)) {
      const item = readCell(header, inner, part);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }
  if (text === header.empty) return '';
  switch (type) {
    case 'bool':
      return text === 'T' ? true : text === 'F' ? false : undefined;
    case 'time':
    case 'interval':
    case 'double':
      return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? finite(Number(text)) : undefined;
    case 'count':
    case 'port':
    case 'int':
      return /^-?\d+$/.test(text) ? finite(Number(text)) : undefined;
    default:
      return unescape(text);
  }
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

/** `\x09` and the like stand for bytes of UTF-8; `\\` for a backslash. */
export function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/((?:\\x[0-9a-fA-F]{2})+)|\\\\/g, (_, bytes: string | undefined) =>
    bytes === undefined ? '\\' : Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString('utf8'),
  );
}
