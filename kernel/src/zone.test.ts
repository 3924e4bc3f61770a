import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localDate, startOfDay } from './index.ts';

describe('a local day', () => {
  it.each([
    ['Pacific/Auckland', { year: 2026, month: 11, day: 29 }, '2026-11-28T11:00:00Z'],
    // Clocks go forward at two in the morning, and back at three.
    ['Pacific/Auckland', { year: 2026, month: 9, day: 27 }, '2026-09-26T12:00:00Z'],
    ['Pacific/Auckland', { year: 2026, month: 9, day: 28 }, '2026-09-27T11:00:00Z'],
    ['Pacific/Auckland', { year: 2027, month: 4, day: 4 }, '2027-04-03T11:00:00Z'],
    ['Pacific/Auckland', { year: 2027, month: 4, day: 5 }, '2027-04-04T12:00:00Z'],
    // Clocks go forward at midnight: the day begins at one.
    ['America/Santiago', { year: 2026, month: 9, day: 6 }, '2026-09-06T04:00:00Z'],
    ['UTC', { year: 2026, month: 2, day: 30 }, '2026-03-02T00:00:00Z'],
  ] as const)('begins where its clocks say: %s %o', (zone, date, at) => {
    expect(new Date(startOfDay(date, zone)).toISOString()).toBe(at.replace('Z', '.000Z'));
  });
  it('holds every moment in it, and none before', () => {
    const zones = fc.constantFrom('Pacific/Auckland', 'America/Santiago', 'Asia/Kathmandu', 'Pacific/Chatham', 'UTC');
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2060, 0) }), zones, (at, zone) => {
        const date = localDate(at, zone);
        const start = startOfDay(date, zone);
        expect(start).toBeLessThanOrEqual(at);
        expect(at - start).toBeLessThan(25 * 3_600_000 + 1);
        expect(localDate(start, zone)).toEqual(date);
        expect(localDate(start - 1, zone)).not.toEqual(date);
      }),
      { numRuns: 300 },
    );
  });
});
