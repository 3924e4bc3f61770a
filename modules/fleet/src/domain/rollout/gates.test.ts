/** When waves open, when everything stops, and the way back. */
import { describe, expect, it } from 'vitest';
import { decide, startBack, steer } from './gates.ts';
import { isMoving, S } from './state.ts';
import { bench, momentOf, NEW, OLD, say, settle, SILENCE, stateOf, turn } from './testing-engine.ts';

describe('the gates', () => {
  it('stop everything at the threshold, and say why', () => {
    const b = bench(60, { canary: 10, threshold: 0.2, perSite: 6 });
    const due = turn(b);
    expect(due.length).toBeGreaterThan(3);
    for (const at of due.slice(0, 2)) say(b, at, { seq: 1, state: 'failed' });
    const [decision] = decide(b.rollout, momentOf(b));
    expect(decision).toEqual({ what: 'stopped', words: '2 of 10 devices failed in wave "canary": the limit is 20 %' });
    expect(turn(b)).toEqual([]);
    for (const at of due.slice(2)) expect(isMoving(b.rollout, at)).toBe(false);
  });
  it('send back what has changed or may have, and leave the others alone', () => {
    const b = bench(60, { canary: 10, threshold: 0.2, perSite: 6, atThreshold: 'roll-back', retries: 0 });
    const due = turn(b);
    say(b, due[0]!, { seq: 1, state: 'done', running: NEW });
    say(b, due[1]!, { seq: 1, state: 'installing' });
    say(b, due[2]!, { seq: 1, state: 'failed' });
    say(b, due[3]!, { seq: 1, state: 'failed' });
    turn(b);
    expect(b.rollout.phase).toBe('rolling-back');
    for (const at of due.slice(0, 4)) expect(['revert-waiting', 'reverting']).toContain(stateOf(b, at));
    expect(stateOf(b, due[5]!)).toBe('skipped');
    settle(b);
    expect(b.rollout.phase).toBe('rolled-back');
    for (const at of due.slice(0, 4)) expect(stateOf(b, at)).toBe('reverted');
  });
  it('ask a person where a wave came to nothing', () => {
    const b = bench(60, { canary: 6, retries: 0, quorum: 0.9, threshold: 1, perSite: 6 });
    for (let round = 0; round < 4; round++) {
      for (const at of turn(b)) say(b, at, { seq: 1, state: at % 2 ? 'done' : 'failed', running: at % 2 ? NEW : OLD });
      b.now += 10;
    }
    expect(b.rollout.phase).toBe('paused');
    steer(b.rollout, momentOf(b), { how: 'resume', words: 'go on' });
    expect(b.rollout.open).toBe(2);
  });
  it('let time stand still where it is frozen', () => {
    const b = bench(60);
    const [one] = turn(b);
    b.frozen.add(one!);
    b.now = 5 * SILENCE;
    turn(b);
    expect(stateOf(b, one!)).toBe('ordered');
    b.frozen.delete(one!);
    b.now += 2 * SILENCE;
    turn(b);
    expect(stateOf(b, one!)).not.toBe('ordered');
  });
  it('end a change whose time is over', () => {
    const b = bench(60);
    for (const at of turn(b)) say(b, at, { seq: 1, state: 'done', running: NEW });
    steer(b.rollout, momentOf(b), { how: 'pause', words: 'test' });
    b.now = 1_000_001;
    turn(b);
    expect(b.rollout.phase).toBe('finished');
  });
  it('go back twice without sending anybody back twice', () => {
    const b = bench(60);
    const due = turn(b);
    for (const at of due) say(b, at, { seq: 1, state: 'done', running: NEW });
    const back = startBack(b.rollout, momentOf(b), 'test');
    expect(back).toMatchObject({ what: 'rolling-back', devices: due.length });
    expect(startBack(b.rollout, momentOf(b), 'again')).toMatchObject({ devices: 0 });
    expect(S.reverting).toBeGreaterThan(S['revert-waiting']);
  });
});
