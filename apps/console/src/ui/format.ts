/** Numbers, times and ages as people read them; pure, so that each is tested. */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const DAY_MS = DAY;

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });
const precise = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 });

/** `12,345` */
export const formatCount = (count: number): string => whole.format(count);

/** `1 camera`, `14 cameras` */
export const formatPlural = (count: number, one: string, many: string): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A share as whole per cent; never 100 % or 0 % unless it is all or nothing. */
export function formatShare(share: number): string {
  if (share > 0.99 && share < 1) return '99 %';
  if (share > 0 && share < 0.01) return '1 %';
  return `${Math.round(share * 100)} %`;
}

/** A span in its largest sensible unit: `12 s`, `3 min`, `2 h`, `4 days`. Negative spans (clock skew) read as `0 s`. */
export function formatSpan(ms: number): string {
  const span = Math.max(0, ms);
  if (span < MINUTE) return `${Math.floor(span / 1_000)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  if (span < 2 * DAY) return `${Math.floor(span / HOUR)} h`;
  return `${Math.floor(span / DAY)} days`;
}

/** `3 min ago`, or `now` below five seconds. */
export const formatAge = (at: number, now: number): string =>
  now - at < 5_000 ? 'now' : `${formatSpan(now - at)} ago`;

/** How far ahead a time is, rounded so that four hours begin as `in 4 h`; `ended` once it has passed. */
export function formatUntil(at: number, now: number): string {
  if (at <= now) return 'ended';
  const ahead = at - now;
  const unit = ahead < HOUR ? MINUTE : ahead < 2 * DAY ? HOUR : DAY;
  return `in ${formatSpan(ahead < MINUTE ? ahead : Math.round(ahead / unit) * unit)}`;
}

const zoned = (options: Intl.DateTimeFormatOptions, zone?: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', zone === undefined ? options : { ...options, timeZone: zone });

const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hour12: false };
const SECONDS: Intl.DateTimeFormatOptions = { ...CLOCK, second: '2-digit' };
const DATE: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };

/** `02:07` in the reader's zone (or `zone`, an IANA name). */
export const formatClock = (at: number, zone?: string): string => zoned(CLOCK, zone).format(at);
/** `02:07:31` */
export const formatSeconds = (at: number, zone?: string): string => zoned(SECONDS, zone).format(at);
/** `22 Nov 2026` */
export const formatDate = (at: number, zone?: string): string => zoned(DATE, zone).format(at);
/** `22 Nov 2026, 02:07` */
export const formatMoment = (at: number, zone?: string): string => `${formatDate(at, zone)}, ${formatClock(at, zone)}`;
/** For the hover: `2026-11-22 02:07:31 UTC`. */
export const formatUtc = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** `2026-11-22` in UTC, as a date field holds it. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** What stands between spaces and commas, once each. */
export const wordsIn = (text: string): string[] => [...new Set(text.split(/[\s,]+/u).filter((one) => one !== ''))];

const BYTE_STEPS = ['B', 'kB', 'MB', 'GB', 'TB'];
const BYTES = /^(?:bytes|B)((?:\/| per ).*)?$/;

function formatBytes(value: number): string {
  let step = 0;
  let scaled = value;
  while (Math.abs(scaled) >= 1_000 && step < BYTE_STEPS.length - 1) {
    scaled /= 1_000;
    step++;
  }
  return `${scaled < 10 ? short.format(scaled) : whole.format(scaled)} ${BYTE_STEPS[step]}`;
}

const formatNumber = (value: number): string =>
  Math.abs(value) >= 1_000 ? whole.format(value) : precise.format(value);

/** A measured value with its unit: bytes scaled (`1.2 MB per hour`), other numbers to three figures below a thousand. */
export function formatValue(value: number, unit: string): string {
  const bytes = BYTES.exec(unit);
  if (bytes) return `${formatBytes(value)}${bytes[1] ?? ''}`;
  return unit === '' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}

/** A value beside an axis whose heading has the unit: only the scale of bytes is said again. */
export const formatTick = (value: number, unit: string): string =>
  BYTES.test(unit) ? formatBytes(value) : formatNumber(value);

/** A rate a second: `0.4`, `12`, `1,204`. */
export const formatRate = (perSecond: number): string =>
  perSecond < 10 ? short.format(perSecond) : whole.format(perSecond);

/** A long hash for the eye: first and last characters. */
export const formatHash = (hash: string): string =>
  hash.length <= 16 ? hash : `${hash.slice(0, 8)}…${hash.slice(-6)}`;
