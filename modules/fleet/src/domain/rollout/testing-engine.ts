/** A rollout on the bench: turns of time, reports, and a recount of everything that is kept. */
import { expect } from 'vitest';
import type { JobReport } from '@cityward/contracts';
import { tallyAt } from './attempts.ts';
import { OPTIONS, type Options } from './draft.ts';
import { decide, steer } from './gates.ts';
import { createPlaces } from './places.ts';
import { planRollout } from './plan.ts';
import {
  createRollout,
  DARK,
  has,
  HOLDS,
  isMoving,
  STATES,
  wavesIn,
  type Attempt,
  type Occupancy,
  type Rollout,
  type State,
} from './state.ts';
import { see, take } from './take.ts';
import { testColumns } from './testing.ts';
import { dueNow, expire, ordered, skipBlocked, type Moment, type World } from './turn.ts';

export const NEW = '2.0.0';
export const OLD = '1.0.0';
export const SILENCE = 1_000;

export interface Bench {
  readonly rollout: Rollout;
  readonly places: Occupancy;
  readonly world: World;
  readonly frozen: Set<number>;
  readonly away: Set<number>;
  readonly saved: Attempt[];
  now: number;
  isReturning: boolean;
}

export function bench(devices: number, changes: Partial<Options> = {}, notAfter = 1_000_000): Bench {
  const columns = testColumns(devices);
  const options: Options = {
    ...OPTIONS,
    canary: 4,
    shares: [0.3, 1],
    soakMs: 0,
    healthMs: 0,
    silenceMs: SILENCE,
    retries: 1,
    backOffMs: 10,
    quorum: 0.5,
    threshold: 1,
    perSite: 2,
    ...changes,
  };
  const selection = { classes: [], models: [], wards: [], sites: [], running: [], devices: [] };
  const target = { running: NEW, ordered: true, classes: [], models: [], hardware: [], tracks: [] };
  const { order, starts } = planRollout({ columns, selection, target, options, seed: 's', now: 0 });
  const places = createPlaces();
  const located = places.locate(columns);
  const frozen = new Set<number>();
  const away = new Set<number>();
  return {
    rollout: createRollout({
      options,
      wanted: NEW,
      before: OLD,
      notBefore: 0,
      notAfter,
      revertUntil: 2 * notAfter,
      starts,
      site: Int32Array.from(order, (row) => located.site[row]!),
      group: Int32Array.from(order, (row) => located.group[row]!),
    }),
    places: places.occupancy,
    world: { frozen: (member) => frozen.has(member), reachable: (member) => !away.has(member), barred: () => null },
    isReturning: false,
    frozen,
    away,
    saved: [],
    now: 0,
  };
}

export const momentOf = ({ places, world, now, isReturning }: Bench): Moment => ({
  places,
  world,
  now,
  isReturning,
});
export const stateOf = ({ rollout }: Bench, member: number): State => STATES[rollout.state[member]!]!;

/** One turn of time as the service takes it. */
export function turn(b: Bench): number[] {
  const moment = momentOf(b);
  expire(b.rollout, moment);
  for (let more = decide(b.rollout, moment); more.length > 0;) more = decide(b.rollout, moment);
  const due = dueNow(b.rollout, moment);
  for (const member of due) {
    expect(b.frozen.has(member), 'an order into a frozen site').toBe(false);
    expect(b.away.has(member), 'an order to a device that is not there').toBe(false);
  }
  withinCaps(b, due);
  b.saved.push(...b.rollout.ended.splice(0));
  ordered(b.rollout, due);
  if (due.length === 0 && b.rollout.inFlight === 0 && b.frozen.size === 0) skipBlocked(b.rollout, b.places, b.now);
  return due;
}

/** Places to which an order was just given are not crowded. */
function withinCaps({ rollout, places }: Bench, due: readonly number[]): void {
  for (const member of due) {
    const group = rollout.group[member]!;
    expect(places.group[group]).toBeLessThanOrEqual(places.groupCap[group]!);
    expect(places.site[rollout.site[member]!]).toBeLessThanOrEqual(rollout.options.perSite);
  }
  expect(rollout.inFlight).toBeLessThanOrEqual(rollout.options.inFlight);
}

/** Everything that is kept while it happens equals what a recount gives. */
export function exact(b: Bench): void {
  const { rollout, places } = b;
  const counts = new Int32Array(rollout.counts.length);
  const failing = new Int32Array(wavesIn(rollout));
  const group = new Int32Array(places.group.length);
  const faults: string[] = [];
  let moving = 0;
  for (let member = 0; member < rollout.size; member++) {
    counts[rollout.wave[member]! * STATES.length + rollout.state[member]!]!++;
    if (has(rollout, member, 2) && rollout.part[member] === 0) failing[rollout.wave[member]!]!++;
    if (has(rollout, member, HOLDS)) group[rollout.group[member]!]!++;
    const holds = has(rollout, member, HOLDS);
    if (isMoving(rollout, member)) {
      moving++;
      if (!holds) faults.push(`${member} is under way without a place`);
    } else if (holds && !has(rollout, member, DARK)) faults.push(`${member} keeps a place`);
  }
  equal(rollout.counts, counts, 'counts');
  equal(rollout.failing, failing, 'failing');
  equal(places.group, group, 'places');
  if (rollout.inFlight !== moving) faults.push(`${rollout.inFlight} under way, ${moving} counted`);
  const tally = new Int32Array(rollout.tally.length);
  const seen = new Set<string>();
  for (const attempt of [...b.saved, ...rollout.ended]) {
    tally[tallyAt(rollout, attempt)]!++;
    const key = `${attempt.member} ${attempt.part} ${attempt.attempt}`;
    if (seen.has(key)) faults.push(`attempt ${key} twice`);
    seen.add(key);
  }
  equal(rollout.tally, tally, 'tally');
  if (faults.length > 0) throw new Error(faults.join('; '));
}
/** Plain, for it is asked after each of many thousand steps. */
function equal(kept: Int32Array, counted: Int32Array, what: string): void {
  for (let at = 0; at < kept.length; at++)
    if (kept[at] !== counted[at]) throw new Error(`${what}: ${kept[at]} is kept at ${at}, ${counted[at]} counted`);
}

export const say = (b: Bench, member: number, report: Partial<JobReport> & Pick<JobReport, 'seq' | 'state'>) =>
  take(b.rollout, b.places, {
    member,
    report: { part: 'forward', running: null, reason: null, ...report },
    now: b.now,
  });

/** From here on every device does what it is told; time goes on until nothing moves. */
export function settle(b: Bench): void {
  b.away.clear();
  b.frozen.clear();
  for (let round = 0; round < 60; round++) {
    for (let at = 0; at < b.rollout.size; at++) {
      const back = b.rollout.part[at] === 1;
      if (isMoving(b.rollout, at))
        say(
          b,
          at,
          back
            ? { part: 'revert', seq: b.rollout.seq[at]! + 1, state: 'reverted', running: OLD }
            : { seq: b.rollout.seq[at]! + 1, state: 'done', running: NEW },
        );
      else see(b.rollout, b.places, { member: at, now: b.now, running: null });
    }
    b.now += 2 * SILENCE;
    turn(b);
    exact(b);
    if (b.rollout.phase === 'paused' || b.rollout.phase === 'stopped')
      steer(b.rollout, momentOf(b), { how: 'resume', words: 'on' });
  }
}
