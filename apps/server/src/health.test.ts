/** What counts as a device that is not well, and what does not. */
import { describe, expect, it } from 'vitest';
import type { LogLine, Observed } from '@cityward/contracts';
import { unwellBy } from './health.ts';

const line = (changes: Partial<LogLine> = {}, provenance: Partial<Observed> = {}): Observed => ({
  position: 1,
  reporter: 'cam-0001',
  gateway: 'mqtt',
  received: 1,
  authenticated: true,
  replay: false,
  simulated: false,
  body: { kind: 'log', at: 1, subject: 'cam-0001', severity: 2, app: 'kernel', message: 'watchdog fired', ...changes },
  ...provenance,
});

describe('a device', () => {
  it('that reports something critical of itself is not well', () => {
    expect(unwellBy(line())).toBe('It reports: watchdog fired');
  });
  it.each([
    ['a warning', line({ severity: 4 })],
    ['about another', line({ subject: 'cam-0002' })],
    ['without a certificate', line({}, { authenticated: false })],
    ['from a recording', line({}, { replay: true })],
    ['of an order that nobody signed', line({ message: 'change chg-1 refused, REPLAYED: again' })],
  ])('is not unwell by a line %s', (_name, observed) => {
    expect(unwellBy(observed)).toBeNull();
  });
});
