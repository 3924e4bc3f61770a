/** Birthdays and months later. */
import { dateOf, dayNumber } from '@cityward/kernel';
import { describe, expect, it } from 'vitest';
import { monthsAfter, yearsAfter } from './calendar-sums.ts';

describe('the calendar', () => {
  it.each([
    ['2011-01-15', 16, '2027-01-15'],
    ['2012-02-29', 16, '2028-02-29'],
    ['2084-02-29', 16, '2100-03-01'],
  ])('%s and %d years is %s', (date, years, later) => expect(dateOf(yearsAfter(dayNumber(date)!, years))).toBe(later));
  it.each([
    ['2027-01-31', 1, '2027-02-28'],
    ['2028-01-31', 1, '2028-02-29'],
    ['2027-01-15', 1, '2027-02-15'],
    ['2026-12-31', 3, '2027-03-31'],
    ['2027-11-30', 3, '2028-02-29'],
  ])('%s and %d months is %s', (date, months, later) =>
    expect(dateOf(monthsAfter(dayNumber(date)!, months))).toBe(later),
  );
});
