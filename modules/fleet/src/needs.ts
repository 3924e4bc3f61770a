/** What fleet wants from outside: the database, the objects, the time, and narrow views of the city. */
import type { Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Objects } from '@cityward/objects';
import type { Sql } from '@cityward/sql';
import type { GatePorts } from './gate-needs.ts';
import type { LeavingPorts } from './leaving-needs.ts';
import type { BaselineWorld } from './baseline-needs.ts';
import type { Columns } from './domain/rollout/columns.ts';

export interface FleetNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly objects: Objects;
  /** Where the two online keys of the repository live; made on the first start. */
  readonly keyFolder: string;
  /** The city's name, as in its officers' document. */
  readonly cityName: string;
  readonly city: FleetCity;
  /** What commissioning wants; all of it asked when needed. */
  readonly gate: GatePorts;
  /** PEMs of the city's own authorities: what a wiped device signs its last report under. */
  readonly authorities: () => readonly string[];
  /** What replacing, retiring and blocking want. */
  readonly leaving: LeavingPorts;
  /** Who reads how devices are set up, and who hears of it; without it nobody does. */
  readonly baseline?: BaselineWorld;
  /** Something a person should hear of at once: a device refused an order, lied, or went back in version. */
  readonly alarm: (device: string, what: 'refused' | 'downgrade' | 'lied', words: string) => void;
}

/** The city as changes see it; all from memory. */
export interface FleetCity {
  /** Every device as it is now; in ascending order of id where that is cheap. */
  columns(): Columns;
  /** Whether it could take an order now: connected, asleep until soon, or polled lately. */
  reachable(device: string): boolean;
  /** Why no change may touch it: revoked, held, ended; null for nothing. Asked when its turn comes. */
  barred(device: string): string | null;
  siteOf(device: string): string | null;
  /** Whether it began to listen so lately that whoever is not there yet may be on the way: after a start. */
  returning(): boolean;
}
