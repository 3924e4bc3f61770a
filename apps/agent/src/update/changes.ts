/** One device's changes over its own link: orders in, reports out, and the restarts in between. */
import type { JobReport } from '@cityward/contracts';
import { SignedOfficers } from '@cityward/contracts';
import { verifyOrder } from '@cityward/fleet/verify';
import { refuse, type Json, type Refusal } from '@cityward/kernel';
import { Compile } from 'typebox/compile';
import type { Disk } from './disk.ts';
import type { PinnedOfficers } from './officers.ts';
import { boot, imageName, type Booted } from './slots.ts';
import { createUpdater, ORDER_MAX_BYTES, runsOf, type Updater } from './updater.ts';
import type { Acts, Runs, UpdaterParts } from './work.ts';

/** Reports on their way; of refusals, which are not kept, the oldest make room. */
const PENDING_MAX = 32;

export interface ChangesParts {
  readonly device: string;
  readonly disk: Disk;
  /** Firmware version that the device left the factory with. */
  readonly factory: string | null;
  readonly officers: PinnedOfficers;
  readonly download: UpdaterParts['download'];
  /** QoS 1; false when it was not taken. Calls back once the city has it. */
  publish(report: JobReport, acknowledged: () => void): boolean;
  /** Cuts the link, calls `start` as the device starts again (it answers what runs then), and dials anew. */
  restart(start: () => Booted): void;
  /** Asked once the link is there after a start on trial; a device that is not reached again never gets so far. */
  isHealthy?(booted: Booted): boolean;
  readonly acts: Acts;
  alarm(refusal: Refusal, job: string | null): void;
  /** It trusts newer officers from now on. */
  followed(): void;
  failed(fault: unknown): void;
  readonly confirmMs?: number;
}
export interface Changes {
  online(): void;
  offline(): void;
  take(payload: Uint8Array): void;
  stop(): void;
  readonly busy: boolean;
  readonly runs: Runs;
  /** Version of the officers' document that it trusts; null while none is pinned. */
  readonly officers: number | null;
  /** The configuration document that it runs; null while it runs none, or one that is none. */
  settings(): Json | null;
}

const signedOfficers = Compile(SignedOfficers);

/** New officers come on the same topic as orders, and only by the signatures of enough of the old ones. */
export function asOfficers(payload: Uint8Array): SignedOfficers | null {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (bytes.length > ORDER_MAX_BYTES || !bytes.subarray(0, 64).includes('"officers"')) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return signedOfficers.Check(value) ? value : null;
  } catch {
    return null;
  }
}

/** Resolves after so long, or at once when the signal is given. */
export const pause: UpdaterParts['pause'] = (ms, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });

/** Reports wait here for a link, and go again when it broke before they arrived. */
export function createPost(publish: ChangesParts['publish']) {
  const waiting = new Map<JobReport, { readonly arrived: () => void; isUnderWay: boolean }>();
  const post = {
    isOnline: false,
    pump: (): void => {
      if (!post.isOnline) return;
      for (const [report, one] of waiting) {
        if (one.isUnderWay) continue;
        one.isUnderWay = publish(report, () => {
          if (waiting.delete(report)) one.arrived();
        });
      }
    },
    send: (report: JobReport): Promise<void> =>
      new Promise((resolve) => {
        const oldest = [...waiting.keys()].find((one) => one.state === 'refused');
        if (waiting.size >= PENDING_MAX && oldest) waiting.delete(oldest);
        waiting.set(report, { arrived: resolve, isUnderWay: false });
        post.pump();
      }),
    /** The device starts anew: what it kept is sent again by what starts. */
    forget: (): void => {
      for (const report of [...waiting.keys()]) if (report.state !== 'refused') waiting.delete(report);
    },
    lose: (): void => {
      post.isOnline = false;
      for (const one of waiting.values()) one.isUnderWay = false;
    },
  };
  return post;
}

/** Checks an order against whatever officers this device has pinned by now. */
export const verifierOf =
  ({ device, officers }: Pick<ChangesParts, 'device' | 'officers'>): UpdaterParts['verify'] =>
  (order, against) => {
    officers.look();
    const { current } = officers;
    if (!current) return refuse('forbidden', 'OFFICERS_NOT_PINNED', 'take order: this device has no officers pinned');
    return verifyOrder(order, { officers: current, device, ...against });
  };

function takeOfficers({ officers, alarm, followed }: ChangesParts, next: SignedOfficers): void {
  const before = officers.current?.version;
  const taken = officers.follow(next, Date.now());
  if (!taken.ok) alarm(taken.error, null);
  else if (taken.value.version !== before) followed();
}

export function createChanges(parts: ChangesParts): Changes {
  const { disk, officers } = parts;
  const post = createPost(parts.publish);
  let whenOnline: (() => void)[] = [];
  let booted = boot(disk, parts.factory);
  let updater: Updater;
  const healthy = async (signal: AbortSignal): Promise<boolean> => {
    if (!post.isOnline) await new Promise<void>((resolve) => void whenOnline.push(resolve));
    return signal.aborted ? false : (parts.isHealthy?.(booted) ?? true);
  };
  const restart = (): void => {
    updater.stop();
    parts.restart(() => {
      post.forget();
      booted = boot(disk, parts.factory);
      start();
      return booted;
    });
  };
  const start = (): void => {
    updater = createUpdater({
      ...parts,
      booted,
      verify: verifierOf(parts),
      send: post.send,
      healthy,
      restart,
      clock: Date.now,
      pause,
    });
    updater.start();
  };
  start();
  return {
    online: () => {
      post.isOnline = true;
      const heard = whenOnline;
      whenOnline = [];
      for (const tell of heard) tell();
      post.pump();
    },
    offline: post.lose,
    take: (payload) => {
      const next = asOfficers(payload);
      return next ? takeOfficers(parts, next) : updater.take(payload);
    },
    stop: () => updater.stop(),
    get busy() {
      return updater.busy;
    },
    get runs() {
      return runsOf(booted);
    },
    get officers() {
      officers.look();
      return officers.current?.version ?? null;
    },
    settings: () => settingsIn(disk, booted),
  };
}

function settingsIn(disk: Disk, { document }: Booted): Json | null {
  const bytes = document && disk.read(imageName('document', document.slot));
  try {
    return bytes ? (JSON.parse(bytes.toString('utf8')) as Json) : null;
  } catch {
    return null;
  }
}
