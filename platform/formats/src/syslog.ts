/** Syslog messages as RFC 5424 writes them: strict where the grammar is, and every rejection says what and at which byte. */
import { isUtf8 } from 'node:buffer';
import { err, ok, type Result } from '@cityward/kernel';

export { createSyslogFramer, SYSLOG_FRAME_MAX_BYTES } from './syslog-framer.ts';
export type { SyslogFrame, SyslogFrames, SyslogFramer, SyslogFramerOptions } from './syslog-framer.ts';

export interface SyslogMessage {
  /** 0 to 23. */
  readonly facility: number;
  /** 0 emergency to 7 debug. */
  readonly severity: number;
  /** Milliseconds since 1970; parts of a millisecond are cut off. `null` where the sender does not know the time. */
  readonly timestamp: number | null;
  readonly hostname: string | null;
  readonly app: string | null;
  readonly procId: string | null;
  readonly msgId: string | null;
  readonly structured: readonly SyslogElement[];
  /** Without its byte order mark; empty where there is none. */
  readonly message: string;
  /** `unknown`: no byte order mark and no valid UTF-8, read as Latin-1 so that no byte is lost. */
  readonly encoding: 'utf-8' | 'unknown';
}

export interface SyslogElement {
  readonly id: string;
  /** In the order of the message; a name may come more than once (RFC 5424, 6.3.3). */
  readonly params: readonly (readonly [name: string, value: string])[];
}

/** What was wrong, and at which byte of what was given. */
export interface SyslogRejection {
  readonly reason: string;
  readonly offset: number;
}

export const SYSLOG_ELEMENTS_MAX = 64;
export const SYSLOG_PARAMS_MAX = 256;
const PRIVAL_MAX = 191;
const NAME_MAX_BYTES = 32;

const LESS = 0x3c;
const GREATER = 0x3e;
const SPACE = 0x20;
const DASH = 0x2d;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const QUOTE = 0x22;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;
const BOM = Buffer.of(0xef, 0xbb, 0xbf);
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
/** PRINTUSASCII: %d33-126. */
const isPrintable = (byte: number | undefined): boolean => byte !== undefined && byte >= 33 && byte <= 126;

/** Where reading is; the steps below move it on or throw a Stop, which only `parseSyslog` sees. */
interface Place {
  readonly bytes: Buffer;
  at: number;
}
class Stop extends Error {
  readonly rejection: SyslogRejection;
  constructor(reason: string, offset: number) {
    super(reason);
    this.rejection = { reason, offset };
  }
}

/** Reads one message, without its framing. Never throws. */
export function parseSyslog(frame: Uint8Array): Result<SyslogMessage, SyslogRejection> {
  const place: Place = { bytes: Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength), at: 0 };
  try {
    return ok(readMessage(place));
  } catch (stop) {
    if (stop instanceof Stop) return err(stop.rejection);
    throw stop;
  }
}

function readMessage(place: Place): SyslogMessage {
  const prival = readPri(place);
  readVersion(place);
  const timestamp = readTimestamp(place);
  const header = {
    facility: prival >> 3,
    severity: prival & 7,
    timestamp,
    hostname: readField(place, 'HOSTNAME', 255),
    app: readField(place, 'APP-NAME', 48),
    procId: readField(place, 'PROCID', 128),
    msgId: readField(place, 'MSGID', 32),
  };
  const structured = readStructured(place);
  if (place.at === place.bytes.length) return { ...header, structured, message: '', encoding: 'utf-8' };
  space(place, 'STRUCTURED-DATA');
  return { ...header, structured, ...readText(place) };
}

function readPri(place: Place): number {
  const { bytes } = place;
  if (bytes[0] !== LESS) throw new Stop('it does not begin with "<"', 0);
  let end = 1;
  while (isDigit(bytes[end]) && end < 4) end++;
  const digits = bytes.toString('latin1', 1, end);
  if (digits === '' || bytes[end] !== GREATER) throw new Stop('PRI wanted, as "<0>" to "<191>"', 1);
  if (digits.length > 1 && digits[0] === '0') throw new Stop(`PRI "${digits}" has a leading zero`, 1);
  if (Number(digits) > PRIVAL_MAX) throw new Stop(`PRI ${digits} is above ${PRIVAL_MAX}`, 1);
  place.at = end + 1;
  return Number(digits);
}

function readVersion(place: Place): void {
  const { bytes, at } = place;
  if (bytes[at] !== 0x31 || isDigit(bytes[at + 1]))
    throw new Stop('version 1 wanted after PRI (RFC 5424; the older BSD form has none)', at);
  place.at = at + 1;
  space(place, 'VERSION');
}

function space(place: Place, after: string): void {
  if (place.bytes[place.at] !== SPACE) throw new Stop(`a space wanted after ${after}`, place.at);
  place.at++;
}

/** The bytes up to the next space; `null` for the NILVALUE "-". */
function readField(place: Place, name: string, maxBytes: number): string | null {
  const { bytes, at } = place;
  let end = at;
  while (isPrintable(bytes[end])) end++;
  if (end === at) throw new Stop(`${name} is empty, "-" or a value wanted`, at);
  if (end - at > maxBytes) throw new Stop(`${name} has ${end - at} bytes, at most ${maxBytes} wanted`, at);
  place.at = end;
  space(place, name);
  return end - at === 1 && bytes[at] === DASH ? null : bytes.toString('latin1', at, end);
}

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:Z|([+-])(\d\d):(\d\d))$/;
const TIMESTAMP_MAX_BYTES = 32;

