/** What time does to a change: devices whose turn it is are ordered, those silent for too long have failed. */
import { begin, finish } from './attempts.ts';
import {
  clear,
  CLAIMED,
  CONFIRMED,
  countOf,
  DELIVERED,
  has,
  hasRoom,
  isMoving,
  letGo,
  move,
  OTHER,
  REVERT,
  S,
  skip,
  type Occupancy,
  type Rollout,
} from './state.ts';
import { isOpen } from './windows.ts';

/** What the engine asks of the city, member by member. */
export interface World {
  /** True while nothing may begin there: an incident. */
  frozen(member: number): boolean;
  reachable(member: number): boolean;
  /** Why it is out of the change for good, e.g. its certificate was revoked or a newer change is for it; null for nothing. */
  barred(member: number): string | null;
}
export interface Moment {
  readonly places: Occupancy;
  readonly world: World;
  readonly now: number;
  /** The city listens again only since lately: whoever is not there may be on the way back, and is not taken for away. */
  readonly isReturning: boolean;
}

/** Members that are to be ordered now; they hold their places already. Tell them only once that is saved. */
export function dueNow(rollout: Rollout, moment: Moment): number[] {
  const { now } = moment;
  const due: number[] = [];
  const back = rollout.phase === 'rolling-back' || rollout.phase === 'rolled-back';
  if (back) {
    if (now < rollout.revertUntil) pick(rollout, moment, { from: 0, to: rollout.size, due });
    return due;
  }
  if ((rollout.phase !== 'running' && rollout.phase !== 'finished') || now >= rollout.notAfter) return due;
  if (now < rollout.notBefore) return due;
  if (!isOpen(rollout.options.schedule, now)) return due;
  pick(rollout, moment, { from: 0, to: rollout.starts[rollout.open]!, due });
  return due;
}

interface Picking {
  readonly from: number;
  readonly to: number;
  readonly due: number[];
}

function pick(rollout: Rollout, moment: Moment, { from, to, due }: Picking): void {
  const { places, world, now } = moment;
  const { state, retryAt, options } = rollout;
  for (let member = from; member < to && rollout.inFlight < options.inFlight; member++) {
    const is = state[member]!;
    const again = is === S.failed && retryAt[member]! > 0 && retryAt[member]! <= now;
    if (is !== S.waiting && is !== S['revert-waiting'] && !again) continue;
    if (world.frozen(member)) continue;
    const barred = world.barred(member);
    if (barred !== null) {
      retryAt[member] = 0;
      if (!again) skip(rollout, member, barred);
      continue;
    }
    if (!hasRoom(rollout, places, member)) continue;
    if (!world.reachable(member)) {
      if (!again && !moment.isReturning) move(rollout, member, 'offline');
      continue;
    }
    begin(rollout, places, { member, now });
    due.push(member);
  }
}

/** The orders are saved: from here on the devices may be told. */
export function ordered(rollout: Rollout, members: readonly number[]): void {
  for (const member of members)
    if (rollout.state[member] === S.ordering)
      move(rollout, member, rollout.part[member] === REVERT ? 'reverting' : 'ordered');
}

/** Ends what has been silent for too long and what has stayed well for long enough. Time stands still where it is frozen. */
export function expire(rollout: Rollout, moment: Moment): number {
  const { places, world, now } = moment;
  const { silenceMs, healthMs } = rollout.options;
  if (rollout.inFlight === 0) return 0;
  let ended = 0;
  for (let member = 0; member < rollout.size; member++) {
    if (!isMoving(rollout, member) || rollout.state[member] === S.ordering) continue;
    const proving = has(rollout, member, CONFIRMED);
    // Without a word that it is done, what it shows may be a trial: it has as long to say so as to say anything.
    const isProven = proving && has(rollout, member, CLAIMED);
    if (now - rollout.since[member]! < (isProven ? healthMs : Math.max(proving ? healthMs : 0, silenceMs))) continue;
    if (world.frozen(member) && !proving) {
      rollout.since[member] = now;
      continue;
    }
    const reachable = world.reachable(member);
    if (!reachable && moment.isReturning) continue;
    if (proving) {
      if (reachable) finish(rollout, places, { member, outcome: 'done', now, running: rollout.wanted });
      else finish(rollout, places, { member, outcome: 'lost-health', now, reason: 'Went away after the change' });
    } else if (has(rollout, member, OTHER)) {
      finish(rollout, places, { member, outcome: 'wrong-version', now, reason: 'Still shows another version' });
    } else if (!has(rollout, member, DELIVERED) && !reachable) {
      finish(rollout, places, { member, outcome: 'offline', now, reason: 'Went away before it had the order' });
    } else {
      const last = has(rollout, member, DELIVERED) ? 'No word any more' : 'No word at all';
      finish(rollout, places, { member, outcome: 'silent', now, reason: last });
    }
    ended++;
  }
  return ended;
}

/** Takes back orders of which no device has said a word. They count for nothing. */
export function withdraw(rollout: Rollout, { places, now }: Pick<Moment, 'places' | 'now'>, reason: string): number {
  let count = 0;
  for (let member = 0; member < rollout.size; member++) {
    const untold = rollout.state[member] === S.ordering;
    if (!untold && (!isMoving(rollout, member) || has(rollout, member, DELIVERED))) continue;
    finish(rollout, places, { member, outcome: 'withdrawn', now, reason });
    count++;
  }
  return count;
}

/**
 * When nothing is under way anywhere and nothing is due: gives up on those whose place is taken by devices that are dark, for nothing
 * but a person or those devices themselves can help them.
 */
export function skipBlocked(rollout: Rollout, places: Occupancy, now: number): void {
  if (rollout.phase !== 'running' || now < rollout.notBefore || !isOpen(rollout.options.schedule, now)) return;
  const { state, retryAt } = rollout;
  for (let member = 0; member < rollout.size; member++)
    if (state[member] === S.failed && retryAt[member]! > now) return;
  for (let member = 0; member < rollout.starts[rollout.open]!; member++) {
    if (hasRoom(rollout, places, member)) continue;
    if (state[member] === S.waiting) skip(rollout, member, 'Its place is taken by devices that went dark');
    else if (state[member] === S.failed) retryAt[member] = 0;
  }
}

/** Its time is over: nothing that waits will begin any more. */
export function timeOver(rollout: Rollout): void {
  for (let member = 0; member < rollout.size; member++) {
    rollout.retryAt[member] = 0;
    if (rollout.state[member] === S.waiting) skip(rollout, member, 'Its time was over before its turn came');
  }
}

/** Whether anything of the opened waves is still on its way or will be. */
export function isBusy(rollout: Rollout): boolean {
  if (rollout.inFlight > 0 || willRetry(rollout)) return true;
  for (let wave = 0; wave < rollout.open; wave++) if (countOf(rollout, wave, 'waiting') > 0) return true;
  return false;
}

/** Whether a device that failed will be tried again. */
export function willRetry(rollout: Rollout): boolean {
  for (let member = 0; member < rollout.size; member++)
    if (rollout.state[member] === S.failed && rollout.retryAt[member]! > 0) return true;
  return false;
}

/** Ends further tries and gives places back: the change is over for good. */
export function giveUp(rollout: Rollout, places: Occupancy): void {
  for (let member = 0; member < rollout.size; member++) {
    rollout.retryAt[member] = 0;
    if (!isMoving(rollout, member)) letGo(rollout, places, member);
    clear(rollout, member, OTHER);
  }
}
