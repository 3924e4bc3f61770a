/**
 * Carries out signed changes on one device: verifies, counts, downloads, installs beside what runs, restarts, confirms or goes
 * back. Every step is written down before it is taken, so that it goes on after a power cut at any moment.
 */
import { Compile } from 'typebox/compile';
import { JobOrder, type JobReport } from '@cityward/contracts';
import type { Refusal } from '@cityward/kernel';
import { replaceJson, type Disk } from './disk.ts';
import { begin, counterFor, FRESH, hasLeft, isSame, mayTryAgain, readSaved, sent, type Saved } from './progress.ts';
import type { Booted } from './slots.ts';
import { step } from './steps.ts';
import type { KeeperParts, Keeping, Runs, UpdaterParts } from './work.ts';

export const STATE_FILE = 'update.json';
export const ORDER_MAX_BYTES = 32_768;
const REASON_MAX_CHARS = 300;

const jobOrder = Compile(JobOrder);

export interface Updater {
  /** Goes on with what the power cut interrupted. */
  start(): void;
  /** A message of the topic `jobs`, as it came; an empty one takes back what has not begun to install. */
  take(payload: Uint8Array): void;
  stop(): void;
  /** Something is under way or has not been reported. */
  readonly busy: boolean;
  readonly runs: Runs;
}

export const runsOf = ({ firmware, document }: Booted): Runs => ({
  firmware: firmware?.label.version ?? null,
  document: document?.label.sha256 ?? null,
});

/** What is remembered; a record that is there and cannot be read is not taken for none: its counter is what stops replays. */
export function loadSaved(disk: Disk): Saved {
  const bytes = disk.read(STATE_FILE);
  if (!bytes) return FRESH;
  let value: unknown = null;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    value = null;
  }
  const saved = readSaved(value);
  if (!saved) throw new Error(`read "${STATE_FILE}": it is damaged, commission the device anew`);
  return saved;
}

function readOrder(payload: Uint8Array): JobOrder | null {
  if (payload.length > ORDER_MAX_BYTES) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    return jobOrder.Check(value) ? value : null;
  } catch {
    return null;
  }
}

const UNREADABLE: Refusal = {
  kind: 'invalid',
  code: 'ORDER_MALFORMED',
  message: 'take order: it is no order of a job',
};

function createWork<Parts extends KeeperParts>(parts: Parts, signal: AbortSignal): Keeping<Parts> {
  const work: Keeping<Parts> = {
    parts,
    signal,
    withdrawal: new AbortController(),
    saved: loadSaved(parts.disk),
    keep: (next) => {
      replaceJson(parts.disk, STATE_FILE, next);
      work.saved = next;
    },
    said: () => {
      const { firmware, document } = parts.runs();
      const { now } = work.saved;
      const isDocument = now?.target?.part === 'document';
      return { at: parts.clock(), running: isDocument ? document : firmware };
    },
  };
  return work;
}

/** Sends what waits, the oldest first, one at a time; forgets each once the city has it. */
function createSender(work: Keeping<KeeperParts>, fail: (fault: unknown) => void): () => void {
  let sending = false;
  const flush = async (): Promise<void> => {
    sending = true;
    try {
      for (let first = work.saved.outbox[0]; first && !work.signal.aborted; first = work.saved.outbox[0]) {
        await work.parts.send(first);
        if (!work.signal.aborted) work.keep(sent(work.saved, first));
      }
      if (hasLeft(work.saved) && !work.signal.aborted) work.parts.leaves?.();
    } finally {
      sending = false;
    }
  };
  return () => {
    if (!sending) flush().catch(fail);
  };
}

/** Takes the order up, lets it wait, or refuses it; `wait` keeps one order only, the newest. */
function consider(work: Keeping<KeeperParts>, order: JobOrder, wait: (order: JobOrder) => void): void {
  const { parts, saved } = work;
  if (saved.last?.leaves) return;
  if (isSame(saved, order) && !mayTryAgain(saved)) return;
  const now = parts.clock();
  const against = { counter: counterFor(saved, order), runs: parts.runs(), now };
  const verified = parts.verify(order, against);
  const refusal = verified.ok ? nothingToRevert(saved, order) : verified.error;
  if (refusal) return refuseOrder(work, order, refusal);
  if (saved.now) {
    // One thing at a time: what has not touched the slot makes room, the rest is finished first.
    wait(order);
    return work.withdrawal.abort();
  }
  work.withdrawal = new AbortController();
  parts.begins?.(order);
  work.keep(begin(saved, order, { at: now, running: parts.runs().firmware }));
}

