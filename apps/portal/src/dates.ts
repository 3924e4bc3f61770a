/** Days and times in words, by the clock of the city. */
import { dateOf, dayAt, dayNumber, startOfDay, type DayNumber } from '@cityward/kernel';
import type { Language } from './words/index.ts';

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-NZ', mi: 'mi' };

export interface Calendar {
  /** `1 March 2027`. */
  day(at: number): string;
  /** `2:07 pm`. */
  time(at: number): string;
  /** `Monday, 1 March 2027, 2:07 pm`. */
  moment(at: number): string;
  /** The last day on which something still holds that ends at this moment. */
  lastDay(until: number): string;
  /** `2027-03-01`, to compare days. */
  key(at: number): string;
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
  const timeOf = (at: number): string => time.format(at).toLowerCase();
  return {
    day: (at) => day.format(at),
    time: timeOf,
    moment: (at) => `${weekday.format(at)}, ${timeOf(at)}`,
    lastDay: (until) => day.format(until - 1),
    key: (at) => dateOf(dayAt(at, timeZone)),
    endOf: (asked) => {
      const number = numberOf(asked);
      return number === null ? null : startOfDay(number + 1, timeZone);
    },
  };
}

/** `null` for a day that is not. */
function numberOf({ year, month, day }: Day): DayNumber | null {
  return dayNumber(
    `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`,
  );
}
