/** Days as people count them: where one begins in a time zone, whatever the clocks there do. */
import { DAY_MS } from './time.ts';

/** A day of the calendar, counted from 1 January 1970. */
export type DayNumber = number;

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const THURSDAY = 4;
const DAYS = 7;

/** `null` for a text that is no day, such as 30 February. */
export function dayNumber(date: string): DayNumber | null {
  const match = DATE.exec(date);
  if (!match) return null;
  const number = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) / DAY_MS;
  return dateOf(number) === date ? number : null;
}
/** `2027-03-01`. */
export const dateOf = (day: DayNumber): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
/** 0 is Sunday. */
export const weekdayOf = (day: DayNumber): number => (((day + THURSDAY) % DAYS) + DAYS) % DAYS;
/** The Monday of its week. */
export const mondayOf = (day: DayNumber): DayNumber => day - ((weekdayOf(day) + DAYS - 1) % DAYS);

const formats = new Map<string, Intl.DateTimeFormat>();
/** Zones that are held at a time; a city has one. */
const FORMATS_MAX = 50;

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    if (formats.size >= FORMATS_MAX) formats.clear();
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      calendar: 'gregory',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  return format;
}

/** What a clock on the wall shows, as if it were UTC. */
function wallClock(at: number, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/**
 * The day that it is in the zone at that moment.
 * @param zone an IANA name that this machine knows
 */
export const dayAt = (at: number, zone: string): DayNumber => Math.floor(wallClock(at, zone) / DAY_MS);

/** The first millisecond of the day in the zone: midnight, or what comes instead of it where the clocks jump over it. */
export function startOfDay(day: DayNumber, zone: string): number {
  const wanted = day * DAY_MS;
  // From the day before: where midnight comes twice, the first is the one that is found.
  let at = wanted - DAY_MS;
  // The offset is that of the moment itself, which is found by going there; twice, because a change may lie between.
  for (let i = 0; i < 2; i++) at += wanted - wallClock(at, zone);
  const short = wanted - wallClock(at, zone);
  return short > 0 ? at + short : at;
}

/** False for a time zone (an IANA name) that this machine does not know. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '' && zone !== '';
  } catch {
    return false;
  }
}
