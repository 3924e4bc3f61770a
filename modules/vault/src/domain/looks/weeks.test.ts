import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '@cityward/kernel';
import { linesOf, weekNamed, weekOf, type Sorted } from './weeks.ts';

const ZONE = 'Pacific/Auckland';
const iso = (at: number): string => new Date(at).toISOString();

describe('a week', () => {
  it.each([
    // Monday's first minute where the city is, and the minute before.
    ['2026-11-22T11:00:00Z', '2026-W48'],
    ['2026-11-22T10:59:59Z', '2026-W47'],
    // A year's last days may lie in the first week of the next, and its first days in the last of the one before.
    ['2025-12-29T00:00:00Z', '2026-W01'],
    ['2027-01-02T00:00:00Z', '2026-W53'],
    ['2027-01-04T00:00:00Z', '2027-W01'],
  ])('%s is in %s', (at, id) => {
    const week = weekOf(Date.parse(at), ZONE);
    expect(week.id).toBe(id);
    expect(weekNamed(id, ZONE)).toEqual(week);
  });
  it('in which clocks change is an hour shorter or longer', () => {
    const hours = (id: string): number => {
      const { from, to } = weekNamed(id, ZONE)!;
      return (to - from) / HOUR_MS;
    };
    expect([hours('2026-W39'), hours('2026-W40'), hours('2027-W13')]).toEqual([167, 168, 169]);
    expect(iso(weekNamed('2026-W39', ZONE)!.to)).toBe('2026-09-27T11:00:00.000Z');
  });
  it.each(['2026-W00', '2026-W54', '2027-W53', '2026-48', '', '2026-W481'])('is not named by "%s"', (id) =>
    expect(weekNamed(id, ZONE)).toBeNull(),
  );
});

const MONDAY = Date.parse('2026-11-22T12:00:00Z');
const look = (entry: number, change: Partial<Sorted> = {}): Sorted => ({
  ...{ entry, at: MONDAY + entry * 60_000, what: 'viewed', by: 'per-ben', machine: false, record: 'rec-1' },
  ...{ version: 1, purpose: 'TREAT', consent: 'con-1', emergency: null, why: null, category: 'blood-tests' },
  ...change,
});

describe('lines', () => {
  it('join what a machine did all week, and what a person did in a day', () => {
    const day = 86_400_000;
    const machine = { by: 'svc-lab', machine: true, purpose: 'HOPERAT', consent: null } as const;
    const lines = linesOf(
      [
        ...[look(1), look(2, { record: 'rec-2' }), look(3, { at: MONDAY + day })],
        ...[look(4, machine), look(5, { ...machine, at: MONDAY + 3 * day })],
      ],
      ZONE,
    );
    expect(lines.map(({ by, count, records, entries }) => [by, count, records, entries])).toEqual([
      ['svc-lab', 2, 1, [5, 4]],
      ['per-ben', 1, 1, [3]],
      ['per-ben', 2, 2, [2, 1]],
    ]);
    expect(lines[0]).toMatchObject({ first: MONDAY + 4 * 60_000, last: MONDAY + 3 * day });
  });
  it('never join what differs in anything that is told', () => {
    const changes: Partial<Sorted>[] = [
      { what: 'refused', why: 'ended' },
      { what: 'refused', why: 'no-consent' },
      { by: 'per-cat' },
      { purpose: 'HRESCH' },
      { category: 'notes' },
      { consent: 'con-2' },
    ];
    expect(linesOf([look(1), ...changes.map((change, i) => look(i + 2, change))], ZONE)).toHaveLength(7);
  });
  it('count all and name some', () => {
    const [line] = linesOf(
      Array.from({ length: 300 }, (_, i) => look(i, { machine: true })),
      ZONE,
    );
    expect([line!.count, line!.entries.length, line!.entries[0]]).toEqual([300, 50, 299]);
  });
});
