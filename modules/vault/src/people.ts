/** What follows from people's lives and rights: who acts for whom, emergencies, requests, and what each is told. Composed here, for the service. */
import type { HeldRecord, RecordDraft } from '@cityward/contracts';
import type { Saver } from '@cityward/journal';
import type { Refusal, Result } from '@cityward/kernel';
import type { Route } from '@cityward/http';
import { byEmergency, toReview } from './emergency/by-emergency.ts';
import { CareRegister } from './emergency/care-register.ts';
import { Emergencies } from './emergency/emergencies.ts';
import { emergencyRoutes } from './emergency/routes.ts';
import { readLaw } from './law/law.ts';
import { byStanding, outlivedBar } from './lives/by-standing.ts';
import { Lives } from './lives/lives.ts';
import { lifeRoutes } from './lives/routes.ts';
import type { VaultOptions } from './needs.ts';
import type { Sharing } from './nodes/shared.ts';
import { Requests } from './requests/requests.ts';
import { requestRoutes } from './requests/routes.ts';
import { toAnswer } from './requests/to-answer.ts';
import { unsealingRoutes } from './unsealing/routes.ts';
import { Unsealings, type UnsealingParts } from './unsealing/unsealings.ts';
import type { VaultJournal } from './vault-journal.ts';
import type { Bar, Ground } from './viewing/deciding.ts';

/** Read once: a file that is not as wanted stops the start. */
export const LAW = readLaw();

/** For people: by which law something is told or refused. */
export const clauseInWords = (id: string): string =>
  LAW.has(id) ? `${LAW.instrumentOf(id).name}, ${LAW.clause(id).ref}` : id;

export interface People {
  readonly lives: Lives;
  readonly care: CareRegister;
  readonly emergencies: Emergencies;
  readonly requests: Requests;
  readonly unsealings: Unsealings;
  readonly grounds: readonly Ground[];
  readonly bars: readonly Bar[];
  /** What the journal knew and SQL did not. */
  open(): Promise<number>;
  /** What falls due by time alone and is told: run often, at least once a minute. */
  tick(): Promise<void>;
}

export interface PeopleParts extends VaultOptions {
  readonly sharing: Sharing;
  readonly isShared: boolean;
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly seals: UnsealingParts['seals'];
  readonly records: {
    put(draft: RecordDraft, by: string): Promise<Result<{ readonly record: string }, Refusal>>;
    list(subject: string): Promise<readonly HeldRecord[]>;
  };
}

export const createLives = (parts: Omit<PeopleParts, 'records' | 'seals'>): Lives =>
  new Lives({
    ...parts,
    ageYears: LAW.duty('nz-hipc-3', 'age').years,
    floor: LAW.duty('nz-hipc-r11-2-d', 'floor').categories,
    mayWait: (clause) => LAW.has(clause) && LAW.clause(clause).duties.some(({ is }) => is === 'delay'),
  });

export function createPeople(parts: PeopleParts, lives: Lives): People {
  const { records } = parts;
  const put = (draft: RecordDraft, by: string) => records.put(draft, by);
  const care = new CareRegister(parts);
  const emergencies = new Emergencies({ ...parts, lives, care, put, records: (subject) => records.list(subject) });
  const requests = new Requests({ ...parts, law: LAW, lives, put });
  const unsealings = new Unsealings({ ...parts, lives });
  return {
    ...{ lives, care, emergencies, requests, unsealings },
    grounds: [
      ...[byStanding({ ...parts, lives }), byEmergency({ emergencies, lives })],
      ...[toReview(emergencies), toAnswer(requests)],
    ],
    bars: [outlivedBar(lives)],
    open: async () => {
      let replayed = 0;
      for (const part of [lives, care, emergencies, requests, unsealings]) replayed += await part.open();
      return replayed;
    },
    tick: async () => {
      await lives.tick();
      await requests.tick();
      await unsealings.lapse();
    },
  };
}

export const peopleRoutes = (options: VaultOptions, people: () => People): Route[] => [
  ...lifeRoutes({ ...options, lives: () => people().lives }),
  ...emergencyRoutes({ care: () => people().care, emergencies: () => people().emergencies }),
  ...unsealingRoutes(() => people().unsealings),
  ...requestRoutes({ ...options, law: LAW, requests: () => people().requests }),
];
