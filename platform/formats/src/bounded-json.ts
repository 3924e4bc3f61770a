/** JSON of devices: bounded in bytes and depth before anything recursive sees it. Never throws on input. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';

export type Fields = Readonly<Record<string, unknown>>;
export interface JsonBounds {
  /** What is read, as people say it. */
  readonly what: string;
  /** In front of the codes of refusals. */
  readonly protocol: string;
  readonly maxBytes: number;
  readonly maxDepth: number;
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** Deeper nesting than any client needs is refused before it is parsed. */
function isDeep(text: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      if (++depth > maxDepth) return true;
    } else if (char === '}' || char === ']') depth--;
  }
  return false;
}

export function readBoundedJson(bytes: Uint8Array, bounds: JsonBounds): Result<unknown, Refusal> {
  const { what, protocol, maxBytes, maxDepth } = bounds;
  const invalid = (message: string) => refuse('invalid', `${protocol}_MALFORMED`, `read ${what}: ${message}`);
  if (bytes.length > maxBytes)
    return refuse('too-large', `${protocol}_TOO_LARGE`, `read ${what}: ${bytes.length} bytes, at most ${maxBytes}`);
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return invalid('it is not UTF-8');
  }
  if (isDeep(text, maxDepth)) return invalid(`it nests deeper than ${maxDepth}`);
  try {
    return ok(JSON.parse(text) as unknown);
  } catch {
    return invalid('it is no JSON');
  }
}

/** The same where it has to be an object. */
export function readBoundedFields(bytes: Uint8Array, bounds: JsonBounds): Result<Fields, Refusal> {
  const read = readBoundedJson(bytes, bounds);
  if (!read.ok) return read;
  return isFields(read.value)
    ? ok(read.value)
    : refuse('invalid', `${bounds.protocol}_MALFORMED`, `read ${bounds.what}: want an object`);
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
/** A field of the object itself, never one that every object has. */
export const own = (fields: Fields, name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);

const SHOWN_MAX_CHARS = 40;
/** A value of a device in a sentence. Never by its own `toString`: JSON may bring one that is no function. */
export const shown = (value: unknown): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing')).slice(0, SHOWN_MAX_CHARS);
