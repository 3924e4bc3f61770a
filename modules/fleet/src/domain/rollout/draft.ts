/** What a plan is made from: who is meant, what they are to become, and how carefully. */
import type { DeviceClass } from '@cityward/contracts';
import { HOUR_MS, MINUTE_MS } from '@cityward/kernel';
import type { Schedule } from './windows.ts';
import type { Track } from './paths.ts';

/** Who is meant; an empty list means any. */
export interface Selection {
  readonly classes: readonly DeviceClass[];
  readonly models: readonly string[];
  readonly wards: readonly string[];
  readonly sites: readonly string[];
  readonly running: readonly string[];
  readonly devices: readonly string[];
}
/** What the devices are to run afterwards, and what it is made for; null where nothing is to be compared (restart, set, …). */
export interface Target {
  /** Version or document hash. */
  readonly running: string | null;
  /** Versions have an order, document hashes have none. */
  readonly ordered: boolean;
  /** What the artifact is made for; empty means any. */
  readonly classes: readonly string[];
  readonly models: readonly string[];
  readonly hardware: readonly string[];
  readonly tracks: readonly Track[];
}
export interface Options {
  /** Devices of the first wave. */
  readonly canary: number;
  /** Shares of all devices reached by the end of each further wave, growing, the last 1. */
  readonly shares: readonly number[];
  /** Share of a wave's reachable devices that must be done before the next opens. */
  readonly quorum: number;
  /** Share of a wave's reachable devices whose failure stops everything. */
  readonly threshold: number;
  readonly atThreshold: 'stop' | 'roll-back';
  /** Devices of one site at a time, over all changes. */
  readonly perSite: number;
  /** Devices at a time in the whole change. */
  readonly inFlight: number;
  /** Without a word for so long, a device has failed. */
  readonly silenceMs: number;
  /** How long a device must stay well before it counts as done. */
  readonly healthMs: number;
  /** Between a wave's quorum and the next wave. */
  readonly soakMs: number;
  /** Tries after the first. */
  readonly retries: number;
  readonly backOffMs: number;
  /** Retries of all devices together, as a share of them. */
  readonly retryShare: number;
  readonly schedule: Schedule;
  /** The officers say that life-safety devices are meant too; their job's title says it. */
  readonly lifeSafety: boolean;
}
export const WAVES_MAX = 20;

export const OPTIONS: Options = {
  canary: 10,
  shares: [0.1, 1],
  quorum: 0.9,
  threshold: 0.05,
  atThreshold: 'stop',
  perSite: 4,
  inFlight: 1_000,
  silenceMs: 15 * MINUTE_MS,
  healthMs: 5 * MINUTE_MS,
  soakMs: 30 * MINUTE_MS,
  retries: 2,
  backOffMs: HOUR_MS,
  retryShare: 0.2,
  schedule: { windows: [], zone: 'UTC' },
  lifeSafety: false,
};

/** Why a device is left out, in the order in which they are asked; each row has the first that holds. */
export const EXCLUSIONS = [
  'ended',
  'revoked',
  'held',
  'unknown',
  'wrong-class',
  'wrong-model',
  'wrong-hardware',
  'life-safety',
  'at-target',
  'downgrade',
  'no-path',
] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];
export const EXCLUSION_WORDS: Readonly<Record<Exclusion, string>> = {
  ended: 'Retired from the city',
  revoked: 'Its certificate is revoked',
  held: 'Its certificate is held',
  unknown: 'Not enrolled: nobody knows who it is',
  'wrong-class': 'Not made for its class',
  'wrong-model': 'Not made for its model',
  'wrong-hardware': 'Not made for its hardware',
  'life-safety': 'Keeps people alive, and the officers did not say that it is meant',
  'at-target': 'There already',
  downgrade: 'Runs something newer',
  'no-path': 'No upgrade path from what it runs',
};
