/** The desk by which drivers reach the fleet: what is each device to do, and what does it say. */
import type { JobOrder, JobReport, SignedOfficers } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import { bytesInMemory, type ObjectBytes } from '@cityward/objects';
import { compareVersions } from './domain/trust/versions.ts';
import type { OfficersRegister } from './officers.ts';
import type { Running } from './running.ts';
import type { Says, Shown, ShownStates } from './shown.ts';

/** What a device shows by its own certificate, and what it should: for whoever judges how far it is to be trusted. */
export interface Attested {
  readonly device: string;
  readonly running: string;
  /** Firmware that the last change which ended well left on it; null before any did. */
  readonly wanted: string | null;
  /** How it is known: the device says so over its own authenticated link. */
  readonly proof: 'own-certificate';
}

export interface Desk {
  /** What this device is to do now; null for nothing. From memory: asked at every poll. */
  orderFor(device: string): JobOrder | null;
  /** In the order of arrival; the same seq again, or an older one, changes nothing. Refuses reports of orders it does not have. */
  report(device: string, report: JobReport): Promise<Result<void, Refusal>>;
  /** The device is there and runs this (null: not said). */
  seen(device: string, running: Says): void;
  /** Each time that a device says what it runs. */
  onAttested(listener: (attested: Attested) => void): () => void;
  /** Each time that a device says of itself; after it was remembered. */
  onSaid(listener: (device: string, says: Says) => void): () => void;
  shown(device: string): Shown | null;
  /** The officers' documents that follow this version, oldest first: a device walks them one by one and trusts only their signatures. */
  officersAfter(version: number): readonly SignedOfficers[];
  /** Called when there is a new one. */
  onOfficers(listener: () => void): () => void;
  onOrder(listener: (device: string) => void): () => void;
  /** Bytes of an artifact or document by hash, for the device's download; null when there is none. */
  source(hash: string): Promise<ObjectBytes | null>;
  /** For drivers whose devices do not count: the seq of their next report on a job. Grows over retries and restarts. */
  nextSeq(device: string, job: string): number;
  /** It is not well, whatever it says itself; counts while a change waits for it to stay well. True where it counted. */
  lostHealth(device: string, reason: string): boolean;
  /** Its own words about a change that it has failed: for people, nothing follows from them. */
  explained(device: string, words: string): void;
}

export interface DeskParts {
  readonly running: Running;
  readonly artifactBytes: (hash: string) => Promise<ObjectBytes | null>;
  readonly document: (hash: string) => Promise<string | null>;
  readonly shown: ShownStates;
  readonly officers: Pick<OfficersRegister, 'versions' | 'onAdded'>;
  /** It runs something older than before, and no change sent it back. */
  readonly downgraded: (device: string, from: string, to: string) => void;
  readonly explained: Desk['explained'];
}

export function createDesk(parts: DeskParts): Desk {
  const { running, artifactBytes, document, shown, officers } = parts;
  const attested = listenersOf<[attested: Attested]>();
  const said = listenersOf<[device: string, says: Says]>();
  /** Old firmware brings its old holes back: whoever went back by another way than a signed one is told of. */
  const notice = (device: string, shows: Says): void => {
    const before = shown.of(device)?.firmware ?? null;
    shown.says(device, shows);
    if (before === null || shows.firmware === null || compareVersions(shows.firmware, before) >= 0) return;
    if (!running.goesBack(device, shows.firmware)) parts.downgraded(device, before, shows.firmware);
  };
  return {
    orderFor: running.orderFor,
    report: running.report,
    seen: (device, what) => {
      notice(device, what);
      running.seen(device, what);
      said.tell(device, what);
      const wanted = shown.of(device)?.expected ?? null;
      if (what.firmware !== null) attested.tell({ device, running: what.firmware, wanted, proof: 'own-certificate' });
    },
    onAttested: attested.add,
    onSaid: said.add,
    shown: shown.of,
    officersAfter: (version) => officers.versions().flatMap((one) => (one.version > version ? [one.signed] : [])),
    onOfficers: (listener) => officers.onAdded(() => listener()),
    onOrder: running.onOrder,
    source: async (hash) => {
      const bytes = await artifactBytes(hash);
      if (bytes) return bytes;
      const text = await document(hash);
      return text === null ? null : bytesInMemory(Buffer.from(text));
    },
    nextSeq: running.nextSeq,
    lostHealth: running.lostHealth,
    explained: parts.explained,
  };
}

function listenersOf<Args extends readonly unknown[]>() {
  const all = new Set<(...args: Args) => void>();
  return {
    add: (listener: (...args: Args) => void): (() => void) => {
      all.add(listener);
      return () => all.delete(listener);
    },
    tell: (...args: Args): void => {
      for (const listener of all) listener(...args);
    },
  };
}
