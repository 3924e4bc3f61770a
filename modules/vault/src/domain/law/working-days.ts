/** Days on which the law's clock runs. */
import { dateOf, dayNumber, weekdayOf, type DayNumber } from '@cityward/kernel';
import type { Calendar } from './clause.ts';

const MONDAY = 1;
const on = (year: number, month: number, day: number): DayNumber => Date.UTC(year, month - 1, day) / 86_400_000;

/** Gregorian Easter Sunday (the anonymous algorithm, as Meeus gives it). */
export function easterSunday(year: number): DayNumber {
  const a = year % 19;
  const [b, c] = [Math.floor(year / 100), year % 100];
  const [d, e] = [Math.floor(b / 4), b % 4];
  const g = Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const l = (32 + 2 * e + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const sum = h + l - 7 * m + 114;
  return on(year, Math.floor(sum / 31), (sum % 31) + 1);
}

function nthWeekday(first: DayNumber, weekday: number, nth: number): DayNumber {
  return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (nth - 1);
}

/** The public holidays of a year by day, with their names. */
export function holidaysOf(calendar: Calendar, year: number): ReadonlyMap<DayNumber, string> {
  const days = new Map<DayNumber, string>();
  for (const { name, month, day } of calendar.fixed) {
    const date = on(year, month, day);
    days.set(date, name);
    if (!calendar.weekend.includes(weekdayOf(date))) continue;
    const monday = date + ((MONDAY - weekdayOf(date) + 7) % 7);
    days.set(monday, `${name}, the Monday after`);
  }
  const easter = easterSunday(year);
  for (const { name, days: after } of calendar.easter) days.set(easter + after, name);
  for (const { name, month, weekday, nth } of calendar.nth)
    days.set(nthWeekday(on(year, month, 1), weekday, nth), name);
  for (const { name, days: dates } of calendar.named)
    for (const date of dates) if (date.startsWith(`${year}-`)) days.set(dayNumber(date)!, name);
  return days;
}

export function isWorkingDay(calendar: Calendar, day: DayNumber): boolean {
  if (calendar.weekend.includes(weekdayOf(day)) || isClosed(calendar, day)) return false;
  return !holidaysOf(calendar, Number(dateOf(day).slice(0, 4))).has(day);
}

function isClosed({ closed: { from, to } }: Calendar, day: DayNumber): boolean {
  const [month, date] = dateOf(day).slice(5).split('-').map(Number) as [number, number];
  const at = (one: { readonly month: number; readonly day: number }): number => one.month * 100 + one.day;
  const now = month * 100 + date;
  return now >= at(from) || now <= at(to);
}

/** The last of so many working days after the day: that one is not counted. Throws beyond what the calendar knows. */
export function workingDaysAfter(calendar: Calendar, day: DayNumber, count: number): DayNumber {
  const last = dayNumber(calendar.until)!;
  let at = day;
  for (let left = count; left > 0;) {
    at++;
    if (at > last) throw new Error(`count working days: "${calendar.calendar}" ends on ${calendar.until}`);
    if (isWorkingDay(calendar, at)) left--;
  }
  return at;
}
