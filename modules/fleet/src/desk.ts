/** The desk by which drivers reach the fleet: what is each device to do, and what does it say. */
import type { JobOrder, JobReport } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import { bytesInMemory, type ObjectBytes } from '@cityward/objects';
import { compareVersions } from './domain/trust/versions.ts';
import type { Running } from './running.ts';

type Shown = { readonly firmware: string | null; readonly document: string | null };

export interface Desk {
  /** What this device is to do now; null for nothing. From memory: asked at every poll. */
  orderFor(device: string): JobOrder | null;
  /** In the order of arrival; the same seq again, or an older one, changes nothing. Refuses reports of orders it does not have. */
  report(device: string, report: JobReport): Promise<Result<void, Refusal>>;
  /** The device is there and runs this (null: not said). */
  seen(device: string, running: { readonly firmware: string | null; readonly document: string | null }): void;
  onOrder(listener: (device: string) => void): () => void;
  /** Bytes of an artifact or document by hash, for the device's download; null when there is none. */
  source(hash: string): Promise<ObjectBytes | null>;
  /** For drivers whose devices do not count: the seq of their next report on a job. Grows over retries and restarts. */
  nextSeq(device: string, job: string): number;
  /** It is not well, whatever it says itself; counts while a change waits for it to stay well. */
  lostHealth(device: string, reason: string): void;
}

export interface DeskParts {
  readonly running: Running;
  readonly artifactBytes: (hash: string) => Promise<ObjectBytes | null>;
  readonly document: (hash: string) => Promise<string | null>;
  /** What devices show that they run: as it was kept, and kept anew. */
  readonly shown: (device: string) => Shown | null;
  readonly shows: (device: string, running: Shown) => void;
  /** It runs something older than before, and no change sent it back. */
  readonly downgraded: (device: string, from: string, to: string) => void;
}

export function createDesk(parts: DeskParts): Desk {
  const { running, artifactBytes, document } = parts;
  /** Old firmware brings its old holes back: whoever went back by another way than a signed one is told of. */
  const notice = (device: string, shows: Shown): void => {
    const before = parts.shown(device)?.firmware ?? null;
    parts.shows(device, shows);
    if (before === null || shows.firmware === null || compareVersions(shows.firmware, before) >= 0) return;
    if (!running.goesBack(device, shows.firmware)) parts.downgraded(device, before, shows.firmware);
  };
  return {
    orderFor: running.orderFor,
    report: running.report,
    seen: (device, what) => {
      notice(device, what);
      running.seen(device, what);
    },
    onOrder: running.onOrder,
    source: async (hash) => {
      const bytes = await artifactBytes(hash);
      if (bytes) return bytes;
      const text = await document(hash);
      return text === null ? null : bytesInMemory(Buffer.from(text));
    },
    nextSeq: running.nextSeq,
    lostHealth: running.lostHealth,
  };
}
