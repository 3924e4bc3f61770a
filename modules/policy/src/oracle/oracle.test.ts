/** Our engine against Cedar's own: decision, reasons and faulting policies have to be the same for every random request. */
import { describe, expect, it } from 'vitest';
import { compareWithCedar } from './compare.ts';

/** CI sets 1,000,000, and reads the counts. */
const ASKED = process.env['CITYWARD_ORACLE_REQUESTS'];
const REQUESTS = Number(ASKED ?? 20_000);
const MINUTES_MAX = 60;

describe('agrees with Cedar', () => {
  it.each([
    ['with schemas and request validation', true],
    ['without schemas, with type errors', false],
  ])(
    '%s',
    (_name, schema) => {
      const tally = compareWithCedar({ seed: 'oracle', requests: REQUESTS / 2, perPolicySet: 50, schema });
      expect(tally.disagreements[0]).toBeUndefined();
      expect(tally.requests).toBe(REQUESTS / 2);
      // A comparison in which nothing is allowed, or nothing fails, would prove little.
      expect(tally.allowed / tally.requests).toBeGreaterThan(0.1);
      expect(tally.withFaults / tally.requests).toBeGreaterThan(0.05);
      expect(tally.denied / tally.requests).toBeGreaterThan(0.05);
      if (schema) expect(tally.refused).toBeGreaterThan(0);
      if (ASKED) console.info(JSON.stringify({ ...tally, disagreements: 0 }));
    },
    MINUTES_MAX * 60_000,
  );
});
