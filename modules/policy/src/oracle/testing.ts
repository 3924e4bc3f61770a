/** Our engine against Cedar's own, as two test files run it: decision, reasons and faulting policies have to be the same. */
import { expect } from 'vitest';
import { compareWithCedar } from './compare.ts';

/** CI sets 1,000,000 for both files together, and reads the counts. */
const ASKED = process.env['CITYWARD_ORACLE_REQUESTS'];
const REQUESTS = Number(ASKED ?? 20_000);
/** A set of policies takes as long to prepare as dozens of answers: a long run asks each set more. */
const PER_POLICY_SET = REQUESTS > 100_000 ? 250 : 100;
export const ORACLE_MS_MAX = 3_600_000;

/** @param schema with schemas and request validation; otherwise types are wrong on purpose */
export function expectAgreement(schema: boolean): void {
  const tally = compareWithCedar({ seed: 'oracle', requests: REQUESTS / 2, perPolicySet: PER_POLICY_SET, schema });
  expect(tally.disagreements[0]).toBeUndefined();
  expect(tally.requests).toBe(REQUESTS / 2);
  // A comparison in which nothing is allowed, or nothing fails, would prove little.
  expect(tally.allowed / tally.requests).toBeGreaterThan(0.1);
  expect(tally.withFaults / tally.requests).toBeGreaterThan(0.05);
  expect(tally.denied / tally.requests).toBeGreaterThan(0.05);
  if (schema) expect(tally.refused).toBeGreaterThan(0);
  if (ASKED) console.info(JSON.stringify({ schema, ...tally, disagreements: 0 }));
}
