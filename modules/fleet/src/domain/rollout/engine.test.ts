/** The engine under any order, repetition and loss of reports: counters stay exact, caps hold, no device is lost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JOB_REPORT_STATES, type JobReport } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { replay, tallies } from './attempts.ts';
import type { Options } from './draft.ts';
import { steer } from './gates.ts';
import { DARK, has, HOLDS, isMoving, type State } from './state.ts';
import { loseHealth, see } from './take.ts';
import { bench, exact, momentOf, NEW, OLD, say, settle, SILENCE, stateOf, turn, type Bench } from './testing-engine.ts';
import type { Schedule } from './windows.ts';

type Step =
  | {
      readonly do: 'report';
      readonly member: number;
      readonly seq: number;
      readonly state: JobReport['state'];
      readonly part: JobReport['part'];
      readonly running: string | null;
    }
  | { readonly do: 'see'; readonly member: number; readonly running: string | null }
  | { readonly do: 'turn'; readonly ms: number }
  | { readonly do: 'away' | 'back' | 'freeze' | 'thaw' | 'unwell'; readonly member: number }
  | { readonly do: 'steer'; readonly how: 'pause' | 'resume' | 'stop' | 'roll-back' };

const DEVICES = 24;
const member = fc.integer({ min: 0, max: DEVICES - 1 });
const running = fc.constantFrom(null, OLD, NEW, '9.9');
const states = fc.constantFrom<JobReport['state']>(...JOB_REPORT_STATES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('report' as const),
      member,
      seq: fc.integer({ min: 1, max: 9 }),
      state: states,
      part: fc.constantFrom('forward' as const, 'revert' as const),
      running,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('see' as const), member, running }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('turn' as const), ms: fc.constantFrom(0, 5, 500, 2 * SILENCE) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('away' as const, 'back' as const, 'freeze' as const, 'thaw' as const, 'unwell' as const),
      member,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('steer' as const),
      how: fc.constantFrom('pause' as const, 'resume' as const, 'stop' as const, 'roll-back' as const),
    }),
  },
);
const FROM = {
  pause: ['running'],
  resume: ['paused', 'stopped'],
  stop: ['running', 'paused'],
  'roll-back': ['running', 'paused', 'stopped', 'finished'],
};

function apply(b: Bench, one: Step): void {
  switch (one.do) {
    case 'report':
      if (b.rollout.wave[one.member]! < b.rollout.open) say(b, one.member, one);
      return;
    case 'see':
      see(b.rollout, b.places, { member: one.member, now: b.now, running: one.running });
      return;
    case 'turn':
      b.now += one.ms;
      turn(b);
      return;
    case 'away':
      b.away.add(one.member);
      return;
    case 'back':
      b.away.delete(one.member);
      return;
    case 'freeze':
      b.frozen.add(one.member);
      return;
    case 'thaw':
      b.frozen.delete(one.member);
      return;
    case 'unwell':
      loseHealth(b.rollout, b.places, { member: one.member, now: b.now, reason: 'test' });
      return;
    case 'steer':
      if (FROM[one.how].includes(b.rollout.phase)) steer(b.rollout, momentOf(b), { how: one.how, words: 'test' });
  }
}

const ENDS: readonly State[] = ['done', 'failed', 'reverted', 'skipped'];

describe('the engine', () => {
  it('keeps every counter exact and every cap under any steps, and loses no device', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.constantFrom(0, 300), (steps, healthMs) => {
        const b = bench(DEVICES, { healthMs });
        for (const one of steps) {
          apply(b, one);
          exact(b);
        }
        settle(b);
        expect(['finished', 'rolled-back']).toContain(b.rollout.phase);
        for (let at = 0; at < DEVICES; at++) expect(ENDS).toContain(stateOf(b, at));
      }),
      { numRuns: 150 },
    );
  });
  it('is the same again when it is built from its attempts', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const b = bench(DEVICES);
        for (const one of steps) apply(b, one);
        const attempts = [...b.saved, ...b.rollout.ended].sort(
          (x, y) => x.member - y.member || x.part - y.part || x.attempt - y.attempt,
        );
        const again = bench(DEVICES);
        for (const attempt of attempts) replay(again.rollout, again.places, attempt);
        expect(tallies(again.rollout)).toEqual(tallies(b.rollout));
        expect(again.rollout.ended).toEqual([]);
        again.saved.push(...attempts);
        exact(again);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a device', () => {
  const first = (changes: Partial<Options> = {}) => {
    const b = bench(60, changes);
    const [one] = turn(b);
    return { b, one: one! };
  };
  it('is done only with the version it was to have', () => {
    const { b, one } = first();
    say(b, one, { seq: 1, state: 'done', running: null });
    expect(stateOf(b, one)).toBe('unverified');
    see(b.rollout, b.places, { member: one, now: 5, running: OLD });
    expect(stateOf(b, one)).toBe('unverified');
    see(b.rollout, b.places, { member: one, now: 6, running: NEW });
    expect(stateOf(b, one)).toBe('done');
  });
  it('that never restarts into it has the wrong version', () => {
    const { b, one } = first();
    say(b, one, { seq: 1, state: 'done', running: null });
    see(b.rollout, b.places, { member: one, now: 5, running: OLD });
    b.now = 2 * SILENCE;
    turn(b);
    expect(b.saved.find(({ member: at }) => at === one)?.outcome).toBe('wrong-version');
  });
  it('that lies about its version is found out', () => {
    const { b, one } = first({ healthMs: 500 });
    say(b, one, { seq: 1, state: 'done', running: NEW });
    expect(stateOf(b, one)).toBe('unverified');
    expect(see(b.rollout, b.places, { member: one, now: 5, running: OLD })).toEqual({ what: 'ended', alarm: 'lied' });
    expect(stateOf(b, one)).toBe('failed');
  });
  it.each([0, 500])('that shows the version while it tries it out is not done by that (%i ms)', (healthMs) => {
    const { b, one } = first({ healthMs, retries: 0 });
    say(b, one, { seq: 1, state: 'restarting' });
    see(b.rollout, b.places, { member: one, now: 5, running: NEW });
    b.now = 5 + healthMs;
    turn(b);
    expect(stateOf(b, one)).toBe('unverified');
    see(b.rollout, b.places, { member: one, now: b.now, running: OLD });
    say(b, one, { seq: 2, state: 'reverted', reason: 'not healthy', running: OLD });
    expect(stateOf(b, one)).toBe('failed');
    exact(b);
  });
  it.each([0, 500])(
    'that goes on showing it without a word is done when it is no longer waited for (%i ms)',
    (healthMs) => {
      const { b, one } = first({ healthMs });
      say(b, one, { seq: 1, state: 'restarting' });
      see(b.rollout, b.places, { member: one, now: 5, running: NEW });
      b.now = 5 + SILENCE;
      turn(b);
      expect(stateOf(b, one)).toBe('done');
      exact(b);
    },
  );
  it('that goes away while it should stay well has failed', () => {
    const { b, one } = first({ healthMs: 500 });
    say(b, one, { seq: 1, state: 'done', running: NEW });
    b.away.add(one);
    b.now = 600;
    turn(b);
    expect(b.saved.find(({ member: at }) => at === one)?.outcome).toBe('lost-health');
  });
  it('is heard once: the same report again, and an older one, change nothing', () => {
    const { b, one } = first();
    expect(say(b, one, { seq: 3, state: 'installing' }).what).toBe('progress');
    expect(say(b, one, { seq: 3, state: 'failed' }).what).toBe('old');
    expect(say(b, one, { seq: 2, state: 'failed' }).what).toBe('old');
    expect(stateOf(b, one)).toBe('installing');
  });
  it('that was given up and yet did it is done', () => {
    const { b, one } = first({ retries: 0 });
    say(b, one, { seq: 1, state: 'accepted' });
    b.now = 2 * SILENCE;
    turn(b);
    expect(stateOf(b, one)).toBe('failed');
    say(b, one, { seq: 2, state: 'done', running: NEW });
    expect(stateOf(b, one)).toBe('done');
    exact(b);
  });
  it('that may be dark keeps its place until it is seen', () => {
    const { b, one } = first({ retries: 0 });
    b.now = 2 * SILENCE;
    turn(b);
    expect(has(b.rollout, one, DARK)).toBe(true);
    expect(b.places.group[b.rollout.group[one]!]).toBeGreaterThan(0);
    see(b.rollout, b.places, { member: one, now: b.now, running: null });
    expect(has(b.rollout, one, HOLDS)).toBe(false);
  });
  it('offline neither blocks nor counts, and joins when it is seen', () => {
    const b = bench(60);
    for (let at = 0; at < 2; at++) b.away.add(at);
    const due = turn(b);
    expect(stateOf(b, 0)).toBe('offline');
    for (const at of due) say(b, at, { seq: 1, state: 'done', running: NEW });
    turn(b);
    expect(b.rollout.open).toBe(2);
    b.away.clear();
    see(b.rollout, b.places, { member: 0, now: b.now, running: OLD });
    for (let round = 0; round < 9 && stateOf(b, 0) === 'waiting'; round++) {
      for (let at = 0; at < 60; at++) if (isMoving(b.rollout, at)) say(b, at, { seq: 1, state: 'done', running: NEW });
      turn(b);
    }
    expect(stateOf(b, 0)).toBe('ordered');
  });
  it.each([-DAY_MS, DAY_MS])(
    'gets no order outside its window while the clock is wrong by %i ms, and none is lost',
    (wrong) => {
      const thursdays: Schedule = { zone: 'UTC', windows: [{ days: [4], from: 0, to: 0 }] };
      const b = bench(60, { schedule: thursdays }, 30 * DAY_MS);
      const thursday = 7 * DAY_MS;
      b.now = thursday;
      const first = turn(b);
      expect(first.length).toBeGreaterThan(0);
      for (const at of first) say(b, at, { seq: 1, state: 'done', running: NEW });
      b.now = thursday + wrong;
      for (let more = 0; more < 3; more++) expect(turn(b)).toEqual([]);
      expect(b.rollout.phase).toBe('running');
      b.now = thursday + 1;
      expect(turn(b).length).toBeGreaterThan(0);
      for (const at of first) expect(stateOf(b, at)).toBe('done');
      exact(b);
    },
  );
  it.each([0, 500])('not back yet after a start is waited for: nothing is paused, over or lost (%i ms)', (healthMs) => {
    const { b, one } = first({ healthMs });
    say(b, one, { seq: 1, state: 'done', running: NEW });
    for (let at = 0; at < b.rollout.size; at++) b.away.add(at);
    b.isReturning = true;
    for (b.now = 1; b.now < 2_000; b.now += 500) turn(b);
    expect(b.rollout.phase).toBe('running');
    expect(stateOf(b, one)).toBe(healthMs === 0 ? 'done' : 'unverified');
    for (let at = 0; at < b.rollout.starts[b.rollout.open]!; at++) expect(stateOf(b, at)).not.toBe('offline');
    b.isReturning = false;
    for (let more = 0; more < 5; more++) turn(b);
    expect(stateOf(b, one)).toBe(healthMs === 0 ? 'done' : 'failed');
    expect(b.rollout.phase).not.toBe('running');
    exact(b);
  });
});
