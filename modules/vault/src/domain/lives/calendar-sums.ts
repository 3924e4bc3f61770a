/** Sums over the calendar. */
import { dateOf, DAY_MS, type DayNumber } from '@cityward/kernel';

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
