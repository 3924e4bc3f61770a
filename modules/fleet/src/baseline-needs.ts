/** What the baseline wants from outside: who reads for a device, whether it may, and what the city alone knows. */
import type { BaselineAsk, Change, ChangeDraft, JobAction } from '@cityward/contracts';
import type { Clock, Refusal, Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import type { CityValues } from './domain/baseline/mend.ts';
import type { Catalogue } from './domain/baseline/catalogue.ts';
import type { Columns } from './domain/rollout/columns.ts';

export interface BaselineSignal {
  /** 0 to 100: the score over the default protection and the basic tier. */
  readonly value: number;
  readonly reason: string;
  readonly expires: number;
}
/** Handed in by the server; without it nobody is asked and nobody is told. */
export interface BaselineWorld {
  /** Who would read now: the device itself where it is connected, or the connected gateway of its site. */
  readerOf(device: string, reader: 'device' | 'gateway'): string | null;
  ask(reader: string, ask: BaselineAsk): Promise<void>;
  /** May this reporter say how this device is set up? */
  mayReport(reporter: string, subject: string): Result<void, Refusal>;
  signal(device: string, signal: BaselineSignal): void;
  /** When the certificate of a device ends; null where it has none. */
  certificateUntil(device: string): number | null;
  /** What only the city can say, such as its time servers. */
  readonly said: CityValues;
}
/** Firmware that the city keeps. */
export interface KeptFirmware {
  readonly kind: 'firmware' | 'configuration';
  readonly version: string;
  readonly classes: readonly string[];
  readonly models: readonly string[];
}
export interface BaselineNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly catalogue: Catalogue;
  readonly columns: () => Columns;
  readonly artifacts: () => readonly KeptFirmware[];
  readonly world: BaselineWorld;
  /** Hash of the document that a device shows it runs; null for none or not said. */
  readonly runningDocument: (device: string) => string | null;
  readonly document: (hash: string) => Promise<string | null>;
  readonly keepDocument: (hash: string, text: string) => Promise<void>;
  readonly add: (draft: ChangeDraft, by: string) => Promise<Result<readonly Change[], Refusal>>;
  readonly changes: () => Promise<readonly Change[]>;
  /** Of a change of which devices may still be told something; from memory. */
  readonly actionOf: (change: string) => JobAction | null;
}

/** Nobody is connected. */
export const NO_WORLD: BaselineWorld = {
  readerOf: () => null,
  ask: () => Promise.reject(new Error('ask a device: nobody is connected')),
  mayReport: (reporter, subject) =>
    reporter === subject
      ? { ok: true, value: undefined }
      : {
          ok: false,
          error: {
            kind: 'forbidden',
            code: 'SUBJECT_NOT_SELF',
            message: `take a reading of "${reporter}": wanted it about itself`,
          },
        },
  signal: () => undefined,
  certificateUntil: () => null,
  said: {},
};
