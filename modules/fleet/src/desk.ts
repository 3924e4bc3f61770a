/** The desk by which drivers reach the fleet: what is each device to do, and what does it say. */
import type { JobOrder, JobReport } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import type { Running } from './running.ts';

export interface Desk {
  /** What this device is to do now; null for nothing. From memory: asked at every poll. */
  orderFor(device: string): JobOrder | null;
  /** In the order of arrival; the same seq again, or an older one, changes nothing. Refuses reports of orders it does not have. */
  report(device: string, report: JobReport): Promise<Result<void, Refusal>>;
  /** The device is there and runs this (null: not said). */
  seen(device: string, running: { readonly firmware: string | null; readonly document: string | null }): void;
  onOrder(listener: (device: string) => void): () => void;
  /** Bytes of an artifact or document by hash, for the device's download; null when there is none. */
  source(hash: string): Promise<Uint8Array | null>;
  /** For drivers whose devices do not count: the seq of their next report on a job. Grows over retries and restarts. */
  nextSeq(device: string, job: string): number;
  /** It is not well, whatever it says itself; counts while a change waits for it to stay well. */
  lostHealth(device: string, reason: string): void;
}

export interface DeskParts {
  readonly running: Running;
  readonly artifactBytes: (hash: string) => Promise<Uint8Array | null>;
  readonly document: (hash: string) => Promise<string | null>;
  /** Keeps what devices show that they run. */
  readonly shows: (
    device: string,
    running: { readonly firmware: string | null; readonly document: string | null },
  ) => void;
}

export function createDesk({ running, artifactBytes, document, shows }: DeskParts): Desk {
  return {
    orderFor: running.orderFor,
    report: running.report,
    seen: (device, what) => {
      shows(device, what);
      running.seen(device, what);
    },
    onOrder: running.onOrder,
    source: async (hash) => {
      const bytes = await artifactBytes(hash);
      if (bytes) return bytes;
      const text = await document(hash);
      return text === null ? null : Buffer.from(text);
    },
    nextSeq: running.nextSeq,
    lostHealth: running.lostHealth,
  };
}
