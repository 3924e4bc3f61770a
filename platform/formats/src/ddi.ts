/**
 * What hawkBit DDI clients send (Direct Device Integration of Eclipse hawkBit 1.1): feedback, attributes, installed version. Takes
 * what real clients send beside the book: numbers for ids, unknown fields, a progress of nothing. Never throws on input.
 */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';

export const DDI_BODY_MAX_BYTES = 65_536;
const DEPTH_MAX = 8;
const DETAILS_MAX = 50;
const TEXT_MAX_CHARS = 500;
const ATTRIBUTES_MAX = 100;
const NAME_MAX_CHARS = 128;

export const DDI_EXECUTIONS = [
  'closed',
  'proceeding',
  'canceled',
  'scheduled',
  'rejected',
  'resumed',
  'downloaded',
  'download',
] as const;
export type DdiExecution = (typeof DDI_EXECUTIONS)[number];
export type DdiFinished = 'success' | 'failure' | 'none';

export interface DdiFeedback {
  readonly execution: DdiExecution;
  readonly finished: DdiFinished;
  /** Between 0 and 1; null where the client says none, or of nothing. */
  readonly progress: number | null;
  /** What the client tells people, the last lines of it. */
  readonly details: readonly string[];
}
export interface DdiAttributes {
  readonly mode: 'merge' | 'replace' | 'remove';
  readonly data: ReadonlyMap<string, string>;
}
export interface DdiInstalled {
  readonly name: string;
  readonly version: string;
}

type Fields = Readonly<Record<string, unknown>>;
const invalid = (message: string) => refuse('invalid', 'DDI_MALFORMED', message);
const strict = new TextDecoder('utf-8', { fatal: true });

/** Deeper nesting than any client needs is refused before anything recursive sees it. */
function isDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      if (++depth > DEPTH_MAX) return true;
    } else if (char === '}' || char === ']') depth--;
  }
  return false;
}

function readObject(bytes: Uint8Array, what: string): Result<Fields, Refusal> {
  if (bytes.length > DDI_BODY_MAX_BYTES)
    return refuse('too-large', 'DDI_TOO_LARGE', `read ${what}: ${bytes.length} bytes, at most ${DDI_BODY_MAX_BYTES}`);
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return invalid(`read ${what}: it is not UTF-8`);
  }
  if (isDeep(text)) return invalid(`read ${what}: it nests deeper than ${DEPTH_MAX}`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return ok(value as Fields);
  } catch {
    return invalid(`read ${what}: it is no JSON`);
  }
  return invalid(`read ${what}: want an object`);
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const own = (fields: Fields, name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);

function progressOf(value: unknown): number | null {
  const { cnt, of } = fieldsOf(value);
  if (typeof cnt !== 'number' || typeof of !== 'number' || !(of > 0) || !(cnt >= 0)) return null;
  return Math.min(1, cnt / of);
}

/** Of deploymentBase and cancelAction alike. */
export function parseDdiFeedback(bytes: Uint8Array): Result<DdiFeedback, Refusal> {
  const read = readObject(bytes, 'feedback');
  if (!read.ok) return read;
  const status = fieldsOf(own(read.value, 'status'));
  const execution = own(status, 'execution');
  if (!DDI_EXECUTIONS.includes(execution as DdiExecution))
    return invalid(
      `read feedback: execution is "${String(execution).slice(0, 40)}", want ${DDI_EXECUTIONS.join(', ')}`,
    );
  const result = fieldsOf(own(status, 'result'));
  const finished = own(result, 'finished') ?? 'none';
  if (finished !== 'success' && finished !== 'failure' && finished !== 'none')
    return invalid(`read feedback: finished is "${String(finished).slice(0, 40)}", want success, failure or none`);
  const said = own(status, 'details');
  const details = (Array.isArray(said) ? said : [])
    .filter((line): line is string => typeof line === 'string')
    .slice(-DETAILS_MAX)
    .map((line) => line.slice(0, TEXT_MAX_CHARS));
  const progress = progressOf(own(result, 'progress'));
  return ok({ execution: execution as DdiExecution, finished, progress, details });
}

/** Attributes of `configData`; a status that some clients add is left out. */
export function parseDdiAttributes(bytes: Uint8Array): Result<DdiAttributes, Refusal> {
  const read = readObject(bytes, 'attributes');
  if (!read.ok) return read;
  const mode = own(read.value, 'mode') ?? 'merge';
  if (mode !== 'merge' && mode !== 'replace' && mode !== 'remove')
    return invalid(`read attributes: mode is "${String(mode).slice(0, 40)}", want merge, replace or remove`);
  const said = own(read.value, 'data');
  if (typeof said !== 'object' || said === null || Array.isArray(said))
    return invalid('read attributes: want an object at "data"');
  const entries = Object.entries(said);
  if (entries.length > ATTRIBUTES_MAX)
    return invalid(`read attributes: ${entries.length} of them, at most ${ATTRIBUTES_MAX}`);
  const data = new Map<string, string>();
  for (const [name, value] of entries) {
    if (name === '' || name.length > NAME_MAX_CHARS)
      return invalid(`read attributes: a name of ${name.length} characters, want 1 to ${NAME_MAX_CHARS}`);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    data.set(name, String(value).slice(0, TEXT_MAX_CHARS));
  }
  return ok({ mode, data });
}

/** Of `installedBase`: what the device says it runs. */
export function parseDdiInstalled(bytes: Uint8Array): Result<DdiInstalled, Refusal> {
  const read = readObject(bytes, 'installed version');
  if (!read.ok) return read;
  const [name, version] = [own(read.value, 'name'), own(read.value, 'version')];
  if (typeof name !== 'string' || typeof version !== 'string' || version === '' || version.length > NAME_MAX_CHARS)
    return invalid('read installed version: want texts at "name" and "version"');
  return ok({ name: name.slice(0, NAME_MAX_CHARS), version });
}
