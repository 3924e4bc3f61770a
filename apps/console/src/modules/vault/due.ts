/** What is due on the records desk, of all kinds in one list: late first, then what has a day, then what waits longest. Pure. */
import {
  DESTRUCTIONS_SHOWN_MAX,
  EXPORTS_SHOWN_MAX,
  GLASSES_SHOWN_MAX,
  HOLD_ASKED_LIFE_DAYS,
  PROPOSALS_SHOWN_MAX,
  RECIPIENT_REQUESTS_SHOWN_MAX,
  REQUESTS_SHOWN_MAX,
  UNSEALING_ASKED_LIFE_DAYS,
  WAITING_SHOWN_MAX,
  type Destruction,
  type Export,
  type Glass,
  type Hold,
  type LifeProposal,
  type RecipientRequestShown,
  type RightRequest,
  type Unsealing,
  type WaitingRecord,
} from '@cityward/contracts';
import { DAY_MS } from '../../ui/format.ts';

export type DueKind =
  | 'request'
  | 'emergency'
  | 'life'
  | 'hold'
  | 'lift'
  | 'unsealing'
  | 'export'
  | 'certify'
  | 'copies'
  | 'record'
  | 'receipt';
export type DeskTab =
  | 'due'
  | 'requests'
  | 'emergencies'
  | 'lives'
  | 'holds'
  | 'unsealings'
  | 'exports'
  | 'destructions'
  | 'recipients'
  | 'copies'
  | 'vault'
  | 'touched';

export interface Due {
  readonly kind: DueKind;
  readonly id: string;
  /** Where it is opened. */
  readonly tab: DeskTab;
  /** A person by their id, or a category. */
  readonly about: string;
  /** By when; null where nothing says so. */
  readonly by: number | null;
  readonly since: number;
  /** Looked at before others. */
  readonly first: boolean;
  /** Somebody else has to act: this person began it or has part in it. */
  readonly isOwn: boolean;
}

/** Answers of the desk, as far as they are there: an auditor is not given all of them. */
export interface DeskAnswers {
  readonly requests?: readonly RightRequest[] | undefined;
  readonly glasses?: readonly Glass[] | undefined;
  readonly proposals?: readonly LifeProposal[] | undefined;
  readonly holds?: readonly Hold[] | undefined;
  readonly unsealings?: readonly Unsealing[] | undefined;
  readonly exports?: readonly Export[] | undefined;
  readonly destructions?: readonly Destruction[] | undefined;
  readonly records?: readonly WaitingRecord[] | undefined;
  readonly recipients?: readonly RecipientRequestShown[] | undefined;
}

/** As many as an answer has at most; what is held, and what is opened, it has whole. */
const SHOWN_MAX: Readonly<Partial<Record<keyof DeskAnswers, number>>> = {
  ...{ requests: REQUESTS_SHOWN_MAX, glasses: GLASSES_SHOWN_MAX, proposals: PROPOSALS_SHOWN_MAX },
  ...{ exports: EXPORTS_SHOWN_MAX, destructions: DESTRUCTIONS_SHOWN_MAX, records: WAITING_SHOWN_MAX },
  recipients: RECIPIENT_REQUESTS_SHOWN_MAX,
};
/** There may be more than these answers have. */
export const isCut = (answers: DeskAnswers): boolean =>
  Object.entries(SHOWN_MAX).some(([name, max]) => (answers[name as keyof DeskAnswers]?.length ?? 0) >= max);

type Task = Omit<Due, 'first' | 'isOwn'> & Partial<Pick<Due, 'first' | 'isOwn'>>;

/** When a hold lapses that was asked for and that nobody has set; null for any other. */
export const lapsesAt = ({ state, asked }: Hold): number | null =>
  state === 'asked' ? asked.at + HOLD_ASKED_LIFE_DAYS * DAY_MS : null;

/** The same of an opening of sealed records that nobody approved. */
export const lapseOf = ({ state, asked }: Unsealing): number | null =>
  state === 'asked' ? asked.at + UNSEALING_ASKED_LIFE_DAYS * DAY_MS : null;