/** Goes on step by step until there is nothing to do before the next order or the next start. */
function createMover<Parts extends KeeperParts>(
  work: Keeping<Parts>,
  step: (work: Keeping<Parts>) => Promise<boolean>,
  flush: () => void,
) {
  let moving = false;
  let waiting: JobOrder | null = null;
  const takeUp = (order: JobOrder): void => consider(work, order, (later) => (waiting = later));
  const move = async (): Promise<void> => {
    if (moving) return;
    moving = true;
    try {
      while (work.saved.now && !work.signal.aborted) {
        const goesOn = await step(work);
        if (work.signal.aborted) return;
        flush();
        if (!goesOn) return;
        if (work.saved.now || !waiting) continue;
        const next = waiting;
        waiting = null;
        takeUp(next);
      }
    } finally {
      moving = false;
    }
  };
  return { takeUp, move };
}

/** @throws when the device's own record is damaged */
export const createUpdater = (parts: UpdaterParts): Updater =>
  createKeeper({ ...parts, runs: () => runsOf(parts.booted), leaves: () => parts.acts.wipe?.leave() }, step);

/**
 * Takes orders up one at a time, counted and durable.
 * @param step does the next step of the order under way; false when there is nothing to do before the next order or start
 */
export function createKeeper<Parts extends KeeperParts>(
  parts: Parts,
  step: (work: Keeping<Parts>) => Promise<boolean>,
): Updater {
  const stopping = new AbortController();
  const { signal } = stopping;
  const work = createWork(parts, signal);
  const fail = (fault: unknown): void => {
    if (signal.aborted) return;
    stopping.abort();
    parts.failed(fault);
  };
  const flush = createSender(work, fail);
  const { takeUp, move } = createMover(work, step, flush);
  const guarded = (act: () => void): void => {
    if (signal.aborted) return;
    try {
      act();
    } catch (fault) {
      return fail(fault);
    }
    flush();
    move().catch(fail);
  };
  return {
    start: () => guarded(() => undefined),
    take: (payload) =>
      guarded(() => {
        if (payload.length === 0) return work.withdrawal.abort();
        const order = readOrder(payload);
        if (order) takeUp(order);
        else parts.alarm(UNREADABLE, null);
      }),
    stop: () => stopping.abort(),
    get busy() {
      return work.saved.now !== null || work.saved.outbox.length > 0;
    },
    get runs() {
      return parts.runs();
    },
  };
}

/** A way back is one only from where its job led: to a device that never went, it would be a downgrade with signatures. */
function nothingToRevert({ last }: Saved, { job, part }: JobOrder): Refusal | null {
  if (part === 'forward' || last?.job === job.id) return null;
  const message = `revert job "${job.id}": this device did not do it last, so there is nothing to go back from`;
  return { kind: 'conflict', code: 'NOTHING_TO_REVERT', message };
}

/** Nothing is remembered of a refused order: its counter was not used, and it may come again signed. */
function refuseOrder({ parts, saved }: Keeping<KeeperParts>, order: JobOrder, refusal: Refusal): void {
  parts.alarm(refusal, order.job.id);
  // A changed copy of the last order must not speak in its name.
  if (saved.last?.job === order.job.id && saved.last.part === order.part) return;
  const report: JobReport = {
    order: 'job',
    job: order.job.id,
    part: order.part,
    seq: 1,
    at: parts.clock(),
    state: 'refused',
    running: parts.runs().firmware,
    reason: `${refusal.code}: ${refusal.message}`.slice(0, REASON_MAX_CHARS),
  };
  // Not kept over a power cut: the order comes again and is refused again.
  parts.send(report).catch(() => undefined);
}
