/** The desk of fleet, as the drivers that reach the devices need it. */
import type { JobOrder, JobReport, SignedOfficers } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import type { ObjectBytes } from '@cityward/objects';

export interface Running {
  /** Version; null where it was not said. */
  readonly firmware: string | null;
  readonly document: string | null;
  readonly hardware?: string | null | undefined;
  /** Version of the officers' document that it trusts. */
  readonly officers?: number | null | undefined;
}
export interface Desk {
  /** What this device is to do now; null for nothing. From memory: asked at every poll. */
  orderFor(device: string): JobOrder | null;
  /** In the order of arrival; the same seq again, or an older one, changes nothing. Refuses reports of orders it does not have. */
  report(device: string, report: JobReport): Promise<Result<void, Refusal>>;
  /** The device is there and runs this. */
  seen(device: string, running: Running): void;
  /** Each time that a device says of itself. */
  onSaid(listener: (device: string, says: Running) => void): () => void;
  /** The officers' documents that follow this version, oldest first. */
  officersAfter(version: number): readonly SignedOfficers[];
  /** Called when there is a new one. */
  onOfficers(listener: () => void): () => void;
  onOrder(listener: (device: string) => void): () => void;
  /** Bytes of an artifact or document by hash; null when there is none. */
  source(hash: string): Promise<ObjectBytes | null>;
  /** For drivers whose devices do not count: the seq of their next report on a job. Grows over retries and restarts. */
  nextSeq(device: string, job: string): number;
  /** Its own words about a change that it has failed: for people, nothing follows from them. */
  explained(device: string, words: string): void;
}
