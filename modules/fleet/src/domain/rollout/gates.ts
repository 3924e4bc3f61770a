/** When the next wave opens, when everything stops, and when it is over: each decision with its words. */
import { finish, turnBack } from './attempts.ts';
import { countOf, isMoving, REVERT, S, skip, wavesIn, type Phase, type Rollout } from './state.ts';
import { isBusy, timeOver, willRetry, withdraw, type Moment } from './turn.ts';
import { isOpen } from './windows.ts';

export type Decision =
  | { readonly what: 'wave-opened'; readonly wave: number; readonly devices: number; readonly words: string }
  | { readonly what: 'paused'; readonly words: string }
  | { readonly what: 'stopped'; readonly words: string }
  | { readonly what: 'rolling-back'; readonly words: string; readonly devices: number }
  | { readonly what: 'finished'; readonly words: string }
  | { readonly what: 'rolled-back'; readonly words: string };

export const waveName = (rollout: Pick<Rollout, 'starts'>, wave: number): string => {
  if (wave === 0) return 'canary';
  const share = rollout.starts[wave + 1]! / rollout.starts.at(-1)!;
  return share === 1 ? 'all' : `${Math.round(share * 1_000) / 10} %`;
};
export const waveSize = (rollout: Rollout, wave: number): number => rollout.starts[wave + 1]! - rollout.starts[wave]!;
/** Offline devices neither block nor count. */
export const reachableIn = (rollout: Rollout, wave: number): number =>
  waveSize(rollout, wave) - countOf(rollout, wave, 'offline') - countOf(rollout, wave, 'skipped');
const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;

/** Everything that can be decided now, in order. Changes the rollout's phase and opens waves. */
export function decide(rollout: Rollout, moment: Moment): Decision[] {
  if (rollout.phase === 'rolling-back') return rolledBack(rollout);
  if (moment.now >= rollout.notAfter && (rollout.phase === 'running' || rollout.phase === 'paused')) {
    timeOver(rollout);
    return rollout.inFlight > 0 ? [] : [over(rollout)];
  }
  if (rollout.phase !== 'running') return [];
  const stop = overThreshold(rollout);
  if (stop !== null) return halt(rollout, moment, stop);
  if (rollout.open > 0) return advance(rollout, moment);
  const early = moment.now < rollout.notBefore || !isOpen(rollout.options.schedule, moment.now);
  return early ? [] : [openNext(rollout, 'The first devices of every kind begin')];
}

function overThreshold(rollout: Rollout): string | null {
  for (let wave = 0; wave < rollout.open; wave++) {
    const failing = rollout.failing[wave]! - rollout.forgiven[wave]!;
    const reachable = reachableIn(rollout, wave);
    const limit = Math.max(1, Math.ceil(rollout.options.threshold * reachable));
    if (failing >= limit)
      return `${failing} of ${reachable} devices failed in wave "${waveName(rollout, wave)}": the limit is ${percent(rollout.options.threshold)}`;
  }
  return null;
}

function halt(rollout: Rollout, moment: Moment, words: string): Decision[] {
  const stopped: Decision = { what: 'stopped', words };
  rollout.phase = 'stopped';
  withdraw(rollout, moment, 'The change was stopped');
  if (rollout.options.atThreshold === 'stop' || rollout.revertUntil === 0) return [stopped];
  return [stopped, startBack(rollout, moment, words)];
}

function openNext(rollout: Rollout, words: string): Decision {
  const wave = rollout.open++;
  return { what: 'wave-opened', wave, devices: waveSize(rollout, wave), words };
}

