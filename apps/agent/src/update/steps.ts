/** The steps of an order after it was taken up; each can be begun again after a power cut. */
import type { JobAction } from '@cityward/contracts';
import { unreachable } from '@cityward/kernel';
import { install } from './install.ts';
import { advance, end, leave, turnBack } from './progress.ts';
import { confirm, giveUp, type Part, type Running } from './slots.ts';
import { CONFIRM_MS, type Acts, type Work } from './work.ts';

/** One step of the order under way; false when nothing more is to be done before the next start. */
export async function step(work: Work): Promise<boolean> {
  const { now } = work.saved;
  if (!now) return false;
  if (!now.target) return act(work, now.action);
  const { part, label } = now.target;
  const running = work.parts.booted[part];
  if (running?.label.sha256 === label.sha256) return confirmed(work, running, part);
  if (now.step !== 'restarting') return install(work, now.target);
  const reason = now.reason ?? 'the new one did not start; the one before runs again';
  work.keep(end(work.saved, { ...work.said(), state: 'reverted', reason }));
  return true;
}

/** What the order wants runs: stays where it has shown itself healthy, goes back where it has not. */
async function confirmed(work: Work, running: Running, part: Part): Promise<boolean> {
  const { parts } = work;
  if (running.trial) {
    if (work.saved.now?.step !== 'restarting') work.keep(advance(work.saved, 'restarting', work.said()));
    // A reason that stands already: it was given up just before the power went.
    const reason = work.saved.now?.reason ?? (await findFault(work));
    if (work.signal.aborted) return false;
    if (reason !== null) return goBack(work, part, reason);
    confirm(parts.disk, part, running.slot);
  }
  work.keep(end(work.saved, { ...work.said(), state: 'done' }));
  return true;
}

function goBack(work: Work, part: Part, reason: string): false {
  if (work.saved.now?.reason === null) work.keep(turnBack(work.saved, reason));
  giveUp(work.parts.disk, part);
  work.parts.restart();
  return false;
}

/** Null when what is on trial is healthy. */
async function findFault({ parts, signal }: Work): Promise<string | null> {
  const trial = new AbortController();
  const ends = AbortSignal.any([signal, trial.signal]);
  const late = parts.pause(parts.confirmMs ?? CONFIRM_MS, ends).then(() => null);
  const verdict = await Promise.race([parts.healthy(ends).catch(() => false), late]);
  trial.abort();
  if (verdict === true) return null;
  return verdict === null ? 'not confirmed in time; back to the one before' : 'not healthy; back to the one before';
}

/** What is done by one act of the device's own. */
async function act(work: Work, action: JobAction): Promise<boolean> {
  const { parts } = work;
  if (action.do === 'restart') return restart(work);
  if (work.saved.now?.step === 'accepted') work.keep(advance(work.saved, 'installing', work.said()));
  let reason: string | null = null;
  try {
    if (action.do === 'wipe') return await wipe(work);
    await perform(parts.acts, action);
  } catch (fault) {
    reason = (fault as Error).message;
  }
  if (work.signal.aborted) return false;
  work.keep(end(work.saved, { ...work.said(), state: reason === null ? 'done' : 'failed', reason }));
  return true;
}

/** Erases everything but what the last report needs; the report is signed and kept in one write. */
async function wipe(work: Work): Promise<boolean> {
  const wiping = work.parts.acts.wipe;
  if (!wiping) throw new Error('do "wipe": this device has no way to');
  const reason = await wiping.erase();
  if (work.signal.aborted) return false;
  const { now } = work.saved;
  if (!now) return false;
  work.keep(leave(end(work.saved, { ...work.said(), running: null, state: 'done', reason }), wiping.prove));
  return true;
}

function restart(work: Work): boolean {
  if (work.saved.now?.step === 'restarting') {
    work.keep(end(work.saved, { ...work.said(), state: 'done' }));
    return true;
  }
  work.keep(advance(work.saved, 'restarting', work.said()));
  work.parts.restart();
  return false;
}

/** Throws what stood in the way. */
async function perform(acts: Acts, action: JobAction): Promise<void> {
  const cannot = (): never => {
    throw new Error(`do "${action.do}": this device has no way to`);
  };
  switch (action.do) {
    case 'rotate':
      return acts.rotate ? acts.rotate(action.what) : cannot();
    case 'set':
      return acts.set ? acts.set(action.name, action.to) : cannot();
    case 'wipe':
    case 'install':
    case 'configure':
    case 'restart':
      return cannot();
    default:
      return unreachable(action);
  }
}
