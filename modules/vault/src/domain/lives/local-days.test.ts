/** A birthday begins at midnight where the person lives, in summer, in winter, and where the clocks jump over midnight. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateOf, dayAt, dayNumber, monthsAfter, startOfDay, weekdayOf, yearsAfter } from './local-days.ts';

const startIso = (date: string, zone: string): string => new Date(startOfDay(dayNumber(date)!, zone)).toISOString();

describe('the start of a day', () => {
  it.each([
    ['2027-01-15', 'Pacific/Auckland', '2027-01-14T11:00:00.000Z'], // summer: thirteen hours ahead
    ['2027-07-15', 'Pacific/Auckland', '2027-07-14T12:00:00.000Z'], // winter: twelve
    ['2027-04-04', 'Pacific/Auckland', '2027-04-03T11:00:00.000Z'], // the day the clocks go back, before they do
    ['2027-04-05', 'Pacific/Auckland', '2027-04-04T12:00:00.000Z'],
    ['2027-09-26', 'Pacific/Auckland', '2027-09-25T12:00:00.000Z'], // the day they go forward
    ['2027-09-27', 'Pacific/Auckland', '2027-09-26T11:00:00.000Z'],
    ['2027-01-15', 'Pacific/Kiritimati', '2027-01-14T10:00:00.000Z'],
    ['2027-01-15', 'Pacific/Pago_Pago', '2027-01-15T11:00:00.000Z'],
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'], // the clocks jumped from midnight to one
    ['2027-01-15', 'Etc/UTC', '2027-01-15T00:00:00.000Z'],
  ])('%s in %s is %s', (date, zone, iso) => expect(startIso(date, zone)).toBe(iso));

  it('is the first millisecond of that day and of no other, in any zone', () => {
    const zone = fc.constantFrom(
      'Pacific/Auckland',
      'Pacific/Chatham',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
    );
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 30_000 }), zone, (day, where) => {
        const start = startOfDay(day, where);
        expect([dayAt(start, where), dayAt(start - 1, where)]).toEqual([day, day - 1]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the calendar', () => {
  it.each(['2027-02-29', '2027-13-01', '2027-1-1', '15.1.2027', ''])('knows no day "%s"', (text) =>
    expect(dayNumber(text)).toBeNull(),
  );
  it('knows the days of the week', () => {
    expect(['2026-12-25', '2026-12-27', '1969-12-31'].map((date) => weekdayOf(dayNumber(date)!))).toEqual([5, 0, 3]);
  });
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
