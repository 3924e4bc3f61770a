/** What a device says or shows, and what follows from it for its attempt. */
import type { JobReport } from '@cityward/contracts';
import { begin, finish, finishLate } from './attempts.ts';
import {
  CLAIMED,
  clear,
  CONFIRMED,
  DARK,
  DELIVERED,
  FORWARD,
  has,
  isMoving,
  letGo,
  move,
  OTHER,
  REVERT,
  S,
  set,
  STATES,
  type Occupancy,
  type Rollout,
  type State,
} from './state.ts';

/** Something a person should hear of. */
export type Alarm = 'refused' | 'downgrade' | 'lied';
export interface Taken {
  /** `old` for a report seen before; `not-its-part` for one about a way that it is not on. */
  readonly what: 'old' | 'not-its-part' | 'progress' | 'ended';
  readonly alarm: Alarm | null;
}
const progress: Taken = { what: 'progress', alarm: null };
const ended = (alarm: Alarm | null = null): Taken => ({ what: 'ended', alarm });

const STEP: Readonly<Partial<Record<JobReport['state'], State>>> = {
  accepted: 'ordered',
  downloading: 'downloading',
  installing: 'installing',
  restarting: 'restarting',
};

export interface Said {
  readonly member: number;
  readonly report: Pick<JobReport, 'part' | 'seq' | 'state' | 'running' | 'reason'>;
  readonly now: number;
}

/** Takes a report; the same again, or an older one, changes nothing. */
export function take(rollout: Rollout, places: Occupancy, said: Said): Taken {
  const { member, report, now } = said;
  const part = report.part === 'revert' ? REVERT : FORWARD;
  if (part !== rollout.part[member]) return { what: 'not-its-part', alarm: null };
  if (report.seq <= rollout.seq[member]!) return { what: 'old', alarm: null };
  rollout.seq[member] = report.seq;
  const state = rollout.state[member]!;
  // What has ended well is over: a device that says more about it has nothing to add.
  if (state === S.done || state === S.reverted || state === S.skipped) return progress;
  if (!isMoving(rollout, member)) adopt(rollout, places, said);
  if (rollout.state[member] === S.ordering) move(rollout, member, part === REVERT ? 'reverting' : 'ordered');
  set(rollout, member, DELIVERED);
  if (!has(rollout, member, CONFIRMED)) rollout.since[member] = now;
  return part === REVERT ? takeBack(rollout, places, said) : takeForward(rollout, places, said);
}

/** It works on an order that had been given up: the order was valid, so what it does is counted as one more attempt. */
function adopt(rollout: Rollout, places: Occupancy, { member, now }: Said): void {
  begin(rollout, places, { member, now });
  move(rollout, member, rollout.part[member] === REVERT ? 'reverting' : 'ordered');
}

function takeForward(rollout: Rollout, places: Occupancy, { member, report, now }: Said): Taken {
  const { running, reason } = report;
  switch (report.state) {
    case 'refused':
      finish(rollout, places, { member, outcome: 'rejected', now, running, reason });
      return ended('refused');
    case 'failed':
    case 'reverted':
      finish(rollout, places, { member, outcome: 'error', now, running, reason: reason ?? report.state });
      return ended();
    case 'done':
      return claimsDone(rollout, places, { member, now, running });
    case 'accepted':
    case 'downloading':
    case 'installing':
    case 'restarting': {
      const to = STEP[report.state]!;
      if (S[to] > rollout.state[member]!) move(rollout, member, to);
      return progress;
    }
  }
}

function takeBack(rollout: Rollout, places: Occupancy, { member, report, now }: Said): Taken {
  const { running, reason } = report;
  const { before } = rollout;
  switch (report.state) {
    case 'refused':
      finish(rollout, places, { member, outcome: 'rejected', now, running, reason });
      return ended('refused');
    case 'failed':
      finish(rollout, places, { member, outcome: 'error', now, running, reason });
      return ended();
    case 'done':
    case 'reverted':
      if (before !== null && running === null) return progress; // until it is seen
      finish(rollout, places, {
        member,
        outcome: before === null || running === before ? 'reverted' : 'wrong-version',
        now,
        running,
      });
      return ended();
    case 'accepted':
    case 'downloading':
    case 'installing':
    case 'restarting':
      return progress;
  }
}

