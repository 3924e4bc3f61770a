/** The way that every rotation on a camera goes: it is the right one, what it has is turned over for something new, and it ends once. */
import type { Refusal, Result } from '@cityward/kernel';
import { enter, failWith, finish, NOT_REACHED, reach, type CameraWork } from './camera-work.ts';
import { checkCamera } from './checks.ts';

/**
 * @param turn can be begun again after a cut; it enters `restarting` once only the new one counts
 * @param away what to say where the camera went away in between, and what counts then
 */
export async function turnOver(
  work: CameraWork,
  turn: (work: CameraWork) => Promise<Result<void, Refusal>>,
  away: string,
): Promise<boolean> {
  enter(work, work.saved.now?.step === 'restarting' ? 'restarting' : 'installing');
  const same = await reach(work, () => checkCamera(work));
  if (work.signal.aborted) return false;
  if (!same) return finish(work, 'failed', NOT_REACHED);
  if (!same.ok) return failWith(work, same.error);
  const turned = await reach(work, () => turn(work));
  if (work.signal.aborted) return false;
  if (!turned) return finish(work, 'failed', away);
  return turned.ok ? finish(work, 'done') : failWith(work, turned.error);
}
