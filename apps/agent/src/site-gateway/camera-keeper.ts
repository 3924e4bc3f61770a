/** One camera behind this gateway: its orders are kept as a device keeps its own, and done on the camera by whom it is reached. */
import type { JobAction } from '@cityward/contracts';
import { unreachable, type Refusal, type Result } from '@cityward/kernel';
import { createKeeper, type Updater } from '../update/updater.ts';
import { manageFirmware, readInfo } from './camera-api.ts';
import {
  attempt,
  enter,
  failWith,
  finish,
  keepOrder,
  looks,
  permitOf,
  reach,
  NOT_REACHED,
  type CameraParts,
  type CameraWork,
} from './camera-work.ts';
import { rotateCertificate } from './certificates.ts';
import { configure } from './configure.ts';
import { changeOverOnvif, installOverOnvif } from './onvif.ts';
import { rotateAccount } from './rotation.ts';
import { setOnCamera } from './movable.ts';
import { checkCamera } from './checks.ts';
import { installFirmware } from './upgrade.ts';
import { wipeCamera } from './wipe.ts';

/** One step of the order under way. */
async function step(work: CameraWork): Promise<boolean> {
  const { now } = work.saved;
  if (!now) return false;
  const isOnvif = work.parts.record().driver === 'onvif';
  if (now.target?.part === 'firmware')
    return isOnvif ? installOverOnvif(work, now.target) : installFirmware(work, now.target);
  if (now.action.do === 'restart') return restart(work);
  if (isOnvif)
    return finish(work, 'failed', `do "${now.action.do}": over ONVIF this gateway upgrades and restarts, nothing else`);
  if (now.target) return configure(work, now.target);
  return act(work, now.action);
}

async function act(work: CameraWork, action: JobAction): Promise<boolean> {
  switch (action.do) {
    case 'rotate':
      return action.what === 'credentials' ? rotateAccount(work) : rotateCertificate(work);
    case 'wipe':
      return wipeCamera(work);
    case 'set':
      return setOnCamera(work, action);
    case 'configure':
      return finish(work, 'failed', `do "${action.do}": this gateway has no way to do so on a camera`);
    case 'install':
    case 'restart':
      return finish(work, 'failed', `do "${action.do}": the order does not say with what`);
    default:
      return unreachable(action);
  }
}

async function restart(work: CameraWork): Promise<boolean> {
  const { client, record, timing } = work.parts;
  const isOnvif = record().driver === 'onvif';
  if (work.saved.now?.step !== 'restarting') {
    const same = await reach(work, () =>
      isOnvif ? Promise.resolve({ ok: true as const, value: undefined }) : checkCamera(work),
    );
    if (work.signal.aborted) return false;
    if (!same) return finish(work, 'failed', NOT_REACHED);
    if (!same.ok) return failWith(work, same.error);
    enter(work, 'restarting');
    const told = await attempt<Result<unknown, Refusal>>(() =>
      isOnvif
        ? changeOverOnvif(client, 'SystemReboot', permitOf(work))
        : manageFirmware(client, 'reboot', permitOf(work)),
    );
    if (told && !told.ok) return failWith(work, told.error);
  }
  let wasAway = false;
  for await (const past of looks(work, timing.confirmMs)) {
    const info = await attempt(() => readInfo(client));
    if (work.signal.aborted) return false;
    if (!info) wasAway = true;
    else if (wasAway || past > timing.settleMs) return finish(work, 'done');
  }
  return work.signal.aborted
    ? false
    : finish(work, 'failed', 'it has not been reached since it was told to start anew');
}

export const createCameraKeeper = (parts: CameraParts): Updater =>
  createKeeper({ ...parts, begins: (order) => keepOrder(parts.disk, order) }, step);
