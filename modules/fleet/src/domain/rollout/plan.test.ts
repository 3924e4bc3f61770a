/** Plans: who, in which order, who not, over which steps; and when windows open. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZone } from '@cityward/kernel';
import { ENDED, HELD, LIFE_SAFETY, REVOKED, UNKNOWN } from './columns.ts';
import { OPTIONS, type Options, type Selection, type Target } from './draft.ts';
import { pathTo } from './paths.ts';
import { planRollout, type PlanRequest } from './plan.ts';
import { createPlaces } from './places.ts';
import { testColumns } from './testing.ts';
import { isOpen, minuteOfWeek, nextOpening, type Schedule } from './windows.ts';

const anybody: Selection = { classes: [], models: [], wards: [], sites: [], running: [], devices: [] };
const target: Target = { running: '2.0.0', ordered: true, classes: [], models: [], hardware: [], tracks: [] };
const request = (changes: Partial<PlanRequest> = {}): PlanRequest => ({
  columns: testColumns(600),
  selection: anybody,
  target,
  options: OPTIONS,
  seed: 'chg-1',
  now: 0,
  ...changes,
});
const left = (plan: ReturnType<typeof planRollout>): Record<string, number> =>
  Object.fromEntries(plan.excluded.map(({ reason, devices }) => [reason, devices]));

describe('a plan', () => {
  it('puts every device that takes part into exactly one wave', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 60 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 6 }),
        (devices, canary, shares) => {
          const options: Options = { ...OPTIONS, canary, shares: shares.sort((a, b) => a - b).map((one) => one / 100) };
          const { order, starts } = planRollout(request({ columns: testColumns(devices), options }));
          expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: devices }, (_, row) => row));
          expect(starts[0]).toBe(0);
          expect(starts.at(-1)).toBe(devices);
          for (let at = 1; at < starts.length; at++) expect(starts[at]).toBeGreaterThan(starts[at - 1]!);
          expect(starts[1]).toBe(Math.min(canary, devices));
        },
      ),
      { numRuns: 100 },
    );
  });
  it('gives the same order for the same job and another for another', () => {
    const one = planRollout(request());
    expect(planRollout(request()).order).toEqual(one.order);
    expect(planRollout(request({ seed: 'chg-2' })).order).not.toEqual(one.order);
  });
  it('has every model and hardware revision among the canaries, each at a site of its own', () => {
    const { columns } = request();
    const { order } = planRollout(request({ options: { ...OPTIONS, canary: 12 } }));
    const canaries = [...order.subarray(0, 12)];
    expect(new Set(canaries.map((row) => `${columns.model.of[row]}/${columns.hardware.of[row]}`)).size).toBe(6);
    expect(new Set(canaries.map((row) => columns.site.of[row])).size).toBe(12);
  });
  it('has a rare kind among the canaries', () => {
    const columns = testColumns(600, (device) => (device === 333 ? { model: 'rare' } : {}));
    const { order } = planRollout(request({ columns, options: { ...OPTIONS, canary: 10 } }));
    expect([...order.subarray(0, 10)]).toContain(333);
  });
  it('leaves out by reason, the first that holds', () => {
    const rows = [
      { flags: ENDED | HELD },
      { flags: REVOKED },
      { flags: HELD },
      { flags: UNKNOWN },
      { flags: LIFE_SAFETY },
      { running: '2.0.0' },
      { running: '2.0.1' },
      { model: 'other' },
      { hardware: 'other' },
      { class: 'signal' as const },
    ];
    const columns = testColumns(12, (device) => ({ class: 'camera', ...rows[device] }));
    const made: Target = { ...target, classes: ['camera'], models: ['m0', 'm1', 'm2'], hardware: ['r0', 'r1'] };
    const plan = planRollout(request({ columns, target: made }));
    expect(left(plan)).toEqual({
      ended: 1,
      revoked: 1,
      held: 1,
      unknown: 1,
      'wrong-class': 1,
      'wrong-model': 1,
      'wrong-hardware': 1,
      'life-safety': 1,
      'at-target': 1,
      downgrade: 1,
    });
    expect([...plan.order].sort((a, b) => a - b)).toEqual([10, 11]);
    const meant = planRollout(request({ columns, target: made, options: { ...OPTIONS, lifeSafety: true } }));
    expect([...meant.order]).toContain(4);
  });
  it('plans stepping stones as jobs one after the other', () => {
    const tracks = [
      { from: '10.*', to: '11.0' },
      { from: '11.0', to: '12.0' },
      { from: '12.0', to: '13.0' },
    ];
    const columns = testColumns(9, (device) => ({ running: ['10.4', '11.0', '9.0'][device % 3]! }));
    const wanted: Target = { ...target, running: '13.0', tracks };
    const plan = planRollout(request({ columns, target: wanted }));
    expect(plan.steps).toEqual([
      { to: '11.0', devices: 3 },
      { to: '12.0', devices: 6 },
      { to: '13.0', devices: 6 },
    ]);
    expect(left(plan)).toEqual({ 'no-path': 3 });
    const first = planRollout(request({ columns, target: wanted, step: '11.0' }));
    expect([...first.order].every((row) => row % 3 === 0)).toBe(true);
  });
  it('finds the shortest path, and none where there is none', () => {
    const tracks = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
      { from: 'a', to: 'c' },
      { from: 'c', to: 'a' },
    ];
    expect(pathTo(tracks, 'a', 'c')).toEqual(['c']);
    expect(pathTo(tracks, 'a', 'a')).toEqual([]);
    expect(pathTo(tracks, 'x', 'c')).toBeNull();
    expect(pathTo(tracks, null, 'c')).toBeNull();
    expect(pathTo([], null, 'c')).toEqual(['c']);
  });
  it('says what it touches, and how much of it at one time', () => {
    const plan = planRollout(request({ options: { ...OPTIONS, perSite: 2 } }));
    const cameras = plan.touches.find(({ what, name }) => what === 'class' && name === 'camera');
    const signals = plan.touches.find(({ what, name }) => what === 'class' && name === 'signal');
    expect(cameras).toEqual({ what: 'class', name: 'camera', devices: 400, of: 400, atOnce: 200 });
    expect(signals!.atOnce).toBeLessThanOrEqual(100);
    expect(plan.touches.filter(({ what }) => what === 'ward')).toHaveLength(4);
  });
  it('knows a place again, whatever the order of the city', () => {
    const places = createPlaces();
    const first = places.locate(testColumns(60));
    const again = places.locate(testColumns(12));
    expect([...again.group]).toEqual([...first.group.subarray(0, 12)]);
    expect(places.occupancy.groupCap[first.group[0]!]).toBe(2);
    expect(places.occupancy.groupCap[first.group[4]!]).toBe(1);
  });
});

describe('a maintenance window', () => {
  const nights: Schedule = { zone: 'Pacific/Auckland', windows: [{ days: [1, 2, 3, 4], from: 23 * 60, to: 3 * 60 }] };
  const at = (text: string): number => Date.parse(text);
  it.each([
    ['2026-01-05T22:59:00+13:00', false],
    ['2026-01-05T23:00:00+13:00', true],
    ['2026-01-06T02:59:00+13:00', true],
    ['2026-01-06T03:00:00+13:00', false],
    ['2026-01-09T01:00:00+13:00', true],
    ['2026-01-10T01:00:00+13:00', false],
  ])('at %s is open: %s', (text, open) => expect(isOpen(nights, at(text))).toBe(open));
  it('opens at the next moment it is open', () => {
    expect(nextOpening(nights, at('2026-01-10T01:00:00+13:00'))).toBe(at('2026-01-12T23:00:00+13:00'));
    const now = at('2026-01-06T01:30:00+13:00');
    expect(nextOpening(nights, now)).toBe(now);
    expect(nextOpening({ zone: 'UTC', windows: [] }, 5)).toBe(5);
  });
  it('follows the clock when it is put back and forward', () => {
    const sundays: Schedule = { zone: 'Europe/Berlin', windows: [{ days: [0], from: 5 * 60, to: 6 * 60 }] };
    expect(nextOpening(sundays, at('2026-03-28T12:00:00+01:00'))).toBe(at('2026-03-29T05:00:00+02:00'));
    expect(nextOpening(sundays, at('2026-10-24T12:00:00+02:00'))).toBe(at('2026-10-25T05:00:00+01:00'));
  });
  it('is never said to open when it is closed, nor later than it opens', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 31) }),
        fc.record({
          day: fc.integer({ min: 0, max: 6 }),
          from: fc.integer({ min: 0, max: 1_439 }),
          length: fc.integer({ min: 60, max: 300 }),
        }),
        (now, { day, from, length }) => {
          const schedule: Schedule = {
            zone: 'Europe/Berlin',
            windows: [{ days: [day], from, to: (from + length) % 1_440 }],
          };
          const opens = nextOpening(schedule, now);
          expect(isOpen(schedule, opens)).toBe(true);
          expect(opens).toBeGreaterThanOrEqual(now);
          expect(opens - now).toBeLessThanOrEqual(7 * 86_400_000 + 3_600_000);
          if (opens > now) expect(isOpen(schedule, opens - 60_000)).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });
  it('knows zones, and local minutes', () => {
    expect(isZone('Nowhere/Land')).toBe(false);
    expect(isZone('Pacific/Auckland')).toBe(true);
    expect(minuteOfWeek(Date.parse('2026-01-04T00:05:00Z'), 'UTC')).toBe(5);
  });
});
