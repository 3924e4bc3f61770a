/** The law's clock, over holidays, the turn of the year and the days the clocks change. */
import { dateOf, dayAt, dayNumber, startOfDay, weekdayOf } from '@cityward/kernel';
import { describe, expect, it } from 'vitest';
import { readLaw } from '../../law/law.ts';
import { dueAfter, dutyFor } from './request.ts';
import { easterSunday, holidaysOf, isWorkingDay, workingDaysAfter } from './working-days.ts';

const law = readLaw();
const nz = law.calendar('nz-days');
const day = (date: string): number => dayNumber(date)!;
const after = (date: string, count: number): string => dateOf(workingDaysAfter(nz, day(date), count));

describe('a working day', () => {
  it.each([
    ['2026-11-27', true],
    ['2026-11-28', false], // Saturday
    ['2026-12-24', true],
    ['2026-12-25', false],
    ['2027-01-15', false],
    ['2027-01-18', true],
    ['2027-01-25', true], // Wellington's anniversary: not a holiday of the whole country
    ['2027-02-06', false],
    ['2027-02-08', false], // the Monday after Waitangi Day on a Saturday
    ['2027-03-26', false], // Good Friday
    ['2027-03-29', false],
    ['2027-04-26', false], // the Monday after Anzac Day on a Sunday
    ['2028-04-25', false],
    ['2028-04-26', true],
    ['2027-06-07', false], // the Sovereign's birthday
    ['2027-06-25', false], // Matariki
    ['2027-10-25', false], // Labour Day
    ['2027-10-26', true],
  ])('%s: %s', (date, is) => expect(isWorkingDay(nz, day(date))).toBe(is));

  it.each([
    [2024, '2024-03-31'],
    [2025, '2025-04-20'],
    [2026, '2026-04-05'],
    [2027, '2027-03-28'],
    [2038, '2038-04-25'],
    [2049, '2049-04-18'],
  ])('Easter of %d is on %s', (year, date) => expect(dateOf(easterSunday(year))).toBe(date));

  it('has a Matariki on a Friday in each year that the calendar knows', () => {
    for (let year = 2022; year <= 2052; year++) {
      const found = [...holidaysOf(nz, year)].filter(([, name]) => name === 'Matariki');
      expect(found.map(([date]) => weekdayOf(date))).toEqual([5]);
    }
  });
});

describe('twenty working days', () => {
  it.each([
    ['2026-11-02', '2026-11-30'],
    ['2026-11-27', '2027-01-18'], // over Christmas and the first half of January
    ['2026-12-24', '2027-02-15'], // and Waitangi Day with its Monday
    ['2026-12-31', '2027-02-15'],
    ['2027-03-20', '2027-04-20'], // over Easter
    ['2027-04-05', '2027-05-04'],
  ])('after %s end on %s', (from, to) => expect(after(from, 20)).toBe(to));
  it('are not counted beyond what the calendar knows', () =>
    expect(() => after('2052-12-20', 20)).toThrow('ends on 2052-12-31'));
  it('end with the last day where the city is, whatever the clocks did meanwhile', () => {
    const clockwork = { calendar: nz, zone: 'Pacific/Auckland' };
    // Received in summer time, due in winter time.
    const due = dueAfter(day('2027-03-20'), { workingDays: 20 }, clockwork);
    expect(new Date(due).toISOString()).toBe('2027-04-20T12:00:00.000Z');
    expect(dateOf(dayAt(due - 1, 'Pacific/Auckland'))).toBe('2027-04-20');
  });
});

describe('a month', () => {
  const clockwork = { calendar: nz, zone: 'Europe/Berlin' };
  it.each([
    ['2027-01-31', 1, '2027-02-28'],
    ['2027-01-15', 1, '2027-02-15'],
    ['2027-11-30', 3, '2028-02-29'],
  ])('counted from %s, %d of them, ends on %s', (from, months, to) =>
    expect(dueAfter(day(from), { months }, clockwork)).toBe(startOfDay(day(to) + 1, 'Europe/Berlin')),
  );
});

describe('a clause', () => {
  it('lets refuse only what it says, under its own law', () => {
    const may = (id: string, kind: 'access' | 'erasure', regime: 'nz' | 'eu'): boolean =>
      dutyFor(law.clause(id), { is: 'refusal', kind, regime }) !== null;
    expect([
      may('nz-pa-49', 'access', 'nz'),
      may('nz-pa-49', 'erasure', 'nz'),
      may('nz-pa-49', 'access', 'eu'),
      may('nz-ipp-6', 'access', 'nz'),
      may('nz-retention-6', 'erasure', 'nz'),
      may('eu-gdpr-17-3', 'erasure', 'eu'),
    ]).toEqual([true, false, false, false, true, true]);
  });
});