function advance(rollout: Rollout, { now }: Moment): Decision[] {
  const wave = rollout.open - 1;
  const done = countOf(rollout, wave, 'done');
  const reachable = reachableIn(rollout, wave);
  const reached = done > 0 && done >= rollout.options.quorum * reachable;
  if (reached && rollout.quorumAt[wave] === 0) rollout.quorumAt[wave] = now;
  if (!reached) rollout.quorumAt[wave] = 0; // health lost, or devices came back: the soak begins again
  const isLast = rollout.open === wavesIn(rollout);
  if (isLast) return isBusy(rollout) ? [] : [over(rollout)];
  if (reached && now - rollout.quorumAt[wave]! >= rollout.options.soakMs)
    return [openNext(rollout, `${done} of ${reachable} devices of wave "${waveName(rollout, wave)}" are done`)];
  if (reached || isBusy(rollout)) return [];
  rollout.phase = 'paused';
  const words = `${done} of ${reachable} reachable devices of wave "${waveName(rollout, wave)}" are done, ${percent(rollout.options.quorum)} wanted, and nothing more is on its way: a person must decide`;
  return [{ what: 'paused', words }];
}

function over(rollout: Rollout): Decision {
  rollout.phase = 'finished';
  const count = (state: 'done' | 'failed' | 'offline' | 'skipped'): number => {
    let sum = 0;
    for (let wave = 0; wave < wavesIn(rollout); wave++) sum += countOf(rollout, wave, state);
    return sum;
  };
  const words = `${count('done')} done, ${count('failed')} failed, ${count('offline')} offline, ${count('skipped')} skipped`;
  return { what: 'finished', words };
}

/** Sends everything back that has changed or may have. */
export function startBack(rollout: Rollout, moment: Moment, words: string): Decision {
  const { places, now } = moment;
  withdraw(rollout, moment, 'The change is rolled back');
  rollout.phase = 'rolling-back';
  let devices = 0;
  for (let member = 0; member < rollout.size; member++) {
    const state = rollout.state[member]!;
    if (rollout.part[member] === REVERT) continue;
    if (state === S.skipped) continue;
    // What has never said a word and holds no order has nothing to take back.
    if (rollout.seq[member] === 0 && (state === S.waiting || state === S.offline)) {
      skip(rollout, member, 'It had not begun when everything went back');
      continue;
    }
    if (isMoving(rollout, member))
      finish(rollout, places, { member, outcome: 'withdrawn', now, reason: 'Sent back while it was under way' });
    turnBack(rollout, member);
    devices++;
  }
  return { what: 'rolling-back', words, devices };
}

function rolledBack(rollout: Rollout): Decision[] {
  for (let wave = 0; wave < wavesIn(rollout); wave++)
    if (countOf(rollout, wave, 'revert-waiting') > 0 || countOf(rollout, wave, 'reverting') > 0) return [];
  if (rollout.inFlight > 0 || willRetry(rollout)) return [];
  rollout.phase = 'rolled-back';
  let failed = 0;
  let back = 0;
  for (let member = 0; member < rollout.size; member++) {
    if (rollout.state[member] === S.reverted) back++;
    else if (rollout.state[member] === S.failed && rollout.part[member] === REVERT) failed++;
  }
  return [{ what: 'rolled-back', words: `${back} devices are as they were, ${failed} are not` }];
}

export type Steering = 'pause' | 'resume' | 'stop' | 'roll-back';
/** Phases from which a person may do it. */
export const STEERED_FROM: Readonly<Record<Steering, readonly Phase[]>> = {
  pause: ['running'],
  resume: ['paused', 'stopped'],
  stop: ['running', 'paused'],
  'roll-back': ['running', 'paused', 'stopped', 'finished'],
};

/** What a person orders. Resuming overlooks the failures so far and, where a wave came to nothing, opens the next. */
export function steer(rollout: Rollout, moment: Moment, { how, words }: { how: Steering; words: string }): Decision[] {
  switch (how) {
    case 'pause':
      rollout.phase = 'paused';
      return [{ what: 'paused', words }];
    case 'stop':
      rollout.phase = 'stopped';
      withdraw(rollout, moment, 'The change was stopped');
      return [{ what: 'stopped', words }];
    case 'roll-back':
      return [startBack(rollout, moment, words)];
    case 'resume': {
      rollout.phase = 'running';
      rollout.forgiven.set(rollout.failing);
      const stuck = rollout.open > 0 && rollout.open < wavesIn(rollout) && !isBusy(rollout);
      return stuck ? [openNext(rollout, words)] : [];
    }
  }
}
