/**
 * What Mender clients send (device API of Mender 3): who they are, what they run, how an update goes, and its log. Takes what real
 * clients send beside the book: unknown fields, attributes that are lists. Never throws on input.
 */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { fieldsOf, isFields, own, readBoundedFields, readBoundedJson, shown, type Fields } from './bounded-json.ts';

export const MENDER_BODY_MAX_BYTES = 65_536;
/** The log of a failed update is all that the client wrote while it tried. */
export const MENDER_LOG_MAX_BYTES = 1_048_576;
const DEPTH_MAX = 6;
const IDENTITY_MAX_CHARS = 2_048;
const KEY_MAX_CHARS = 4_096;
const ATTRIBUTES_MAX = 500;
const NAME_MAX_CHARS = 128;
const TEXT_MAX_CHARS = 500;
const MESSAGES_MAX = 10_000;

export const MENDER_STATUSES = [
  'downloading',
  'pause_before_installing',
  'installing',
  'pause_before_rebooting',
  'rebooting',
  'pause_before_committing',
  'success',
  'failure',
  'already-installed',
] as const;
export type MenderStatus = (typeof MENDER_STATUSES)[number];

export interface MenderAuth {
  /** What the device says that it is: JSON of its own, as text. */
  readonly identity: string;
  /** PEM. */
  readonly publicKey: string;
}
export interface MenderProvides {
  readonly artifactName: string | null;
  readonly deviceType: string | null;
}
export interface MenderReport {
  readonly status: MenderStatus;
  /** What the client adds in words; null for nothing. */
  readonly words: string | null;
}

const invalid = (message: string) => refuse('invalid', 'MENDER_MALFORMED', message);
const bounds = (what: string, maxBytes = MENDER_BODY_MAX_BYTES) => ({
  what,
  protocol: 'MENDER',
  maxBytes,
  maxDepth: DEPTH_MAX,
});
const textAt = (fields: Fields, name: string, maxChars = NAME_MAX_CHARS): string | null => {
  const value = own(fields, name);
  return typeof value === 'string' && value !== '' ? value.slice(0, maxChars) : null;
};

/** The tenant is not looked at: here is one city. */
export function parseMenderAuth(bytes: Uint8Array): Result<MenderAuth, Refusal> {
  const read = readBoundedFields(bytes, bounds('a request for authorisation'));
  if (!read.ok) return read;
  const [identity, publicKey] = [own(read.value, 'id_data'), own(read.value, 'pubkey')];
  if (typeof identity !== 'string' || identity === '' || identity.length > IDENTITY_MAX_CHARS)
    return invalid(`read a request for authorisation: want 1 to ${IDENTITY_MAX_CHARS} characters at "id_data"`);
  if (typeof publicKey !== 'string' || publicKey === '' || publicKey.length > KEY_MAX_CHARS)
    return invalid(`read a request for authorisation: want 1 to ${KEY_MAX_CHARS} characters at "pubkey"`);
  return ok({ identity, publicKey });
}

/** Attributes by name; of a list its first value. */
export function parseMenderInventory(bytes: Uint8Array): Result<ReadonlyMap<string, string>, Refusal> {
  const read = readBoundedJson(bytes, bounds('an inventory'));
  if (!read.ok) return read;
  if (!Array.isArray(read.value)) return invalid('read an inventory: want a list');
  if (read.value.length > ATTRIBUTES_MAX)
    return invalid(`read an inventory: ${read.value.length} attributes, at most ${ATTRIBUTES_MAX}`);
  const attributes = new Map<string, string>();
  for (const one of read.value as unknown[]) {
    if (!isFields(one)) return invalid('read an inventory: want objects with a name and a value');
    const name = own(one, 'name');
    if (typeof name !== 'string' || name === '' || name.length > NAME_MAX_CHARS)
      return invalid(`read an inventory: want names of 1 to ${NAME_MAX_CHARS} characters`);
    const said = own(one, 'value');
    const value: unknown = Array.isArray(said) ? said[0] : said;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    attributes.set(name, String(value).slice(0, TEXT_MAX_CHARS));
  }
  return ok(attributes);
}

/** Of `deployments/next` version 2: what the device runs and is. */
export function parseMenderProvides(bytes: Uint8Array): Result<MenderProvides, Refusal> {
  const read = readBoundedFields(bytes, bounds('a question for an update'));
  if (!read.ok) return read;
  const provides = own(read.value, 'device_provides');
  if (!isFields(provides)) return invalid('read a question for an update: want an object at "device_provides"');
  return ok({ artifactName: textAt(provides, 'artifact_name'), deviceType: textAt(provides, 'device_type') });
}

/** The same of version 1, where it stands in the address. */
export function menderProvidesIn(query: string): MenderProvides {
  const given = new URLSearchParams(query.slice(0, 2 * TEXT_MAX_CHARS));
  const at = (name: string): string | null => given.get(name)?.slice(0, NAME_MAX_CHARS) || null;
  return { artifactName: at('artifact_name'), deviceType: at('device_type') };
}

export function parseMenderReport(bytes: Uint8Array): Result<MenderReport, Refusal> {
  const read = readBoundedFields(bytes, bounds('a status'));
  if (!read.ok) return read;
  const status = own(read.value, 'status');
  if (!MENDER_STATUSES.includes(status as MenderStatus))
    return invalid(`read a status: it is "${shown(status)}", want ${MENDER_STATUSES.join(', ')}`);
  return ok({ status: status as MenderStatus, words: textAt(read.value, 'substate', TEXT_MAX_CHARS) });
}

const GRAVE = new Set(['error', 'fatal', 'panic', 'critical']);

/** The last grave line of an update's log, and where none is grave, the last; null for an empty one. */
export function parseMenderLog(bytes: Uint8Array): Result<string | null, Refusal> {
  const read = readBoundedFields(bytes, bounds('a log', MENDER_LOG_MAX_BYTES));
  if (!read.ok) return read;
  const messages = own(read.value, 'messages');
  if (!Array.isArray(messages)) return invalid('read a log: want a list at "messages"');
  if (messages.length > MESSAGES_MAX)
    return invalid(`read a log: ${messages.length} messages, at most ${MESSAGES_MAX}`);
  const said = (messages as unknown[]).map(fieldsOf).filter((one) => textAt(one, 'message') !== null);
  const last = said.findLast((one) => GRAVE.has(shown(own(one, 'level')).toLowerCase())) ?? said.at(-1);
  return ok(last ? textAt(last, 'message', TEXT_MAX_CHARS) : null);
}
