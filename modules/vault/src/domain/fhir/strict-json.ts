/**
 * JSON that is read in bounded time and in one way: no depth, width, number or string beyond what a record has, no key twice (two readers
 * would each take another). Looked at before it is parsed; what is wrong is told by place, never by content.
 */
export const JSON_LIMITS = {
  depth: 64,
  /** Keys of one object. */
  keys: 1_000,
  /** In all: objects, arrays, strings, numbers and words. */
  values: 500_000,
  numberChars: 64,
  keyChars: 256,
  /** Of a string, but for base64 in a field called `data`. */
  stringChars: 1_048_576,
} as const;
/** FHIR's name for base64 inside a resource. */
const LARGE_FIELD = 'data';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const [OBJECT, OBJECT_END, ARRAY, ARRAY_END] = [0x7b, 0x7d, 0x5b, 0x5d];
const MINUS = 0x2d;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
/** Digits, sign, point and exponent. */
const isNumeric = (code: number): boolean =>
  isDigit(code) || code === MINUS || code === 0x2b || code === 0x2e || code === 0x45 || code === 0x65;
const isLetter = (code: number): boolean => code >= 0x61 && code <= 0x7a;
/** A key that can be repeated in an error without repeating anything about a person. */
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]{0,40}$/;
const SHOWN_LEVELS = 8;
/** Up to so many keys a list is faster than a set. */
const FEW_KEYS = 16;

interface Level {
  readonly isObject: boolean;
  readonly keys: string[];
  /** The same, once they are many. */
  all: Set<string> | null;
  /** Of the value that is being read. */
  key: string;
  index: number;
  isAtKey: boolean;
}
const levelOf = (isObject: boolean): Level => ({ isObject, keys: [], all: null, key: '', index: 0, isAtKey: isObject });

class Fault extends Error {}
const fault = (levels: readonly Level[], wanted: string): Fault =>
  new Fault(`${wanted}${levels.length === 0 ? '' : `, not as at "${placeIn(levels)}"`}`);

function placeIn(levels: readonly Level[]): string {
  const shown = levels
    .slice(0, SHOWN_LEVELS)
    .map(({ isObject, key, index }) => (isObject ? `.${PLAIN_KEY.test(key) ? key : '?'}` : `[${index}]`));
  return `${shown.join('').replace(/^\./, '')}${levels.length > shown.length ? '…' : ''}`;
}

/** What was wanted where it is not; `null` where it may be parsed, which refuses all else that is no JSON. */
export function jsonFault(text: string): string | null {
  try {
    scan(text);
    return null;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}

function scan(text: string): void {
  const levels: Level[] = [];
  let level: Level | undefined;
  let values = 0;
  for (let i = 0; i < text.length;) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      if (level?.isAtKey !== true) values++;
      i = stringEnd(text, i, levels);
    } else if (code === OBJECT || code === ARRAY) {
      if (levels.length >= JSON_LIMITS.depth) throw fault(levels, `JSON of at most ${JSON_LIMITS.depth} levels`);
      levels.push((level = levelOf(code === OBJECT)));
      values++;
      i++;
    } else if (isDigit(code) || code === MINUS) {
      values++;
      i = numberEnd(text, i, levels);
    } else if (isLetter(code)) {
      values++;
      do i++;
      while (isLetter(text.charCodeAt(i)));
    } else {
      i++;
      if (code === OBJECT_END || code === ARRAY_END) {
        levels.pop();
        level = levels.at(-1);
      } else if (level && code === COMMA) {
        level.index++;
        level.isAtKey = level.isObject;
      } else if (level && code === COLON) level.isAtKey = false;
    }
    if (values > JSON_LIMITS.values) throw fault([], `JSON of at most ${JSON_LIMITS.values} values`);
  }
}

/** Behind the string that begins there; a key is looked at on the way. */
function stringEnd(text: string, start: number, levels: readonly Level[]): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  // Never closed: the parser refuses it.
  if (end < 0) return text.length;
  const level = levels.at(-1);
  if (level?.isAtKey === true) takeKey(level, levels, text.slice(start, end + 1));
  else if (end - start - 1 > JSON_LIMITS.stringChars && level?.key !== LARGE_FIELD)
    throw fault(levels, `strings of at most ${JSON_LIMITS.stringChars} characters`);
  return end + 1;
}
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}
function takeKey(level: Level, levels: readonly Level[], quoted: string): void {
  const around = levels.slice(0, -1);
  if (quoted.length > JSON_LIMITS.keyChars) throw fault(around, `keys of at most ${JSON_LIMITS.keyChars} characters`);
  const { keys } = level;
  level.key = keyText(quoted);
  if (level.all ? level.all.has(level.key) : keys.includes(level.key)) throw fault(levels, 'each key once');
  keys.push(level.key);
  level.all?.add(level.key);
  if (keys.length === FEW_KEYS) level.all = new Set(keys);
  if (keys.length > JSON_LIMITS.keys) throw fault(around, `objects of at most ${JSON_LIMITS.keys} keys`);
}
/** Two spellings of one key are one key. */
function keyText(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted; // the parser refuses it
  }
}

function numberEnd(text: string, start: number, levels: readonly Level[]): number {
  let end = start + 1;
  while (end < text.length && isNumeric(text.charCodeAt(end))) end++;
  if (end - start > JSON_LIMITS.numberChars || Math.abs(Number(text.slice(start, end))) === Infinity)
    throw fault(
      levels,
      `numbers of at most ${JSON_LIMITS.numberChars} characters and of a size that a computer can hold`,
    );
  return end;
}
