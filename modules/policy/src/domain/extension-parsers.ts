/** Reads the text forms of Cedar's extension types: decimal, ipaddr, datetime, duration. */
import { longOf, LONG_MAX, LONG_MIN } from './integers.ts';
import { datetimeOf, decimalOf, durationOf, EvaluationFault, KIND } from './values.ts';
import type { Datetime, Decimal, Duration, IpRange } from './values.ts';

const quoted = (text: string): string => JSON.stringify(text.slice(0, 60));
const fault = (what: string, text: string): never => {
  throw new EvaluationFault(`extension error: ${quoted(text)} is no ${what}`);
};

const DECIMAL = /^(-?)([0-9]+)\.([0-9]{1,4})$/;
const DECIMAL_PLACES = 4;

/** `-12.3456`: one to four places, 64 bits in all. */
export function parseDecimal(text: string): Decimal {
  const match = DECIMAL.exec(text) ?? fault('decimal', text);
  const size = BigInt(`${match[2]}${match[3]!.padEnd(DECIMAL_PLACES, '0')}`);
  const scaled = match[1] === '-' ? -size : size;
  if (scaled < LONG_MIN || scaled > LONG_MAX) fault('decimal of 64 bits', text);
  return decimalOf(longOf(scaled));
}

const DURATION = /^(-?)(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m(?!s))?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/;
const UNITS_MS = [86_400_000n, 3_600_000n, 60_000n, 1_000n, 1n];

/** `-1d2h3m4s5ms`: units in this order, at least one. */
export function parseDuration(text: string): Duration {
  const match = DURATION.exec(text) ?? fault('duration', text);
  const parts = match.slice(2);
  if (parts.every((part) => part === undefined)) fault('duration', text);
  let size = 0n;
  parts.forEach((part, i) => (size += BigInt(part ?? '0') * UNITS_MS[i]!));
  const ms = match[1] === '-' ? -size : size;
  if (ms < LONG_MIN || ms > LONG_MAX) fault('duration of 64 bits', text);
  return durationOf(longOf(ms));
}

const DATETIME =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{3}))?(?:Z|([+-])([0-9]{2})([0-9]{2})))?$/;

/** `2026-11-05`, or with `T12:30:00`, optionally `.250`, and `Z` or an offset `+1300`. */
export function parseDatetime(text: string): Datetime {
  const match = DATETIME.exec(text) ?? fault('datetime', text);
  const [year, month, day, hour, minute, second, milli] = match.slice(1, 8).map((part) => Number(part ?? 0));
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  const inRange =
    month! >= 1 && month! <= 12 && day! >= 1 && day! <= daysIn(year!, month!) && hour! <= 23 && minute! <= 59;
  if (!inRange || second! > 59 || offsetHour > 23 || offsetMinute > 59) fault('datetime', text);
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day);
  date.setUTCHours(hour!, minute, second, milli);
  const offsetMs = (offsetHour * 60 + offsetMinute) * 60_000 * (match[8] === '-' ? -1 : 1);
  return datetimeOf(date.getTime() - offsetMs);
}

const LEAP = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysIn = (year: number, month: number): number =>
  month === 2 ? (LEAP(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/;

/** `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`; no IPv4 inside IPv6, no zone. */
export function parseIp(text: string): IpRange {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const bits = address.includes(':') ? 128 : 32;
  const number = bits === 128 ? parseIpv6(address) : parseIpv4(address);
  const prefixText = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (number === null || !PREFIX.test(prefixText) || Number(prefixText) > bits)
    return fault('IP address or range', text);
  return { [KIND]: 'ipaddr', bits, address: number, prefix: Number(prefixText) };
}

const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
function parseIpv4(text: string): bigint | null {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255)) return null;
  return octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

const GROUP = /^[0-9a-fA-F]{1,4}$/;
const GROUPS = 8;
function parseIpv6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const written = [...head!, ...(tail ?? [])];
  if (!written.every((group) => GROUP.test(group))) return null;
  if (tail === undefined ? written.length !== GROUPS : written.length >= GROUPS) return null;
  const zeros = Array.from({ length: GROUPS - written.length }, () => '0');
  const groups = [...head!, ...zeros, ...(tail ?? [])];
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
