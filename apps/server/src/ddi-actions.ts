/** What a hawkBit client is told to do, and what its feedback means: one action at a time, none done before it is proved. Pure. */
import type { ArtifactRef, JobOrder, JobReport } from '@cityward/contracts';
import type { DdiFeedback } from '@cityward/formats/ddi';
import { hash32 } from '@cityward/kernel';

/** Attributes in which clients say what firmware they run, the first that is there counts. */
export const VERSION_ATTRIBUTES = ['firmware', 'firmware_version', 'fw_version', 'sw_version', 'version'] as const;
const REASON_MAX_CHARS = 300;
/** Reports of one attempt, in their order: a report is never said twice, nor after a later one. */
const RANKS = { accepted: 1, downloading: 2, installing: 3, restarting: 4, ended: 5 } as const;

/** Fits a client's 32-bit number, grows with each job of the device, and needs no memory: the leaf's count and the part. */
export const actionIdOf = ({ leaf, part }: JobOrder): number => leaf.counter * 2 + (part === 'revert' ? 1 : 0);

/** What a hawkBit client can be told to install; null for every other order. */
export function artifactOf({ job, part }: JobOrder): ArtifactRef | null {
  if (part === 'revert') return job.revert && 'sha256' in job.revert.to ? job.revert.to : null;
  return job.action.do === 'install' ? job.action.artifact : null;
}

/** An action that the client was told of. */
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
export interface DdiDevice {
  readonly id: string;
  firmware: string | null;
  open: Open | null;
  /** Actions up to this one are over. */
  closed: number;
  /** Second in which requests are counted, and how many there were. */
  second: number;
  count: number;
}
export const newDdiDevice = (id: string): DdiDevice => ({
  id,
  firmware: null,
  open: null,
  closed: 0,
  second: 0,
  count: 0,
});

/** Begins an action, or goes on with it. */
export function openAction(device: DdiDevice, order: JobOrder): Open | null {
  const artifact = artifactOf(order);
  const id = actionIdOf(order);
  if (!artifact) return null;
  if (device.open?.id !== id) device.open = { id, order, artifact, rank: 0, isInstalled: false, isProved: false };
  return device.open;
}

export function closeAction(device: DdiDevice): void {
  if (!device.open) return;
  device.closed = Math.max(device.closed, device.open.id);
  device.open = null;
}

interface Said {
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
    running: running?.slice(0, 64) ?? null,
    reason: reason?.slice(0, REASON_MAX_CHARS) ?? null,
  };
}

export type Meaning =
  | { readonly is: 'progress'; readonly state: 'downloading' | 'installing' }
  | { readonly is: 'claim' }
  | { readonly is: 'failure'; readonly state: 'failed' | 'refused'; readonly reason: string };

/** Feedback on a deployment. A rejection counts as one, and "finished" is only a claim until the version shows it. */
export function meaningOf({ execution, finished, details }: DdiFeedback): Meaning {
  const reason = details.filter(Boolean).at(-1) ?? execution;
  switch (execution) {
    case 'closed':
      return finished === 'failure' ? { is: 'failure', state: 'failed', reason } : { is: 'claim' };
    case 'rejected':
      return { is: 'failure', state: 'refused', reason };
    case 'canceled':
      return { is: 'failure', state: 'failed', reason: `taken back by the device: ${reason}` };
    case 'download':
    case 'downloaded':
    case 'scheduled':
      return { is: 'progress', state: 'downloading' };
    case 'proceeding':
    case 'resumed':
      return { is: 'progress', state: 'installing' };
  }
}

/** The version among the attributes; null where none is said. */
export function versionIn(attributes: ReadonlyMap<string, string>): string | null {
  const name = VERSION_ATTRIBUTES.find((one) => attributes.get(one));
  return name === undefined ? null : attributes.get(name)!.slice(0, 64);
}

/** Where among the others a device polls: its interval is up to a fifth shorter or longer, by its id, so that none come at once. */
export function pollSeconds(device: string, base: number): number {
  const place = (hash32(device) % 1_000) / 1_000 - 0.5;
  return Math.max(1, Math.round(base * (1 + 0.4 * place)));
}

const two = (value: number): string => String(value).padStart(2, '0');
/** `HH:MM:SS`, as clients of hawkBit read it. */
export const sleepText = (seconds: number): string => {
  const most = Math.min(seconds, 86_399);
  return `${two(Math.floor(most / 3_600))}:${two(Math.floor(most / 60) % 60)}:${two(most % 60)}`;
};
