/** What is in force before SQL knows of it: consents taken back and used, records sealed, held or destroyed, changes in people's lives. */
import { join } from 'node:path';
import type { Hold, LifeReason, Unsealing } from '@cityward/contracts';
import { openJournal, type Journal, type JournalOptions } from '@cityward/journal';
import type { Life } from './domain/life.ts';
import type { LifeEvent } from './domain/lives/life.ts';

export type VaultChange =
  | {
      readonly sequence: number;
      readonly do: 'take-back';
      readonly consent: string;
      readonly at: number;
      readonly by: string;
    }
  /** `used`: how often by now, this time counted. */
  | { readonly sequence: number; readonly do: 'use'; readonly consent: string; readonly used: number }
  /** `keys`: of all versions, of the person too where nothing is left; gone for good from this line on, however far the overwriting came. */
  | ({ readonly sequence: number; readonly do: 'destroy' } & DestructionAsked)
  | {
      readonly sequence: number;
      readonly do: 'record-life';
      readonly record: string;
      readonly subject: string;
      readonly at: number;
      readonly life: Life;
    }
  | { readonly sequence: number; readonly do: 'hold'; readonly hold: Hold; readonly at: number }
  | { readonly sequence: number; readonly do: 'life'; readonly event: LifeEvent }
  | {
      readonly sequence: number;
      readonly do: 'unsealing';
      readonly subject: string;
      readonly unsealing: Unsealing;
      readonly at: number;
    }
  | {
      readonly sequence: number;
      readonly do: 'end-care';
      readonly care: string;
      readonly subject: string;
      readonly at: number;
      readonly by: string;
    }
  | {
      readonly sequence: number;
      readonly do: 'end-glass';
      readonly glass: string;
      readonly subject: string;
      readonly at: number;
      readonly by: string;
    }
  | ({ readonly sequence: number; readonly do: 'settled' } & Settled);

/** Stands for what was taken back and is no longer here, since SQL and the ledger have it: what SQL has to say for ever. */
export interface Settled {
  /** What was taken back at or before that. */
  readonly until: number;
  readonly count: number;
  readonly hash: string;
  /** Entries of the ledger that were looked through. */
  readonly ledger: number;
}
/** One part of a destruction; large ones have several. */
export interface DestructionAsked {
  readonly destruction: string;
  readonly subject: string;
  readonly records: readonly string[];
  readonly keys: readonly string[];
  readonly at: number;
  readonly by: string;
  readonly code: LifeReason;
  readonly clause: string;
  readonly reason: string;
}
export type VaultJournal = Journal<VaultChange>;

/** What a consent's use says is overtaken by the next use and by its end, never the other way round: nothing is used after its end. */
function about(change: VaultChange): string {
  switch (change.do) {
    case 'destroy':
      return `${change.destruction}/${change.records[0]}`;
    case 'record-life':
      return `record-life/${change.record}`;
    case 'hold':
      return change.hold.id;
    case 'unsealing':
      return change.unsealing.id;
    case 'life':
      return change.event.id;
    case 'end-care':
      return change.care;
    case 'end-glass':
      return change.glass;
    case 'settled':
      return change.do;
    default:
      return change.consent;
  }
}

export const journalPath = (folder: string): string => join(folder, 'vault.journal');

export const openVaultJournal = (
  folder: string,
  options: Pick<JournalOptions<VaultChange>, 'openHandle' | 'beforeStep'> = {},
): Promise<VaultJournal> => openJournal<VaultChange>({ path: journalPath(folder), after: 0, about, ...options });
