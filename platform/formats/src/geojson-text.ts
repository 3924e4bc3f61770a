/** Reads JSON text and, where it is broken, says in which line and column and what was wanted there. */

export const JSON_DEPTH_MAX = 200;
const SHOWN_CHARS = 20;

export type JsonRead = { readonly value: unknown } | { readonly fault: string };

/** Never throws. The fault reads like `line 3, column 7: found "]", a value wanted`. */
export function readJson(text: string): JsonRead {
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const deep = tooDeep(body);
  if (deep !== -1)
    return { fault: `${placeOf(body, deep)}: nested deeper than ${JSON_DEPTH_MAX}, flatter data wanted` };
  try {
    return { value: JSON.parse(body) as unknown };
  } catch {
    return { fault: locate(body) };
  }
}

/** The place at which brackets outside strings nest too deep; -1 when nowhere. */
function tooDeep(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = skipString(text, at);
      if (at === -1) return -1;
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > JSON_DEPTH_MAX) return at;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return -1;
}

/** The closing quote of a string that opens at `at`; -1 when there is none. */
function skipString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (end !== -1 && oddSlashesBefore(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function oddSlashesBefore(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++;
  return slashes % 2 === 1;
}

const placeOf = (text: string, at: number): string => {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return `line ${line}, column ${at - before.lastIndexOf('\n')}`;
};

class Stop {
  readonly at: number;
  readonly wanted: string;
  constructor(at: number, wanted: string) {
    this.at = at;
    this.wanted = wanted;
  }
}

/** Walks the text by the grammar of RFC 8259 up to the first fault; only called for text that JSON.parse refused. */
function locate(text: string): string {
  try {
    const end = space(text, value(text, space(text, 0)));
    if (end < text.length) throw new Stop(end, 'the end of the file');
  } catch (stop) {
    if (!(stop instanceof Stop)) throw stop;
    const found =
      stop.at >= text.length ? 'the end of the file' : `"${text.slice(stop.at, stop.at + SHOWN_CHARS).split('\n')[0]}"`;
    return `${placeOf(text, stop.at)}: found ${found}, ${stop.wanted} wanted`;
  }
  return 'line 1, column 1: JSON wanted';
}

const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SCALAR = /(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)/y;

const matchEnd = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
};
const space = (text: string, at: number): number => matchEnd(SPACE, text, at);

function value(text: string, at: number): number {
  if (text[at] === '{') return members(text, at + 1);
  if (text[at] === '[') return items(text, at + 1);
  if (text[at] === '"') return string(text, at);
  const end = matchEnd(SCALAR, text, at);
  if (end === -1) throw new Stop(at, 'a value');
  return end;
}

function string(text: string, start: number): number {
  if (text[start] !== '"') throw new Stop(start, 'a value');
  let at = start + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (Number.isNaN(code)) throw new Stop(at, 'the closing quote of a string');
    if (code < 0x20) throw new Stop(at, 'a closing quote, or an escape for the control character,');
    at = code === 0x5c ? matchEnd(ESCAPE, text, at) : at + 1;
    if (at === -1) throw new Stop(start, 'a string whose escapes are known');
  }
}

function items(text: string, start: number): number {
  let at = space(text, start);
  if (text[at] === ']') return at + 1;
  for (;;) {
    at = space(text, value(text, at));
    if (text[at] === ']') return at + 1;
    if (text[at] !== ',') throw new Stop(at, '"," or "]"');
    at = space(text, at + 1);
  }
}

function members(text: string, start: number): number {
  let at = space(text, start);
  if (text[at] === '}') return at + 1;
  for (;;) {
    if (text[at] !== '"') throw new Stop(at, 'a name in double quotes');
    at = space(text, string(text, at));
    if (text[at] !== ':') throw new Stop(at, '":"');
    at = space(text, value(text, space(text, at + 1)));
    if (text[at] === '}') return at + 1;
    if (text[at] !== ',') throw new Stop(at, '"," or "}"');
    at = space(text, at + 1);
  }
}

/** True for `{…}`, the only JSON value that has named members. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The own member of that name; members inherited from Object.prototype, such as `constructor`, are not data. */
export const member = (object: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;