const holdTask = (me: string, hold: Hold): Task[] => {
  const { id, subject, state, asked, liftAsked } = hold;
  const task = { id, tab: 'holds', about: subject } as const;
  if (state === 'asked')
    return [{ ...task, kind: 'hold', by: lapsesAt(hold), since: asked.at, isOwn: asked.by === me }];
  if (state !== 'lift-asked' || liftAsked === null) return [];
  return [{ ...task, kind: 'lift', by: null, since: liftAsked.at, isOwn: liftAsked.by === me }];
};

const destructionTask = (me: string, { id, subject, state, at, by }: Destruction): Task[] => {
  if (state === 'certified') return [];
  const task = { id, tab: 'destructions', about: subject, by: null, since: at } as const;
  return state === 'copies-left' ? [{ ...task, kind: 'copies' }] : [{ ...task, kind: 'certify', isOwn: by === me }];
};

/** Nobody answered it yet. */
export const waitsForReceipt = ({ state }: Pick<RecipientRequestShown, 'state'>): boolean =>
  state === 'asked' || state === 'reminded' || state === 'silent';

const tasksOf = (answers: DeskAnswers, me: string): Task[] => [
  ...(answers.requests ?? []).map((one): Task => ({
    ...{ kind: 'request', id: one.id, tab: 'requests', about: one.subject, by: one.due, since: one.at },
    isOwn: one.by === me || one.subject === me,
  })),
  ...(answers.glasses ?? []).map((one): Task => ({
    ...{ kind: 'emergency', id: one.id, tab: 'emergencies', about: one.subject, by: null, since: one.at },
    first: one.flags.length > 0,
    isOwn: one.by === me || one.subject === me,
  })),
  ...(answers.proposals ?? []).map((one): Task => ({
    ...{ kind: 'life', id: one.id, tab: 'lives', about: one.subject, by: one.expires, since: one.at },
    isOwn: one.by === me,
  })),
  ...(answers.holds ?? []).flatMap((one) => holdTask(me, one)),
  ...(answers.unsealings ?? [])
    .filter(({ state }) => state === 'asked')
    .map((one): Task => ({
      ...{ kind: 'unsealing', id: one.id, tab: 'unsealings', about: one.subject, by: lapseOf(one) },
      ...{ since: one.asked.at, isOwn: one.asked.by === me || one.reader === me },
    })),
  ...(answers.exports ?? [])
    .filter(({ state }) => state === 'asked')
    .map((one): Task => ({
      ...{ kind: 'export', id: one.id, tab: 'exports', about: one.draft.category, by: null, since: one.asked.at },
      isOwn: one.asked.by === me,
    })),
  ...(answers.destructions ?? []).flatMap((one) => destructionTask(me, one)),
  ...(answers.recipients ?? []).filter(waitsForReceipt).map((one): Task => ({
    ...{ kind: 'receipt', id: one.id, tab: 'recipients', about: one.recipient, by: one.answerBy, since: one.at },
    first: one.state === 'silent',
  })),
  ...(answers.records ?? [])
    .filter(({ state }) => state === 'due')
    .map((one): Task => ({
      ...{ kind: 'record', id: one.record, tab: 'copies', about: one.subject, by: one.next, since: one.since },
    })),
];

/** Late, flagged, with a day, without one. */
const rank = ({ by, first }: Due, now: number): number => {
  if (by !== null && by <= now) return 0;
  if (first) return 1;
  return by === null ? 3 : 2;
};

export function dueOf(answers: DeskAnswers, { me, now }: { readonly me: string; readonly now: number }): Due[] {
  return tasksOf(answers, me)
    .map((task): Due => ({ first: false, isOwn: false, ...task }))
    .sort((a, b) => rank(a, now) - rank(b, now) || (a.by ?? a.since) - (b.by ?? b.since) || (a.id < b.id ? -1 : 1));
}

/** Whole days until a moment: 0 on its last day; negative once it is late. */
export const daysUntil = (by: number, now: number): number => Math.floor((by - now) / DAY_MS);

export function countDue(all: readonly Due[], now: number): { readonly late: number; readonly week: number } {
  const days = all.flatMap(({ by }) => (by === null ? [] : [by - now]));
  return {
    late: days.filter((left) => left <= 0).length,
    week: days.filter((left) => left > 0 && left <= 7 * DAY_MS).length,
  };
}
