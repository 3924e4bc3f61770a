/** What the steps of a change share that a gateway makes on a camera: its order shown again before each call, patience, and an end. */
import type { JobOrder, JobReport, WipeProof } from '@cityward/contracts';
import { MINUTE_MS, ok, refuse, SECOND_MS, type Refusal, type Result } from '@cityward/kernel';
import { advance, counterFor, end, type Step } from '../update/progress.ts';
import { readJson, replaceJson, type Disk } from '../update/disk.ts';
import type { KeeperParts, Keeping, Runs, Wanted } from '../update/work.ts';
import type { Image } from './camera-asks.ts';
import { CameraUnreachable, type CameraClient, type Permit } from './camera-client.ts';
import type { CameraRecord } from './records.ts';

const ORDER_FILE = 'order.json';

export interface Timing {
  /** Between two looks at a camera that is awaited. */
  readonly lookMs: number;
  /** How long a camera is waited for before anything was done to it. */
  readonly reachMs: number;
  /** After an upgrade: it is confirmed within this, or not at all. */
  readonly confirmMs: number;
  /** After which the camera goes back by itself; longer than the wait for it. */
  readonly rollbackMinutes: number;
  /** A camera that has not even gone away in this time after it was told to has not done so. */
  readonly settleMs: number;
  /** How long a camera is waited for that its port did not let in with 802.1X, to take it off again. */
  readonly rescueMs: number;
  /** How long the camera may take to erase its memory card. */
  readonly formatMs: number;
}
export const TIMING: Timing = {
  lookMs: 5 * SECOND_MS,
  reachMs: 5 * MINUTE_MS,
  confirmMs: 15 * MINUTE_MS,
  rollbackMinutes: 30,
  settleMs: 3 * MINUTE_MS,
  rescueMs: 60 * MINUTE_MS,
  formatMs: 10 * MINUTE_MS,
};

export interface CameraParts extends KeeperParts {
  readonly client: CameraClient;
  record(): CameraRecord;
  /** Durable on return. */
  keepRecord(record: CameraRecord): void;
  /** What it was seen to run. */
  shows(running: Partial<Runs>): void;
  /** On this machine, whole and with the hash that was signed; throws DownloadFault or WrongBytes. */
  image(wanted: Wanted, signal: AbortSignal): Promise<Image>;
  document(wanted: Wanted, signal: AbortSignal): Promise<string>;
  /** A certificate of the city for the camera's own request, PEM; asked for by this gateway on its behalf. */
  certify(request: Buffer): Promise<string>;
  /** The gateway's own signature on the last report of a camera that it erased. */
  proveWiped(report: JobReport): WipeProof;
  /** PEM of the city's authority. */
  readonly ca: string;
  readonly timing: Timing;
  /** Resolves after so long, or at once when the signal is given. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}
export type CameraWork = Keeping<CameraParts>;

/** The order is kept as it came, so that it can be shown again with its signatures. */
export const keepOrder = (disk: Disk, order: JobOrder): void => replaceJson(disk, ORDER_FILE, order);
export const keptOrder = (disk: Disk): JobOrder | null => readJson(disk, ORDER_FILE) as JobOrder | null;

/**
 * Whether the order under way still lets the camera be changed: verified anew with every signature, against the officers pinned now,
 * in its window, for this camera. Asked before every single call that changes it.
 */
export const permitOf =
  (work: CameraWork): Permit =>
  () => {
    const { parts, saved } = work;
    const order = keptOrder(parts.disk);
    if (!order || order.job?.id !== saved.now?.job || order.part !== saved.now?.part)
      return refuse('forbidden', 'ORDER_MISSING', 'change the camera: the order for it is not here');
    const against = { counter: counterFor(saved, order), runs: parts.runs(), now: parts.clock() };
    const verified = parts.verify(order, against);
    return verified.ok ? ok(undefined) : verified;
  };

/** Writes the step down before it is taken; the same again is said once. */
export function enter(work: CameraWork, step: Step): void {
  if (work.saved.now?.step !== step) work.keep(advance(work.saved, step, work.said()));
}

/** Ends the order under way; true, as of any step that was the last. */
export function finish(work: CameraWork, state: 'done' | 'failed' | 'reverted', reason: string | null = null): true {
  work.keep(end(work.saved, { ...work.said(), state, reason }));
  return true;
}
export const failWith = (work: CameraWork, refusal: Refusal): true =>
  finish(work, 'failed', refusal.code === 'CAMERA_REFUSED' ? refusal.message : `${refusal.code}: ${refusal.message}`);

/** One try; null where the camera was not reached. */
export async function attempt<T>(act: () => Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch (fault) {
    if (fault instanceof CameraUnreachable) return null;
    throw fault;
  }
}

/** Tries until the camera answers; null where it did not in time, or where the gateway stops. */
export async function reach<T>(
  work: CameraWork,
  act: () => Promise<Result<T, Refusal>>,
): Promise<Result<T, Refusal> | null> {
  const { parts, signal } = work;
  const until = parts.clock() + parts.timing.reachMs;
  for (;;) {
    const answered = await attempt(act);
    if (answered || signal.aborted || parts.clock() >= until) return answered;
    await parts.pause(parts.timing.lookMs, signal);
  }
}
export const NOT_REACHED = 'it could not be reached; nothing was changed';

/** Goes on while it looks; stops when the gateway does. `false`: the time is over. */
export async function* looks(work: CameraWork, ms: number): AsyncGenerator<number, void> {
  const { parts, signal } = work;
  const began = parts.clock();
  for (let past = 0; past < ms && !signal.aborted; past = parts.clock() - began) {
    yield past;
    await parts.pause(parts.timing.lookMs, signal);
  }
}
