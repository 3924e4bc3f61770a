import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayAt, dayNumber, startOfDay, weekdayOf } from './index.ts';

describe('a local day', () => {
  it.each([
    ['Pacific/Auckland', '2026-11-29', '2026-11-28T11:00:00Z'],
    // Clocks go forward at two in the morning, and back at three.
    ['Pacific/Auckland', '2026-09-27', '2026-09-26T12:00:00Z'],
    ['Pacific/Auckland', '2026-09-28', '2026-09-27T11:00:00Z'],
    ['Pacific/Auckland', '2027-04-04', '2027-04-03T11:00:00Z'],
    ['Pacific/Auckland', '2027-04-05', '2027-04-04T12:00:00Z'],
    // Clocks go forward at midnight: the day begins at one.
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00Z'],
    ['UTC', '2026-03-02', '2026-03-02T00:00:00Z'],
  ] as const)('begins where its clocks say: %s %s', (zone, date, at) => {
    expect(new Date(startOfDay(dayNumber(date)!, zone)).toISOString()).toBe(at.replace('Z', '.000Z'));
  });
  it('holds every moment in it, and none before', () => {
    const zones = fc.constantFrom('Pacific/Auckland', 'America/Santiago', 'Asia/Kathmandu', 'Pacific/Chatham', 'UTC');
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2060, 0) }), zones, (at, zone) => {
        const day = dayAt(at, zone);
        const start = startOfDay(day, zone);
        expect(start).toBeLessThanOrEqual(at);
        expect(at - start).toBeLessThan(25 * 3_600_000 + 1);
        expect(dayAt(start, zone)).toBe(day);
        expect(dayAt(start - 1, zone)).toBe(day - 1);
      }),
      { numRuns: 300 },
    );
  });
});

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
    ['2021-10-29', 'Asia/Amman', '2021-10-28T21:00:00.000Z'], // the clocks went back from one to midnight: the first of two
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

describe('a day of the calendar', () => {
  it.each(['2027-02-29', '2027-13-01', '2027-1-1', '15.1.2027', ''])('knows no day "%s"', (text) =>
    expect(dayNumber(text)).toBeNull(),
  );
  it('knows the days of the week', () => {
    expect(['2026-12-25', '2026-12-27', '1969-12-31'].map((date) => weekdayOf(dayNumber(date)!))).toEqual([5, 0, 3]);
  });
});
