/** How far a device is with an order, as values: what it must remember over a power cut, and what it has yet to report. Pure. */
import type { Erased, JobAction, JobOrder, JobReport, WipeProof } from '@cityward/contracts';
import type { Label, Part } from './slots.ts';

/** Reports that wait for the city; when it is away for long the first ones are left out, the last never. */
export const OUTBOX_MAX = 16;
/** Times that one order is tried. */
export const TRIES_MAX = 5;
const REASON_MAX_CHARS = 300;

export type Step = 'accepted' | 'downloading' | 'installing' | 'restarting';
/** What is to be in a slot in the end; `size` 0 where the order does not say it. */
export interface Target {
  readonly part: Part;
  readonly label: Label;
}
export interface Progress {
  readonly job: string;
  readonly part: JobOrder['part'];
  readonly action: JobAction;
  readonly target: Target | null;
  readonly source: string | null;
  readonly notAfter: number;
  readonly step: Step;
  /** Why it goes back, once it does. */
  readonly reason: string | null;
}
export interface Last {
  readonly job: string;
  readonly part: JobOrder['part'];
  /** Of its last report; goes on growing when it is tried again. */
  readonly seq: number;
  readonly tries: number;
  /** Null while it is under way. */
  readonly ended: 'done' | 'failed' | 'reverted' | null;
  /** It has erased itself, or was erased: once the city has its last report, the rest goes too. */
  readonly leaves?: true;
}
export interface Saved {
  /** The highest that was begun: a device does a job once. */
  readonly counter: number;
  /** The order that was begun last. */
  readonly last: Last | null;
  readonly now: Progress | null;
  readonly outbox: readonly JobReport[];
}
export const FRESH: Saved = { counter: 0, last: null, now: null, outbox: [] };

/** The slot content that an order asks for; null where it asks for something else. */
export function targetOf({ job, part }: Pick<JobOrder, 'job' | 'part'>): Target | null {
  if (part === 'revert') {
    const to = job.revert?.to;
    if (!to) return null;
    return 'document' in to
      ? documentTarget(to.document)
      : { part: 'firmware', label: { version: to.version, sha256: to.sha256, size: to.size } };
  }
  if (job.action.do === 'install') {
    const { version, sha256, size } = job.action.artifact;
    return { part: 'firmware', label: { version, sha256, size } };
  }
  return job.action.do === 'configure' ? documentTarget(job.action.document) : null;
}

const documentTarget = (sha256: string): Target => ({ part: 'document', label: { version: sha256, sha256, size: 0 } });

export const isSame = (saved: Saved, { job, part }: Pick<JobOrder, 'job' | 'part'>): boolean =>
  saved.last?.job === job.id && saved.last.part === part;

/**
 * The order that failed here comes again after the city was told so: it wants another try, and gets it so often. A lying server
 * can make a device try in vain no more often than that.
 */
export const mayTryAgain = ({ last, now, outbox }: Saved): boolean =>
  last !== null && now === null && outbox.length === 0 && last.ended !== 'done' && last.tries < TRIES_MAX;

/**
 * The count that an order must lie above: the highest that was begun, but for another try of the same order, which has it already.
 */
export const counterFor = (saved: Saved, order: JobOrder): number =>
  isSame(saved, order) ? Math.min(saved.counter, order.leaf.counter - 1) : saved.counter;

export interface Said {
  readonly state: JobReport['state'];
  readonly at: number;
  readonly running: string | null;
  readonly reason?: string | null;
  readonly erased?: readonly Erased[];
}

/** The next report of the last order, put at the end of what is to be sent. */
export function say(saved: Saved, { state, at, running, reason = null, erased }: Said): Saved {
  if (!saved.last) return saved;
  const { last } = saved;
  const { job, part } = last;
  const seq = last.seq + 1;
  const report: JobReport = {
    order: 'job',
    job,
    part,
    seq,
    at,
    state,
    running: running?.slice(0, 64) ?? null,
    reason: reason?.slice(0, REASON_MAX_CHARS) ?? null,
    ...(erased ? { erased: [...erased] } : {}),
  };
  const outbox = [...saved.outbox, report].slice(-OUTBOX_MAX);
  return { ...saved, last: { ...last, seq }, outbox };
}

/** Begins an order that was verified; from here on its counter is used up. */
export function begin(saved: Saved, order: JobOrder, said: Omit<Said, 'state'>): Saved {
  const { job, part, leaf, source } = order;
  const now: Progress = {
    job: job.id,
    part,
    action: job.action,
    target: targetOf(order),
    source,
    notAfter: job.notAfter,
    step: 'accepted',
    reason: null,
  };
  const again = isSame(saved, order) ? saved.last : null;
  const begun: Saved = {
    counter: Math.max(saved.counter, leaf.counter),
    last: { job: job.id, part, seq: again?.seq ?? 0, tries: (again?.tries ?? 0) + 1, ended: null },
    now,
    outbox: saved.outbox,
  };
  return say(begun, { ...said, state: 'accepted' });
}

export const advance = (saved: Saved, step: Step, said: Omit<Said, 'state'>): Saved =>
  saved.now ? say({ ...saved, now: { ...saved.now, step } }, { ...said, state: step }) : saved;

/** Remembers why it goes back, before it does. */
export const turnBack = (saved: Saved, reason: string): Saved =>
  saved.now ? { ...saved, now: { ...saved.now, reason } } : saved;

export const end = (saved: Saved, said: Said & { readonly state: NonNullable<Last['ended']> }): Saved =>
  saved.last ? say({ ...saved, now: null, last: { ...saved.last, ended: said.state } }, said) : saved;

/** Signs the last report of a wipe; from here on the device leaves. */
export function leave(saved: Saved, prove: (report: JobReport) => WipeProof): Saved {
  const report = saved.outbox.at(-1);
  if (!saved.last || !report) return saved;
  const proven = { ...report, proof: prove(report) };
  return { ...saved, last: { ...saved.last, leaves: true }, outbox: [...saved.outbox.slice(0, -1), proven] };
}

/** Nothing is left to be said by a device that has erased itself. */
export const hasLeft = ({ last, outbox }: Saved): boolean => last?.leaves === true && outbox.length === 0;

/** One report has arrived. */
export const sent = (saved: Saved, report: JobReport): Saved => ({
  ...saved,
  outbox: saved.outbox.filter(({ job, part, seq }) => job !== report.job || part !== report.part || seq !== report.seq),
});

/** What the device remembers; null for what no device of ours wrote. */
export function readSaved(value: unknown): Saved | null {
  const saved = value as Partial<Saved> | null;
  if (typeof saved !== 'object' || saved === null || !Number.isSafeInteger(saved.counter)) return null;
  if (!Array.isArray(saved.outbox)) return null;
  return { counter: saved.counter!, last: saved.last ?? null, now: saved.now ?? null, outbox: saved.outbox };
}
