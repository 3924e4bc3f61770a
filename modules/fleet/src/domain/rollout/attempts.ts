/** How an attempt begins and ends: the only code that writes attempts, and the tallies with them. */
import {
  CLAIMED,
  clear,
  CONFIRMED,
  DARK,
  DELIVERED,
  FAILING,
  FORWARD,
  has,
  hold,
  isMoving,
  letGo,
  move,
  O,
  OTHER,
  OUTCOMES,
  REVERT,
  S,
  set,
  wavesIn,
  type Attempt,
  type Occupancy,
  type Outcome,
  type Part,
  type Rollout,
} from './state.ts';

const ATTEMPTS_MAX = 255;
export const COUNTED: ReadonlySet<Outcome> = new Set(['error', 'rejected', 'silent', 'wrong-version', 'lost-health']);
/** The device may be dark or in a restart that never ends. */
const MAYBE_DARK: ReadonlySet<Outcome> = new Set(['silent', 'lost-health']);
/** Once refused by the device itself, the same order is refused again. */
const FINAL: ReadonlySet<Outcome> = new Set(['rejected']);

export const tallyAt = (rollout: Rollout, attempt: Pick<Attempt, 'part' | 'wave' | 'outcome'>): number =>
  (attempt.part * wavesIn(rollout) + attempt.wave) * OUTCOMES.length + O[attempt.outcome];

/** Begins the next attempt: the device holds its place from here on, before anybody tells it. */
export function begin(rollout: Rollout, places: Occupancy, { member, now }: { member: number; now: number }): void {
  if (rollout.attempt[member]! < ATTEMPTS_MAX) rollout.attempt[member]!++;
  rollout.orderedAt[member] = now;
  rollout.since[member] = now;
  rollout.retryAt[member] = 0;
  clear(rollout, member, DELIVERED | CONFIRMED | OTHER | DARK | CLAIMED);
  if (!isMoving(rollout, member)) rollout.inFlight++;
  hold(rollout, places, member);
  move(rollout, member, 'ordering');
}

export interface Ending {
  readonly member: number;
  readonly outcome: Outcome;
  readonly now: number;
  readonly running?: string | null;
  readonly reason?: string | null;
}

/** Ends the attempt that runs: writes it down, moves the device, and says whether it will be tried again. */
export function finish(rollout: Rollout, places: Occupancy, ending: Ending): void {
  const { member, outcome, now } = ending;
  if (!isMoving(rollout, member)) throw new Error(`end an attempt of member ${member}: none runs`);
  write(rollout, ending);
  rollout.inFlight--;
  if (MAYBE_DARK.has(outcome)) set(rollout, member, DARK);
  else letGo(rollout, places, member);
  if (COUNTED.has(outcome)) return failed(rollout, { member, outcome, now });
  if (outcome === 'done' || outcome === 'reverted') return settled(rollout, member, outcome);
  move(
    rollout,
    member,
    outcome === 'offline' ? 'offline' : rollout.part[member] === REVERT ? 'revert-waiting' : 'waiting',
  );
}

/** A device that had failed, or was never asked, and yet is where it should be: one more attempt that was done at once. */
export function finishLate(
  rollout: Rollout,
  places: Occupancy,
  ending: Ending & { outcome: 'done' | 'reverted' },
): void {
  const { member, now } = ending;
  begin(rollout, places, { member, now });
  finish(rollout, places, { ...ending, reason: ending.reason ?? 'Reported late' });
}

function write(rollout: Rollout, { member, outcome, now, running, reason }: Ending): void {
  const attempt: Attempt = {
    member,
    part: rollout.part[member] as Part,
    attempt: rollout.attempt[member]!,
    wave: rollout.wave[member]!,
    outcome,
    ordered: rollout.orderedAt[member]!,
    ended: Math.max(now, rollout.orderedAt[member]!), // a clock may be put back
    seq: rollout.seq[member]!,
    running: running ?? null,
    reason: reason ?? null,
  };
  rollout.tally[tallyAt(rollout, attempt)]!++;
  rollout.ended.push(attempt);
}

function failed(rollout: Rollout, { member, outcome, now }: Pick<Ending, 'member' | 'outcome' | 'now'>): void {
  move(rollout, member, 'failed');
  if (!has(rollout, member, FAILING)) {
    set(rollout, member, FAILING);
    if (rollout.part[member] === FORWARD) rollout.failing[rollout.wave[member]!]!++;
  }
  const { retries, backOffMs } = rollout.options;
  const tries = rollout.attempt[member]!;
  if (FINAL.has(outcome) || tries > retries || rollout.retriesLeft === 0) return;
  rollout.retriesLeft--;
  rollout.retryAt[member] = now + backOffMs * 2 ** (tries - 1);
}

function settled(rollout: Rollout, member: number, outcome: 'done' | 'reverted'): void {
  move(rollout, member, outcome);
  recover(rollout, member);
}

/** It no longer counts as failing. */
export function recover(rollout: Rollout, member: number): void {
  if (!has(rollout, member, FAILING)) return;
  clear(rollout, member, FAILING);
  if (rollout.part[member] === FORWARD) rollout.failing[rollout.wave[member]!]!--;
}

/** Puts an attempt back that was saved before a restart. `places` is not touched but for devices that may be dark. */
export function replay(rollout: Rollout, places: Occupancy, attempt: Attempt): void {
  const { member } = attempt;
  if (attempt.part === REVERT && rollout.part[member] === FORWARD) turnBack(rollout, member);
  rollout.attempt[member] = attempt.attempt - 1;
  rollout.seq[member] = Math.max(rollout.seq[member]!, attempt.seq);
  const { seq } = attempt;
  begin(rollout, places, { member, now: attempt.ordered });
  rollout.seq[member] = seq;
  finish(rollout, places, { ...attempt, now: attempt.ended });
  rollout.ended.pop();
}

/** From here on the device is to go back; its reports are counted from one again. */
export function turnBack(rollout: Rollout, member: number): void {
  recover(rollout, member);
  rollout.part[member] = REVERT;
  rollout.attempt[member] = 0;
  rollout.seq[member] = 0;
  rollout.retryAt[member] = 0;
  clear(rollout, member, DELIVERED | CONFIRMED | OTHER | CLAIMED);
  if (rollout.state[member] !== S['revert-waiting']) move(rollout, member, 'revert-waiting');
}

/** What is kept of attempts, by `part wave outcome`, without zeroes. */
export function tallies(rollout: Rollout): Record<string, number> {
  const counts: Record<string, number> = {};
  const waves = wavesIn(rollout);
  for (const [at, count] of rollout.tally.entries()) {
    const outcome = OUTCOMES[at % OUTCOMES.length]!;
    const row = Math.floor(at / OUTCOMES.length);
    if (count > 0) counts[`${Math.floor(row / waves)} ${row % waves} ${outcome}`] = count;
  }
  return counts;
}
