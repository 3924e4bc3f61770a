/** The closed language of controls: what each expectation makes of each value, and that no reading can trick it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BaselineSource, SourceReading } from '@cityward/contracts';
import type { Control, Expectation } from './control.ts';
import { judge, judgeAll, type Value } from './judge.ts';
import { scoreOf, standingOf, type Judged } from './score.ts';

const control = (changes: Partial<Control> = {}): Control => ({
  id: 'ssh-off',
  tier: 'basic',
  title: 'SSH is off',
  why: 'A shell is for its maker',
  from: 'A guide, a section',
  read: 'param',
  checks: [{ at: 'Network.SSH.Enabled', want: { equals: 'no' } }],
  fix: { by: 'configure', source: 'param', values: { 'Network.SSH.Enabled': 'no' } },
  ...changes,
});
const read = (values: Record<string, Value>): ReadonlyMap<BaselineSource, SourceReading> =>
  new Map([['param', { state: 'read', values }]]);

describe('one expectation', () => {
  const says = (want: Expectation, value: Value): string =>
    judgeAll([{ at: 'it', want }], Object.fromEntries([['it', value]])).state;
  it.each([
    [{ equals: 'on' }, 'On', 'passed'],
    [{ equals: 'on' }, 'off', 'failed'],
    [{ equals: 'on' }, '', 'failed'],
    [{ equals: false }, 'no', 'passed'],
    [{ equals: false }, 'No', 'passed'],
    [{ equals: false }, '0', 'passed'],
    [{ equals: false }, 'true', 'failed'],
    [{ equals: false }, 'perhaps', 'unknown'],
    [{ equals: true }, true, 'passed'],
    [{ equals: 3 }, '3', 'passed'],
    [{ equals: 3 }, 'three', 'unknown'],
    [{ equals: 'x' }, ['x'], 'unknown'],
    [{ oneOf: ['length', 'complex'] }, 'complex', 'passed'],
    [{ oneOf: ['length', 'complex'] }, 'none', 'failed'],
    [{ atLeast: 10 }, '10', 'passed'],
    [{ atLeast: 10 }, '9.5', 'failed'],
    [{ atLeast: 10 }, 'ten', 'unknown'],
    [{ atLeast: 10 }, '1e9', 'unknown'],
    [{ atLeast: 10 }, Number.NaN, 'unknown'],
    [{ atMost: 20 }, 20, 'passed'],
    [{ atMost: 20 }, 21, 'failed'],
    [{ atLeastVersion: '10.11' }, '10.9.4', 'failed'],
    [{ atLeastVersion: '10.11' }, '12.11.77', 'passed'],
    [{ atLeastVersion: '10.11' }, 11, 'unknown'],
    [{ minItems: 2 }, ['a', 'b'], 'passed'],
    [{ minItems: 2 }, ['a', 'a'], 'failed'],
    [{ minItems: 2 }, 'a, b', 'passed'],
    [{ subsetOf: ['A', 'B'] }, 'A:B', 'passed'],
    [{ subsetOf: ['A', 'B'] }, 'A:C', 'failed'],
    [{ subsetOf: ['A', 'B'] }, '', 'failed'],
    [{ subsetOf: ['A', 'B'] }, 7, 'unknown'],
    [{ noneOf: ['root'] }, ['ann', 'bob'], 'passed'],
    [{ noneOf: ['root'] }, 'ann,root', 'failed'],
    [{ absent: true }, 'anything', 'failed'],
    [{ filled: true }, ' ', 'failed'],
    [{ filled: true }, 'x', 'passed'],
  ] as const)('%j of %j is %s', (want, value, verdict) => {
    expect(says(want as unknown as Expectation, value as Value)).toBe(verdict);
  });
  it('holds of a list with a star only when it holds of each', () => {
    const checks = [{ at: 'Audio.*.Enabled', want: { equals: 'no' } as const }];
    expect(judgeAll(checks, { 'Audio.A0.Enabled': 'no', 'Audio.A1.Enabled': 'no' }).state).toBe('passed');
    expect(judgeAll(checks, { 'Audio.A0.Enabled': 'no', 'Audio.A1.Enabled': 'yes' })).toMatchObject({
      state: 'failed',
      saw: 'Audio.A1.Enabled is "yes"',
    });
    // One member, not several, and not a part of one.
    expect(judgeAll(checks, { 'Audio.A0.B.Enabled': 'yes', 'MyAudio.A0.Enabled': 'yes' }).state).toBe('unknown');
  });
});

describe('a control', () => {
  it('is unknown until its source was read, and says why', () => {
    expect(judge(control(), new Map())).toEqual({ state: 'unknown', because: 'not-read', why: 'It has not been read' });
    const broken = new Map([['param', { state: 'unreadable', why: 'HTTP 500' }]]) as Parameters<typeof judge>[1];
    expect(judge(control(), broken)).toMatchObject({ state: 'unknown', because: 'unreadable' });
  });
  it('is unknown where its value is missing, unless the data says what that means', () => {
    expect(judge(control(), read({})).state).toBe('unknown');
    const [check] = control().checks;
    for (const missing of ['failed', 'not-applicable'] as const)
      expect(judge(control({ checks: [{ ...check!, missing }] }), read({})).state).toBe(missing);
  });
  it('does not apply where its condition does not hold, and is unknown where nobody can say', () => {
    const when = { checks: [{ at: 'Card', want: { equals: 'yes' } as const }], otherwise: 'It has no card' };
    const plain = { 'Network.SSH.Enabled': 'yes' };
    expect(judge(control({ when }), read({ ...plain, Card: 'no' }))).toEqual({
      state: 'not-applicable',
      why: 'It has no card',
    });
    expect(judge(control({ when }), read({ ...plain, Card: 'yes' })).state).toBe('failed');
    expect(judge(control({ when }), read(plain)).state).toBe('unknown');
  });
  it('fails as a whole when one part fails, even where another is in doubt', () => {
    const checks = [
      { at: 'a', want: { equals: 'x' } as const },
      { at: 'b', want: { equals: 'x' } as const },
    ];
    expect(judge(control({ checks }), read({ b: 'y' })).state).toBe('failed');
    expect(judge(control({ checks }), read({ b: 'x' })).state).toBe('unknown');
  });
  it('is never passed by a name that every object has', () => {
    for (const at of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
      expect(judge(control({ checks: [{ at, want: { filled: true } }] }), read({})).state).toBe('unknown');
      expect(judge(control({ checks: [{ at, want: { absent: true } }] }), read({})).state).toBe('passed');
    }
  });
  it('never throws, and says at most so much, whatever was read', () => {
    const value = fc.oneof(
      fc.string({ maxLength: 5_000 }),
      fc.double(),
      fc.boolean(),
      fc.array(fc.string(), { maxLength: 80 }),
    );
    const wants: Expectation[] = [
      { equals: 'no' },
      { oneOf: [1, 'a', true] },
      { atLeast: 1 },
      { subsetOf: ['a'] },
      { minItems: 2 },
      { atLeastVersion: '1.0' },
    ];
    fc.assert(
      fc.property(value, fc.constantFrom(...wants), (found, want) => {
        const outcome = judge(control({ checks: [{ at: 'it', want }] }), read({ it: found }));
        expect(JSON.stringify(outcome).length).toBeLessThan(1_500);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('the score', () => {
  const judged = fc.record({
    tier: fc.constantFrom('default' as const, 'basic' as const, 'extended' as const),
    state: fc.constantFrom('passed' as const, 'failed' as const, 'unknown' as const, 'not-applicable' as const),
    excepted: fc.boolean(),
  });
  it('is 100 only when nothing failed and nothing is unknown, and met only without an exception', () => {
    fc.assert(
      fc.property(fc.array(judged, { maxLength: 60 }), (all) => {
        for (const { tier, score, state, passed, failed, unknown, excepted, notApplicable } of scoreOf(all)) {
          const own = all.filter((one) => one.tier === tier);
          expect(passed + failed + unknown + excepted + notApplicable).toBe(own.length);
          if (score === 100) expect([failed, unknown]).toEqual([0, 0]);
          if (state === 'met') expect([failed, unknown, excepted]).toEqual([0, 0, 0]);
          if (failed > 0) expect(state).toBe('not-met');
          if (failed === 0 && unknown > 0) expect(state).toBe('unknown');
        }
      }),
      { numRuns: 2_000 },
    );
  });
  it('is not raised by an exception above what the rest reaches', () => {
    const all: Judged[] = [
      { tier: 'basic', state: 'passed', excepted: false },
      { tier: 'basic', state: 'failed', excepted: true },
      { tier: 'basic', state: 'unknown', excepted: false },
    ];
    expect(scoreOf(all)[1]).toMatchObject({ score: 50, excepted: 1, state: 'unknown' });
  });
  it('has no score while nothing of a tier was read, and zero only where all that was read failed', () => {
    const judged = (state: Judged['state'], excepted = false): Judged => ({ tier: 'basic', state, excepted });
    expect(scoreOf([judged('unknown'), judged('unknown')])[1]).toMatchObject({ score: null, state: 'unknown' });
    expect(scoreOf([judged('unknown'), judged('failed', true)])[1]).toMatchObject({ score: null, state: 'unknown' });
    expect(scoreOf([judged('unknown'), judged('failed')])[1]).toMatchObject({ score: 0, state: 'not-met' });
  });
  it('counts the default protection and the basic tier together, and not the extended', () => {
    const all: Judged[] = [
      { tier: 'default', state: 'passed', excepted: false },
      { tier: 'basic', state: 'passed', excepted: false },
      { tier: 'basic', state: 'failed', excepted: false },
      { tier: 'extended', state: 'failed', excepted: false },
    ];
    expect(standingOf(scoreOf(all))).toMatchObject({ score: 66, passed: 2, failed: 1, state: 'not-met' });
  });
});
