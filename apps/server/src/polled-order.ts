/** What a device that polls is told to do, and how far it is: one order at a time, none done before it is proved. Pure. */
import type { ArtifactRef, JobOrder, JobReport } from '@cityward/contracts';

const REASON_MAX_CHARS = 300;
export const VERSION_MAX_CHARS = 64;
/** Reports of one attempt, in their order: a report is never said twice, nor after a later one. */
const RANKS = { accepted: 1, downloading: 2, installing: 3, restarting: 4, ended: 5 } as const;

/** Fits a client's 32-bit number, grows with each job of the device, and needs no memory: the leaf's count and the part. */
export const actionIdOf = ({ leaf, part }: JobOrder): number => leaf.counter * 2 + (part === 'revert' ? 1 : 0);

/** What a client that only installs can be told; null for every other order. */
export function artifactOf({ job, part }: JobOrder): ArtifactRef | null {
  if (part === 'revert') return job.revert && 'sha256' in job.revert.to ? job.revert.to : null;
  return job.action.do === 'install' ? job.action.artifact : null;
}

/** An order that the client was told of. */
export interface Open {
  readonly id: number;
  readonly order: JobOrder;
  readonly artifact: ArtifactRef;
  /** Of the last report. */
  rank: number;
  /** The client says that it is installed; what it runs has not shown it yet. */
  isInstalled: boolean;
  /** And what it runs has shown it. */
  isProved: boolean;
}
export interface PolledDevice {
  readonly id: string;
  firmware: string | null;
  open: Open | null;
  /** Orders up to this one are over. */
  closed: number;
  /** And it said why of those up to this one. */
  explained: number;
  /** Second in which requests are counted, and how many there were. */
  second: number;
  count: number;
  /** Answers under way to it that carry an artifact. */
  downloads: number;
  /** When it asked last; 0 for never. */
  heardAt: number;
}
export const newPolledDevice = (id: string): PolledDevice => ({
  id,
  firmware: null,
  open: null,
  closed: 0,
  explained: 0,
  second: 0,
  count: 0,
  downloads: 0,
  heardAt: 0,
});

/** Begins an order, or goes on with it. */
export function openOrder(device: PolledDevice, order: JobOrder): Open | null {
  const artifact = artifactOf(order);
  const id = actionIdOf(order);
  if (!artifact) return null;
  if (device.open?.id !== id) device.open = { id, order, artifact, rank: 0, isInstalled: false, isProved: false };
  return device.open;
}

export function closeOrder(device: PolledDevice): void {
  if (!device.open) return;
  device.closed = Math.max(device.closed, device.open.id);
  device.open = null;
}

export interface Said {
  readonly state: JobReport['state'];
  readonly at: number;
  readonly running: string | null;
  readonly reason?: string | null;
}

/** The next report, or null when this or a later one was said. @param seq which it is, asked for only then */
export function reportOf(open: Open, { state, at, running, reason = null }: Said, seq: () => number): JobReport | null {
  // Done without a version is a claim, done with it is the proof.
  const isClaim = state === 'done' && running === null;
  const rank = isClaim ? RANKS.restarting : (RANKS[state as keyof typeof RANKS] ?? RANKS.ended);
  if (rank <= open.rank) return null;
  open.rank = rank;
  return {
    order: 'job',
    job: open.order.job.id,
    part: open.order.part,
    seq: seq(),
    at,
    state,
    running: running?.slice(0, VERSION_MAX_CHARS) ?? null,
    reason: reason?.slice(0, REASON_MAX_CHARS) ?? null,
  };
}

/** What a client's word means for the order that it is about, whatever protocol it came in. */
export type Meaning =
  | { readonly is: 'progress'; readonly state: 'downloading' | 'installing' | 'restarting' }
  /** Installed, it says: only a claim until the version shows it. */
  | { readonly is: 'claim' }
  | { readonly is: 'failure'; readonly state: 'failed' | 'refused'; readonly reason: string };
