/** Days as people count them: where one begins in a time zone, whatever the clocks there do, and sums over the calendar. */

const DAY_MS = 86_400_000;
/** No zone is further from UTC than fourteen hours; an hour more for clocks that jump. */
const ZONE_HOURS_MAX = 15;
const HOUR_MS = 3_600_000;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** A day of the calendar, counted from 1 January 1970. */
export type DayNumber = number;

/** `null` for a text that is no day, such as 30 February. */
export function dayNumber(date: string): DayNumber | null {
  const match = DATE.exec(date);
  if (!match) return null;
  const number = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) / DAY_MS;
  return dateOf(number) === date ? number : null;
}

export const dateOf = (day: DayNumber): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
/** 0 is Sunday. */
export const weekdayOf = (day: DayNumber): number => (((day + 4) % 7) + 7) % 7;

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    format = new Intl.DateTimeFormat('en-CA', { ...parts, timeZone: zone, calendar: 'gregory' });
    formats.set(zone, format);
  }
  return format;
}

/** The day that it is in the zone at that moment. */
export function dayAt(at: number, zone: string): DayNumber {
  const part: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) part[type] = value;
  return Date.UTC(Number(part['year']), Number(part['month']) - 1, Number(part['day'])) / DAY_MS;
}

/** The first millisecond of the day in the zone: midnight, or what comes instead of it where the clocks jump over it. */
export function startOfDay(day: DayNumber, zone: string): number {
  let before = day * DAY_MS - ZONE_HOURS_MAX * HOUR_MS;
  let within = day * DAY_MS + ZONE_HOURS_MAX * HOUR_MS;
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (dayAt(middle, zone) < day) before = middle;
    else within = middle;
  }
  return within;
}

/** The same day so many years later; 1 March where there is no 29 February. */
export function yearsAfter(day: DayNumber, years: number): DayNumber {
  const [year, month, date] = dateOf(day).split('-').map(Number) as [number, number, number];
  return Date.UTC(year + years, month - 1, date) / DAY_MS;
}

/** The same day so many months later; the last of the month where it has no such day. */
export function monthsAfter(day: DayNumber, months: number): DayNumber {
  const [year, month, date] = dateOf(day).split('-').map(Number) as [number, number, number];
  const last = Date.UTC(year, month + months, 0) / DAY_MS;
  return Math.min(Date.UTC(year, month - 1 + months, date) / DAY_MS, last);
}