function readTimestamp(place: Place): number | null {
  const start = place.at;
  const text = readField(place, 'TIMESTAMP', TIMESTAMP_MAX_BYTES);
  if (text === null) return null;
  const match = TIMESTAMP.exec(text);
  if (!match) throw new Stop(`TIMESTAMP "${text}" is no RFC 3339 time with capital T and Z or offset`, start);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  const isReal =
    new Date(at).getUTCDate() === day && month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60;
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  // Date.UTC takes years 0 to 99 for 1900 to 1999; nothing that old is a log line.
  if (!isReal || year < 1900 || offsetHours > 23 || offsetMinutes > 59)
    throw new Stop(`TIMESTAMP "${text}" is no time that there is`, start);
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000 * (match[8] === '-' ? -1 : 1);
  return at - offset + Math.floor(Number((match[7] ?? '0').padEnd(6, '0')) / 1_000);
}

function readStructured(place: Place): SyslogElement[] {
  const { bytes } = place;
  if (bytes[place.at] === DASH) {
    place.at++;
    return [];
  }
  if (bytes[place.at] !== OPEN) throw new Stop('STRUCTURED-DATA wanted, "-" or "["', place.at);
  const elements: SyslogElement[] = [];
  const ids = new Set<string>();
  let params = 0;
  while (bytes[place.at] === OPEN) {
    const start = place.at++;
    const element: SyslogElement = { id: readName(place, 'SD-ID'), params: readParams(place) };
    if (ids.has(element.id)) throw new Stop(`SD-ID "${element.id}" comes twice`, start);
    ids.add(element.id);
    elements.push(element);
    params += element.params.length;
    if (elements.length > SYSLOG_ELEMENTS_MAX)
      throw new Stop(`more than ${SYSLOG_ELEMENTS_MAX} elements of structured data`, start);
    if (params > SYSLOG_PARAMS_MAX)
      throw new Stop(`more than ${SYSLOG_PARAMS_MAX} parameters of structured data`, start);
  }
  return elements;
}

function readParams(place: Place): (readonly [string, string])[] {
  const params: (readonly [string, string])[] = [];
  while (place.bytes[place.at] === SPACE) {
    place.at++;
    const name = readName(place, 'PARAM-NAME');
    if (place.bytes[place.at] !== EQUALS) throw new Stop(`"=" wanted after PARAM-NAME "${name}"`, place.at);
    place.at++;
    params.push([name, readValue(place)]);
  }
  if (place.bytes[place.at] !== CLOSE) throw new Stop('"]" or a space and a parameter wanted', place.at);
  place.at++;
  return params;
}

function readName(place: Place, what: string): string {
  const { bytes, at } = place;
  let end = at;
  while (isPrintable(bytes[end]) && bytes[end] !== EQUALS && bytes[end] !== CLOSE && bytes[end] !== QUOTE) end++;
  if (end === at) throw new Stop(`${what} wanted`, at);
  if (end - at > NAME_MAX_BYTES) throw new Stop(`${what} has ${end - at} bytes, at most ${NAME_MAX_BYTES} wanted`, at);
  place.at = end;
  return bytes.toString('latin1', at, end);
}

/** Quoted UTF-8 in which `"`, `\` and `]` are escaped; a backslash before anything else stands for itself (RFC 5424, 6.3.3). */
function readValue(place: Place): string {
  const { bytes } = place;
  if (bytes[place.at] !== QUOTE) throw new Stop('a quoted PARAM-VALUE wanted', place.at);
  const start = ++place.at;
  let hasEscapes = false;
  for (;;) {
    const byte = bytes[place.at];
    if (byte === undefined) throw new Stop('PARAM-VALUE has no closing quote', start);
    if (byte === QUOTE) break;
    if (byte === CLOSE) throw new Stop('"]" in a PARAM-VALUE wants a backslash before it', place.at);
    hasEscapes ||= byte === BACKSLASH;
    const next = bytes[place.at + 1];
    const isEscape = byte === BACKSLASH && (next === QUOTE || next === BACKSLASH || next === CLOSE);
    place.at += isEscape ? 2 : 1;
  }
  const raw = bytes.subarray(start, place.at++);
  if (!isUtf8(raw)) throw new Stop('PARAM-VALUE is not UTF-8', start);
  const value = raw.toString('utf8');
  return hasEscapes ? value.replaceAll(/\\(["\\\]])/g, '$1') : value;
}

function readText({ bytes, at }: Place): { message: string; encoding: 'utf-8' | 'unknown' } {
  const hasBom = bytes.subarray(at, at + BOM.length).equals(BOM);
  const text = bytes.subarray(hasBom ? at + BOM.length : at);
  if (isUtf8(text)) return { message: text.toString('utf8'), encoding: 'utf-8' };
  if (hasBom) throw new Stop('MSG begins with a byte order mark but is not UTF-8', at);
  return { message: text.toString('latin1'), encoding: 'unknown' };
}
