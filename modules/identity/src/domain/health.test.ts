/** Certificates that near their end, and identities that nobody sees. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import type { IssuedRecord } from './enrolment.ts';
import { certificateHealth, isMass, presence, WARNED_FOR_MS } from './health.ts';
import { levelOf } from './trust.ts';

const DAY = DAY_MS;
const START = Date.UTC(2026, 0, 1);
const issued = (more: Partial<IssuedRecord> = {}): IssuedRecord => ({
  serial: 'A1',
  device: 'cam-0001',
  notBefore: START,
  notAfter: START + 90 * DAY,
  state: 'live',
  ...more,
});

describe('a certificate', () => {
  it.each([
    [0.5, 100],
    [74.5, 100],
    [75.5, 55],
    [89.5, 55],
    [90.5, 30],
    [179.5, 30],
    [180.5, 0],
  ])('on day %d is worth %i', (day, value) => {
    expect(certificateHealth(issued(), null, START + day * DAY)?.value).toBe(value);
  });
  it('that is revoked, or of an identity that has ended, is worth nothing', () => {
    const at = { at: START, reason: 'x', by: 'per-1' };
    expect(certificateHealth(issued(), { kind: 'revoked', ...at }, START)?.value).toBe(0);
    expect(certificateHealth(undefined, { kind: 'ended', as: 'dormant', ...at }, START)?.value).toBe(0);
    expect(certificateHealth(issued({ state: 'revoked' }), null, START)?.value).toBe(0);
  });
  it('that was never issued is not judged', () => {
    expect(certificateHealth(undefined, null, START)).toBeNull();
  });
});

describe('an identity that nobody sees', () => {
  const LIMIT = 90 * DAY;
  const on = (day: number, warned: number | null = null, limitMs = LIMIT) =>
    presence({ lastSeen: START, warned, limitMs }, START + day * DAY);

  it.each([
    [0, 'here', 'full'],
    [7, 'here', 'full'],
    [8, 'away', 'reduced'],
    [75, 'away', 'reduced'],
    [76, 'warned', 'low'],
    [89, 'warned', 'low'],
  ] as const)('on day %i is %s, and of %s trust', (day, state, level) => {
    const found = on(day, day > 76 ? START + 76 * DAY : null);
    expect(found.state).toBe(state);
    expect(levelOf(found.value)).toBe(level);
  });
  it('is due on its day once it was warned of in time, and not a moment earlier', () => {
    const warned = START + 76 * DAY;
    expect(on(89.999, warned)).toMatchObject({ state: 'warned', ends: START + 90 * DAY });
    expect(on(90, warned).state).toBe('due');
  });
  it('whom nobody warned of, since the city slept or a clock jumped, is warned of first', () => {
    expect(on(400)).toMatchObject({ state: 'warned', ends: START + 414 * DAY });
    expect(on(413, START + 400 * DAY).state).toBe('warned');
    expect(on(414, START + 400 * DAY).state).toBe('due');
  });
  it('never ends where the city says so', () => {
    expect(on(4_000, null, Infinity).state).toBe('away');
  });
  it('is never due without a warning that stood its time, whatever the limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 7, max: 3_650 }), fc.nat(5_000), fc.option(fc.nat(5_000)), (...given) => {
        const [limit, day, warned] = given;
        const found = presence(
          { lastSeen: START, warned: warned === null ? null : START + warned * DAY, limitMs: limit * DAY },
          START + day * DAY,
        );
        if (found.state !== 'due') return;
        expect(day).toBeGreaterThanOrEqual(limit);
        expect(warned).not.toBeNull();
        expect((day - warned!) * DAY).toBeGreaterThanOrEqual(Math.min(WARNED_FOR_MS, (limit * DAY) / 2));
      }),
      { numRuns: 2_000 },
    );
  });
  it('in a mass is our own deafness', () => {
    expect([isMass(20, 20), isMass(21, 84), isMass(22, 84), isMass(25, 100), isMass(26, 100)]).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
  });
});
