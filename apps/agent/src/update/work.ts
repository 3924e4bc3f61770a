/** What an updater is given, and what its steps share. */
import type { JobOrder, JobReport, WipeProof } from '@cityward/contracts';
import { MINUTE_MS, type Refusal, type Result } from '@cityward/kernel';
import type { Disk } from './disk.ts';
import type { Saved } from './progress.ts';
import type { Booted } from './slots.ts';

/** A new firmware or document that is not found healthy in this time goes back; the city waits longer than that. */
export const CONFIRM_MS = 10 * MINUTE_MS;

/** The world is at fault and trying again may help: no network, a server that is busy. */
export class DownloadFault extends Error {
  override readonly name = 'DownloadFault';
}
export interface Wanted {
  readonly sha256: string;
  /** 0 where it is not known before. */
  readonly size: number;
  readonly source: string | null;
}
export interface Runs {
  readonly firmware: string | null;
  readonly document: string | null;
}
/** How a device erases itself: everything but what its last report needs, then that too. */
export interface Wiping {
  /** Erases all data; begun anew after a power cut. Answers in words what it was. */
  erase(): Promise<string>;
  /** Signs the last report with the key of its certificate. */
  prove(report: JobReport): WipeProof;
  /** The city has the report: keys, officers and this record go, the device ends. */
  leave(): void;
}
/** What only the device itself can do; an action without its act is reported as failed. */
export interface Acts {
  rotate?(what: 'credentials' | 'certificate'): Promise<void>;
  set?(name: string, to: number): Promise<void>;
  readonly wipe?: Wiping;
}
export interface Against {
  readonly counter: number;
  readonly runs: Runs;
  readonly now: number;
}
/** What keeping orders takes, whoever carries them out: the device itself, or the gateway of a camera that cannot. */
export interface KeeperParts {
  readonly disk: Disk;
  /** What the device runs now, as far as it is known. */
  runs(): Runs;
  /** `@cityward/fleet/verify` against the officers that are pinned here. */
  verify(order: JobOrder, against: Against): Result<unknown, Refusal>;
  /** Durably, just before the order is taken up: for whoever has to show it again later. */
  begins?(order: JobOrder): void;
  /** Its last report has arrived: it was wiped, and is nobody from now on. */
  leaves?(): void;
  /** Resolves once the city has the report; never where there is no link. */
  send(report: JobReport): Promise<void>;
  /** Somebody tried to make this device do what officers did not sign. */
  alarm(refusal: Refusal, job: string | null): void;
  /** The disk failed: nothing more is done. */
  failed(fault: unknown): void;
  readonly clock: () => number;
}
export interface UpdaterParts extends Omit<KeeperParts, 'runs'> {
  readonly booted: Booted;
  /** Hands over the bytes piece by piece; throws DownloadFault, or whatever `write` throws. */
  download(wanted: Wanted, write: (piece: Uint8Array) => void, signal: AbortSignal): Promise<void>;
  /** Does what runs now do its work? Asked after a start on trial; resolves as late as it likes. */
  healthy(signal: AbortSignal): Promise<boolean>;
  readonly acts: Acts;
  /** Starts the device anew; this updater does nothing from then on. */
  restart(): void;
  /** Resolves after so long, or at once when the signal is given. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  readonly confirmMs?: number;
}

/** What all steps of one keeper share. */
export interface Keeping<Parts extends KeeperParts> {
  readonly parts: Parts;
  readonly signal: AbortSignal;
  /** Takes back a download that is under way. */
  withdrawal: AbortController;
  saved: Saved;
  /** Durable on return. */
  keep(next: Saved): void;
  said(): { readonly at: number; readonly running: string | null };
}
export type Work = Keeping<UpdaterParts & Pick<KeeperParts, 'runs'>>;
