/** What the city wants from outside. */
import type { DeviceDetail, Neighbour, Principal } from '@cityward/contracts';
import type { Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';

export type TimelineItem = DeviceDetail['timeline'][number];

/** Numbers on the first screen that other modules count. */
export interface Pulse {
  readonly observationsPerSecond: number;
  readonly openSituations: number;
  readonly openIncidents: number;
  /** What past the city was given, in words, e.g. `14 days, simulated`. */
  readonly history: string;
}

/** Where the files of imports are kept, by the hash of their bytes. */
export interface FileStore {
  put(bytes: Uint8Array): Promise<string>;
  get(hash: string): Promise<Uint8Array | null>;
  delete(hash: string): Promise<void>;
}

export interface CityNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly files: FileStore;
  /** What the ledger tells of a device, newest first; without it a device has no timeline. */
  readonly timeline?: (device: string) => Promise<readonly TimelineItem[]>;
  readonly pulse?: () => Pulse;
  /** Which of what stands beside a device its reader may know of; without it all. */
  readonly readable?: (reader: Principal, neighbours: readonly Neighbour[]) => readonly Neighbour[];
}
