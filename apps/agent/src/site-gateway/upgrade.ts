/**
 * Firmware of a camera by the safe recipe: never committed by itself, back by itself after half an hour, and committed only when the
 * camera was seen to run what was signed. Each step can be begun again after a power cut at either end.
 */
import type { Refusal, Result } from '@cityward/kernel';
import { DownloadFault } from '../update/work.ts';
import type { Target } from '../update/progress.ts';
import { manageFirmware, numberOf, readFirmware, startUpgrade, type FirmwareStatus } from './camera-api.ts';
import type { Image } from './camera-asks.ts';
import {
  attempt,
  enter,
  failWith,
  finish,
  looks,
  NOT_REACHED,
  permitOf,
  reach,
  type CameraWork,
} from './camera-work.ts';
import { checkCamera } from './checks.ts';
import { WrongBytes } from './images.ts';

const TRIES_MAX = 5;

/** Reads what it runs, and remembers it. */
export async function lookAtFirmware(work: CameraWork): Promise<Result<FirmwareStatus, Refusal>> {
  const read = await readFirmware(work.parts.client);
  if (read.ok) work.parts.shows({ firmware: read.value.version });
  return read;
}

export async function installFirmware(work: CameraWork, target: Target): Promise<boolean> {
  if (work.saved.now?.step === 'restarting') return awaitNew(work, target);
  const same = await reach(work, () => checkCamera(work));
  const status = same?.ok ? await reach(work, () => lookAtFirmware(work)) : same;
  if (work.signal.aborted) return false;
  if (!status) return finish(work, 'failed', NOT_REACHED);
  if (!status.ok) return failWith(work, status.error);
  const { version, isCommitted, inactive } = status.value as FirmwareStatus;
  const wanted = target.label.version;
  if (version === wanted && isCommitted) return finish(work, 'done');
  // The answer to an upload was lost, or the gateway was: what it brought runs on trial.
  if (version === wanted && work.saved.now?.step === 'installing') return restarted(work, target);
  if (!isCommitted)
    return finish(
      work,
      'failed',
      'its last upgrade has not been committed; it goes back by itself, then it can be changed',
    );
  if (work.saved.now?.part === 'revert') return goBack(work, target, inactive === wanted);
  return bring(work, target);
}

function restarted(work: CameraWork, target: Target): Promise<boolean> {
  enter(work, 'restarting');
  return awaitNew(work, target);
}

/** The way back is the other partition: an upload of older firmware would ask for a factory default and erase the account. */
async function goBack(work: CameraWork, target: Target, isThere: boolean): Promise<boolean> {
  if (!isThere)
    return finish(
      work,
      'failed',
      `"${target.label.version}" is not in its other partition, and it takes no older firmware`,
    );
  enter(work, 'installing');
  const rolled = await attempt(() => manageFirmware(work.parts.client, 'rollback', permitOf(work)));
  if (rolled && !rolled.ok) return failWith(work, rolled.error);
  return restarted(work, target);
}

async function bring(work: CameraWork, target: Target): Promise<boolean> {
  const { parts } = work;
  // Before any work: an order that does not hold is not even downloaded for.
  const allowed = permitOf(work)();
  if (!allowed.ok) return failWith(work, allowed.error);
  const image = await fetchImage(work, target);
  if (work.signal.aborted) return false;
  if (typeof image === 'string') return finish(work, 'failed', image);
  enter(work, 'installing');
  const params = {
    autoCommit: 'never',
    autoRollback: String(parts.timing.rollbackMinutes),
    factoryDefaultMode: 'none',
  } as const;
  for (let tries = 1; ; tries++) {
    const started = await attempt(() => startUpgrade(parts.client, { params, image }, permitOf(work)));
    if (work.signal.aborted) return false;
    if (started?.ok) return restarted(work, target);
    const isBusy = started !== null && [423, 500].includes(numberOf(started.error) ?? 0);
    if (started && (!isBusy || tries >= TRIES_MAX)) return failWith(work, started.error);
    if (!started) {
      // Nobody knows what arrived: the camera is asked before it is sent again.
      const now = await reach(work, () => lookAtFirmware(work));
      if (work.signal.aborted) return false;
      if (now?.ok && now.value.version === target.label.version) return restarted(work, target);
      if (!now || tries >= TRIES_MAX) return finish(work, 'failed', 'its connection broke while the firmware was sent');
    }
    await parts.pause(parts.timing.lookMs, work.signal);
  }
}

/** The image, or why it never comes. */
export async function fetchImage(work: CameraWork, { label }: Target): Promise<Image | string> {
  const { parts, signal, withdrawal } = work;
  enter(work, 'downloading');
  const wanted = { sha256: label.sha256, size: label.size, source: work.saved.now?.source ?? null };
  const ends = AbortSignal.any([signal, withdrawal.signal]);
  for (let tries = 1; ; tries++) {
    if (withdrawal.signal.aborted) return 'taken back by the city before it was installed';
    try {
      return await parts.image(wanted, ends);
    } catch (fault) {
      const { message } = fault as Error;
      if (fault instanceof WrongBytes)
        parts.alarm({ kind: 'invalid', code: 'BYTES_NOT_SIGNED', message }, work.saved.now?.job ?? null);
      else if (!(fault instanceof DownloadFault)) throw fault;
      if (fault instanceof WrongBytes || tries >= TRIES_MAX) return message;
      if (signal.aborted) return message;
      await parts.pause(parts.timing.lookMs * tries, ends);
    }
  }
}

/** Offline, back, seen to run what was signed, committed. */
async function awaitNew(work: CameraWork, target: Target): Promise<boolean> {
  const { timing } = work.parts;
  const wanted = target.label.version;
  let wasAway = false;
  const patience = timing.rollbackMinutes * 60_000 + timing.confirmMs;
  for await (const past of looks(work, patience)) {
    const status = await attempt(() => lookAtFirmware(work));
    if (work.signal.aborted) return false;
    if (!status) wasAway = true;
    else if (!status.ok) return failWith(work, status.error);
    else if (status.value.version === wanted && status.value.isCommitted) return finish(work, 'done');
    else if (status.value.version === wanted && past < timing.confirmMs) {
      const refusal = await confirm(work);
      if (refusal) return finish(work, 'failed', `${refusal.message}; not committed, so that it goes back by itself`);
    } else if (status.value.version !== wanted && status.value.isCommitted && (wasAway || past > timing.settleMs))
      return finish(work, 'reverted', `it runs "${status.value.version}" again, "${wanted}" did not stay`);
  }
  return work.signal.aborted ? false : finish(work, 'failed', 'it has not been reached since it was upgraded');
}

/** Null once it was told to keep what runs, or where it was not reached: then it is looked at again. */
async function confirm(work: CameraWork): Promise<Refusal | null> {
  const same = await attempt(() => checkCamera(work));
  if (!same) return null;
  if (!same.ok) return same.error;
  const committed = await attempt(() => manageFirmware(work.parts.client, 'commit', permitOf(work)));
  if (!committed || committed.ok || numberOf(committed.error) === 423) return null;
  return committed.error;
}
