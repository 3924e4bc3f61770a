/**
 * What hawkBit DDI clients send (Direct Device Integration of Eclipse hawkBit 1.1): feedback, attributes, installed version. Takes
 * what real clients send beside the book: numbers for ids, unknown fields, a progress of nothing. Never throws on input.
 */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { fieldsOf, isFields, own, readBoundedFields, shown, type Fields } from './bounded-json.ts';

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

const invalid = (message: string) => refuse('invalid', 'DDI_MALFORMED', message);
const readObject = (bytes: Uint8Array, what: string): Result<Fields, Refusal> =>
  readBoundedFields(bytes, { what, protocol: 'DDI', maxBytes: DDI_BODY_MAX_BYTES, maxDepth: DEPTH_MAX });

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
    return invalid(`read feedback: execution is "${shown(execution)}", want ${DDI_EXECUTIONS.join(', ')}`);
  const result = fieldsOf(own(status, 'result'));
  const finished = own(result, 'finished') ?? 'none';
  if (finished !== 'success' && finished !== 'failure' && finished !== 'none')
    return invalid(`read feedback: finished is "${shown(finished)}", want success, failure or none`);
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
    return invalid(`read attributes: mode is "${shown(mode)}", want merge, replace or remove`);
  const said = own(read.value, 'data');
  if (!isFields(said)) return invalid('read attributes: want an object at "data"');
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