interface Shows {
  readonly member: number;
  readonly now: number;
  readonly running: string | null;
}

/** It says that it is done: believed only with the version it was to have, and only after it has stayed well. */
function claimsDone(rollout: Rollout, places: Occupancy, { member, now, running }: Shows): Taken {
  const { wanted } = rollout;
  set(rollout, member, CLAIMED);
  if (wanted !== null && running !== null && running !== wanted) {
    finish(rollout, places, { member, outcome: 'wrong-version', now, running });
    return ended();
  }
  if (wanted === null || running === wanted) return confirmed(rollout, places, { member, now, running });
  if (rollout.state[member]! < S.unverified) move(rollout, member, 'unverified');
  return progress;
}

/** One that shows the version without a word yet may be trying it out, and go back: its own word is waited for, see `expire`. */
function confirmed(rollout: Rollout, places: Occupancy, { member, now, running }: Shows): Taken {
  if (rollout.options.healthMs === 0 && has(rollout, member, CLAIMED)) {
    finish(rollout, places, { member, outcome: 'done', now, running });
    return ended();
  }
  if (!has(rollout, member, CONFIRMED)) {
    set(rollout, member, CONFIRMED);
    rollout.since[member] = now;
    if (rollout.state[member] !== S.unverified) move(rollout, member, 'unverified');
  }
  return progress;
}

/** The device is there and runs this. */
export function see(rollout: Rollout, places: Occupancy, { member, now, running }: Shows): Taken {
  const state = rollout.state[member]!;
  if (rollout.part[member] === REVERT) return seeBack(rollout, places, { member, now, running });
  const { wanted } = rollout;
  if (state === S.offline) move(rollout, member, 'waiting');
  if (state === S.failed && has(rollout, member, DARK)) letGo(rollout, places, member);
  if (wanted === null || running === null) return progress;
  if (running === wanted) {
    if (isMoving(rollout, member) && state !== S.ordering) return confirmed(rollout, places, { member, now, running });
    if (state !== S.failed) return progress;
    finishLate(rollout, places, { member, outcome: 'done', now, running });
    return ended();
  }
  if (state !== S.unverified) return progress;
  if (!has(rollout, member, CONFIRMED) || !has(rollout, member, CLAIMED)) {
    // It may not have restarted yet, or found the new one unwell and went back: its report says which.
    if (has(rollout, member, CONFIRMED)) rollout.since[member] = now;
    clear(rollout, member, CONFIRMED);
    set(rollout, member, OTHER);
    return progress;
  }
  finish(rollout, places, {
    member,
    outcome: 'wrong-version',
    now,
    running,
    reason: 'Shows another version than it said',
  });
  return ended('lied');
}

function seeBack(rollout: Rollout, places: Occupancy, { member, now, running }: Shows): Taken {
  const state = rollout.state[member]!;
  if (state === S.offline) move(rollout, member, 'revert-waiting');
  if (state === S.failed && has(rollout, member, DARK)) letGo(rollout, places, member);
  if (rollout.before === null || running !== rollout.before) return progress;
  if (state === S.reverting) finish(rollout, places, { member, outcome: 'reverted', now, running });
  else if (state === S['revert-waiting'] || state === S.offline || state === S.failed)
    finishLate(rollout, places, { member, outcome: 'reverted', now, running });
  else return progress;
  return ended();
}

/** Its health was lost: counts only while it has not yet stayed well for long enough. */
export function loseHealth(
  rollout: Rollout,
  places: Occupancy,
  lost: { member: number; now: number; reason: string },
): Taken {
  const { member, now, reason } = lost;
  if (STATES[rollout.state[member]!] !== 'unverified' || !has(rollout, member, CONFIRMED)) return progress;
  clear(rollout, member, CONFIRMED);
  finish(rollout, places, { member, outcome: 'lost-health', now, reason });
  return ended();
}
