/** Bodies, entries, mentions and sentences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FACT_TYPES } from '@cityward/contracts';
import { canonicalJson, HOUR_MS, type Json } from '@cityward/kernel';
import { bodyText, entryText, parseBody, parseEntry, type LedgerFact } from './body.ts';
import { MENTIONS_MAX, mentionsOf } from './mentions.ts';
import { describeFact } from './text.ts';

const FUZZ_RUNS = 10_000;
const COMMITMENT = `${'A'.repeat(43)}=`;
const facts = fc.record({
  id: fc.string({ minLength: 1 }),
  module: fc.constantFrom('city' as const, 'watch' as const),
  type: fc.constantFrom(...FACT_TYPES),
  actor: fc.string(),
  subject: fc.string({ unit: 'binary' }),
  at: fc.nat({ max: 8_640_000_000_000 }),
  personal: fc.boolean(),
  data: fc.dictionary(fc.string(), fc.jsonValue()),
}) as fc.Arbitrary<LedgerFact>;

describe('a body', () => {
  it('is canonical JSON, and is read back as it was', () => {
    fc.assert(
      fc.property(facts, (fact) => {
        const text = bodyText(fact);
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
        const { id, module, type, actor, subject, at, personal } = fact;
        expect(parseBody(text)).toMatchObject({ id, module, type, actor, subject, at, personal });
      }),
    );
  });
  it('is personal only when said so', () => {
    expect(
      parseBody(bodyText({ id: 'a', module: 'city', type: 'city.founded', actor: 's', subject: 'c', at: 1, data: {} }))
        ?.personal,
    ).toBe(false);
  });
});

describe('an entry', () => {
  it('is read back, and shows nothing of a personal fact but the hour', () => {
    fc.assert(
      fc.property(facts, (fact) => {
        const text = entryText({ ...fact, personal: fact.personal ?? false }, COMMITMENT);
        const entry = parseEntry(text);
        if (!fact.personal)
          expect(entry).toEqual({ at: fact.at, commitment: COMMITMENT, module: fact.module, type: fact.type });
        else
          expect(entry).toEqual({
            at: fact.at - (fact.at % HOUR_MS),
            commitment: COMMITMENT,
            module: null,
            type: 'personal',
          });
        if (fact.personal) expect(text).not.toContain(fact.type);
      }),
    );
  });
  it('and a body survive fuzzing: what is accepted is spelt canonically', () => {
    const good = [
      bodyText({ id: 'a', module: 'city', type: 'city.founded', actor: 's', subject: 'c', at: 1, data: {} }),
      entryText({ at: 7, module: 'city', type: 'city.founded', personal: false }, COMMITMENT),
    ];
    const mutated = fc.tuple(fc.constantFrom(...good), fc.nat(), fc.string({ maxLength: 3 })).map(([text, at, put]) => {
      const place = at % text.length;
      return text.slice(0, place) + put + text.slice(place + (at % 3));
    });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.json(), fc.string()), (text) => {
        for (const value of [parseBody(text), parseEntry(text)])
          if (value) expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});

describe('mentions', () => {
  it('are the ids anywhere in the data, but not the subject, words, or what lies too deep', () => {
    const data = {
      finding: 'fnd-1',
      devices: ['cam-1', 'cam-2', 'cam-1'],
      title: 'Camera speaks',
      own: 'sit-9',
      deep: { a: { b: { c: { d: { e: 'too-deep' } } } } },
    };
    expect(mentionsOf({ subject: 'sit-9', data })).toEqual(['fnd-1', 'cam-1', 'cam-2']);
    const many = Array.from({ length: 500 }, (_, i) => `cam-${i}`);
    expect(mentionsOf({ subject: 'sit-9', data: { many } })).toHaveLength(MENTIONS_MAX);
  });
});

describe('sentences', () => {
  it('are there for every type, whatever the data', () => {
    fc.assert(
      fc.property(facts, (fact) => {
        const text = describeFact({ ...fact, personal: fact.personal ?? false });
        expect(text.length).toBeGreaterThan(8);
        expect(text).not.toMatch(
          /undefined|null|\[object|NaN/u.test(JSON.stringify(fact)) ? /^$/ : /undefined|null|\[object|NaN/u,
        );
      }),
      { numRuns: 500 },
    );
  });
  it.each([true, false])('say nothing of what is missing (personal: %s)', (personal) => {
    for (const type of FACT_TYPES)
      expect(describeFact({ type, actor: 'per-1', subject: 'cam-0001', personal, data: {} })).not.toMatch(
        /undefined|null|\[object|NaN/u,
      );
  });
  it('say who did what, and why', () => {
    const fact = {
      type: 'device.held',
      actor: 'per-1',
      subject: 'cam-0001',
      personal: false,
      data: { until: 1_764_000_000_000, reason: 'speaks to a stranger' },
    };
    expect(describeFact(fact)).toBe('per-1 held device cam-0001 until 2025-11-24 16:00 UTC: speaks to a stranger');
    expect(describeFact({ ...fact, personal: true })).toBe('per-1 held device cam-0001');
    expect(describeFact({ ...fact, type: 'future.type' })).toBe('per-1: future.type of cam-0001');
  });
});
