/** The life of records in one place: what is restricted, sealed, held, erased, what is left of copies, and the caretaker that moves it. */
import type { DeskCounts, HeldCategory } from '@cityward/contracts';
import type { Saver } from '@cityward/journal';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { TryBackups } from '../backup/trying.ts';
import type { OpenRegister } from '../copies/register.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { VaultOptions } from '../needs.ts';
import type { Sharing } from '../nodes/shared.ts';
import { Destroying, destroyedBar } from '../records/destroying.ts';
import type { Lanes } from '../records/lanes.ts';
import type { FetchArchived } from '../archive/fetching.ts';
import type { Shelf } from '../records/shelf.ts';
import type { Bar } from '../viewing/deciding.ts';
import type { VaultJournal } from '../vault-journal.ts';
import { createCaretaker, type Tended } from './caretaker.ts';
import { Destructions } from './destructions.ts';
import { Erasing } from './erasing.ts';
import { Holds } from './holds.ts';
import { lifeBar, RecordLives } from './record-lives.ts';
import {
  copiesOfRecord,
  deskCounts,
  heldCategories,
  heldPeople,
  waitingRecords,
  type CopiesOfRecord,
  type HeldPeople,
  type Waiting,
} from './desk-store.ts';
import { sweepOrphans } from './orphans.ts';

export interface RecordsDeskParts extends VaultOptions {
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly keyring: Keyring;
  readonly sharing: Sharing;
  readonly shelf: Shelf;
  readonly fetchArchived: FetchArchived;
  readonly copies: OpenRegister;
  readonly inLane: Lanes;
  readonly tryBackups: TryBackups;
}
export interface RecordsDesk {
  readonly lives: RecordLives;
  readonly holds: Holds;
  readonly erasing: Erasing;
  readonly destructions: Destructions;
  readonly destroying: Destroying;
  readonly bars: readonly Bar[];
  /** Sealed or due, of whomever. */
  waiting(): Promise<Waiting>;
  /** All that waits of each kind, however many a list shows. */
  counts(): Promise<Omit<DeskCounts, 'unsealings'>>;
  heldPeople(query: { readonly q?: string; readonly after?: string }): Promise<HeldPeople>;
  heldCategories(): Promise<HeldCategory[]>;
  /** Where copies of a record lie or lay. */
  copiesOf(record: string): Promise<Result<CopiesOfRecord, Refusal>>;
  /** Brings to force what the journal knows and SQL does not; answers how much that was. */
  open(): Promise<number>;
  /** One round of everything that is due. */
  tend(): Promise<Tended>;
  /** Waits for the round under way; none begins after. */
  rest(): Promise<void>;
  /** What storing asks. */
  readonly standing: { isDoomed(record: string): boolean; isDark(record: string): boolean };
}

export function createRecordsDesk(parts: RecordsDeskParts): RecordsDesk {
  const lives = new RecordLives(parts);
  const holds = new Holds(parts);
  const destroying = new Destroying(parts);
  const destructions = new Destructions({ ...parts, needs: parts.destruction });
  const gone: ConstructorParameters<typeof Erasing>[0]['gone'] = async ({ destruction, versions }) =>
    void (await destructions.purge(destruction, versions));
  const erasing = new Erasing({ ...parts, law: parts.retention, lives, holds, destroying, gone });
  const caretaker = createCaretaker({
    ...parts,
    law: parts.retention,
    lives,
    holds,
    erasing,
    destructions,
    sweep: () => sweepOrphans(parts),
  });
  return {
    ...{ lives, holds, destroying, destructions, erasing },
    ...caretaker,
    waiting: () => waitingRecords(parts.sql),
    counts: async () => ({ ...(await deskCounts(parts.sql, parts.clock())), holds: holds.list().length }),
    heldPeople: (query) => heldPeople(parts.sql, query),
    heldCategories: () => heldCategories(parts.sql),
    copiesOf: async (record) => {
      const found = await copiesOfRecord(parts.sql, record);
      return found
        ? ok(found)
        : refuse('not-found', 'RECORD_UNKNOWN', `look for copies of record "${record}": there is none of that id`);
    },
    bars: [destroyedBar(destroying), lifeBar(lives)],
    standing: { isDoomed: (record) => destroying.isDoomed(record), isDark: (record) => lives.isDark(record) },
    open: async () => (await destroying.open()) + (await holds.open()) + (await lives.open()),
  };
}
