/** Days and times in words, by the clock of the city. */
import { DAY_MS } from '@cityward/kernel';
import type { Language } from './words/index.ts';

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-NZ', mi: 'mi' };

export interface Calendar {
  /** `1 March 2027`. */
  day(at: number): string;
  /** `Monday, 1 March 2027`. */
  weekday(at: number): string;
  /** `2:07 pm`. */
  time(at: number): string;
  /** The last day on which something still holds that ends at this moment. */
  lastDay(until: number): string;
  /** `2027-03-01`, to compare days. */
  key(at: number): string;
  /** The Monday of the week that the moment is in, as `key`. */
  weekOf(at: number): string;
  /** When the day after this one begins; null where there is no such day. */
  endOf(day: Day): number | null;
}
export interface Day {
  readonly day: number;
  readonly month: number;
  readonly year: number;
}

export function calendarFor(language: Language, timeZone: string): Calendar {
  const locale = LOCALES[language];
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const day = format({ day: 'numeric', month: 'long', year: 'numeric' });
  const weekday = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const time = format({ hour: 'numeric', minute: '2-digit' });
  const partsAt = partsIn(timeZone);
  const key = (at: number): string => keyOf(partsAt(at));
  return {
    day: (at) => day.format(at),
    weekday: (at) => weekday.format(at),
    time: (at) => time.format(at).toLowerCase(),
    lastDay: (until) => day.format(until - 1),
    key,
    weekOf: (at) => mondayOf(key(at)),
    endOf: (asked) => endOf(asked, key),
  };
}

const keyOf = ({ year, month, day }: Day): string =>
  `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;

function partsIn(timeZone: string): (at: number) => Day {
  const format = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    return { year: parts.get('year')!, month: parts.get('month')!, day: parts.get('day')! };
  };
}

function mondayOf(key: string): string {
  const noon = Date.parse(`${key}T12:00:00Z`);
  const sinceMonday = (new Date(noon).getUTCDay() + 6) % 7;
  return new Date(noon - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}

/** The first moment of the next day there: found by looking, since an offset changes twice a year. */
function endOf({ day, month, year }: Day, key: (at: number) => string): number | null {
  const utc = Date.UTC(year, month - 1, day);
  const real = new Date(utc);
  if (real.getUTCDate() !== day || real.getUTCMonth() !== month - 1 || real.getUTCFullYear() !== year) return null;
  const asked = keyOf({ year, month, day });
  const isAfter = (at: number): boolean => key(at) > asked;
  let [before, after] = [utc - DAY_MS, utc + 3 * DAY_MS];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isAfter(middle)) after = middle;
    else before = middle;
  }
  return after;
}
