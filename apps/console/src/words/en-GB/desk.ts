/** The records desk: what is due, and each kind of task that an officer opens there. */
import type { CopyKind, CopyOutcome, Glass, GlassReason, LifeProposal, LifeState, Purpose } from '@cityward/contracts';
import type { RequestKind, RightRequest } from '@cityward/contracts';
import { count, many, verb } from './counting.ts';

const requestKinds: Record<RequestKind, string> = {
  access: 'See what is held',
  correction: 'Correct what is wrong',
  portability: 'Take it along',
  erasure: 'Erase it',
};
const requestStates: Record<RightRequest['state'], string> = {
  received: 'Waits',
  extended: 'Waits, given more time',
  answered: 'Answered',
  withdrawn: 'Taken back',
};
const outcomes: Record<NonNullable<RightRequest['answer']>['outcome'], string> = {
  granted: 'Granted',
  partly: 'Granted in part',
  refused: 'Refused',
};
const glassReasons: Record<GlassReason, string> = {
  'cannot-answer': 'The patient could not answer',
  'threat-to-life': 'Danger to the patient’s life',
  'threat-to-others': 'Danger to others',
  'history-needed-now': 'The history was needed at once',
};
const glassFlags: Record<Glass['flags'][number], string> = {
  guarded: 'Patient whom the curious look for',
  'unusually-often': 'Unusually often',
  'not-justified-before': 'Not justified before',
};
const changes: Record<LifeProposal['change']['do'], string> = {
  minor: 'Is under sixteen',
  died: 'Has died',
  incapable: 'Cannot decide any more',
  capable: 'Can decide again',
  appoint: 'Somebody acts for them',
  settle: 'Those who act for them agree again',
  hush: 'Is told of emergencies and opened seals later',
};
const lifeStates: Record<LifeState, string> = {
  active: 'In use',
  restricted: 'Restricted',
  sealed: 'Sealed',
  due: 'Due',
  'keys-destroyed': 'Keys destroyed',
  'copies-purged': 'Copies ended',
  closed: 'Closed, certified',
};
const copyKinds: Record<CopyKind, string> = {
  primary: 'The record itself',
  wal: 'Log of the database',
  replica: 'Replica',
  backup: 'Backup',
  archive: 'Archive',
  cache: 'In memory',
  'search-index': 'Search index',
  picture: 'Picture',
  'stream-segment': 'Part of the stream',
  export: 'Export',
  recipient: 'Handed to somebody',
};
const copyOutcomes: Record<CopyOutcome, string> = {
  purged: 'Gone',
  unreadable: 'No key opens it',
  asked: 'Asked, no answer yet',
  pending: 'Could not be reached',
  beyond: 'Out of the city’s hands',
};
export const purposes: Record<Purpose, string> = {
  TREAT: 'Treatment',
  ETREAT: 'Emergency treatment',
  HPAYMT: 'Payment',
  HOPERAT: 'Running of the service',
  HRESCH: 'Research',
  PUBHLTH: 'Public health',
  FAMRQT: 'Asked for by the family',
  PATRQT: 'Own record',
};

export const desk = {
  lead: 'What people asked for by law, what waits for a second officer, and what becomes of what the city holds about them. Ids alone: no content of any record is shown here.',
  portal: 'To the portal, for professionals',
  sections: 'Parts of the desk',
  tabs: {
    due: 'Due',
    requests: 'Requests',
    emergencies: 'Emergencies',
    lives: 'Lives',
    holds: 'Holds',
    unsealings: 'Opened seals',
    exports: 'Exports',
    destructions: 'Destructions',
    recipients: 'Recipients',
    copies: 'Records',
    vault: 'Vault',
    touched: 'Whose data?',
  },
  counted: (tab: string, n: number) => (n === 0 ? tab : `${tab} (${n})`),
  open: 'Open',
  openOne: (what: string, id: string) => `Open ${what.toLowerCase()} ${id}`,
  cut: (n: number) => `The list shows ${count.format(n)} at most; the number above counts all.`,
  gone: 'It is not on this list any more: somebody acted, or its time was over.',
  wanted: 'load what waits on the desk',
  facts: {
    id: 'Id',
    about: 'About',
    by: 'By',
    state: 'Stands at',
    clause: 'Clause',
    document: 'Document',
    paper: 'In words',
  },
  paperHelp: 'The words are a record, so each look at them is recorded. Read them with:',
  readCommand: (record: string) => `cityward record view ${record}`,
  second: 'Another officer has to: you began it.',
  party: 'Another officer has to: you have part in it.',
  days: {
    late: (n: number) => (n === 0 ? 'Late since today' : `${many(n, 'day', 'days')} late`),
    today: 'Due today',
    left: (n: number) => `${many(n, 'day', 'days')} left`,
  },
  due: {
    atLeast: 'More waits than is listed here; these numbers are the least it can be.',
    lead: (late: number, week: number) =>
      late + week === 0
        ? 'Nothing is late, and nothing is due within a week.'
        : [
            ...(late > 0 ? [`${many(late, 'task is', 'tasks are')} late`] : []),
            ...(week > 0 ? [`${many(week, 'task is', 'tasks are')} due within a week`] : []),
          ].join(', ') + '.',
    forYou: 'For you',
    others: 'For another officer',
    othersWhy: 'You began these or have part in them, so somebody else has to act.',
    nothingForYou: 'Nothing waits for you.',
    first: 'Look at it first',
    waits: 'waits for',
    empty: {
      title: 'Nothing waits',
      text: 'Requests by law, broken glass, holds, exports and destructions that need an officer appear here, what is due first, first.',
    },
    kinds: {
      request: 'Answer a request',
      emergency: 'Review an emergency',
      life: 'Confirm a change in a life',
      hold: 'Set a legal hold',
      lift: 'Lift a legal hold',
      unsealing: 'Open sealed records',
      export: 'Release an export',
      certify: 'Certify a destruction',
      copies: 'Copies are left',
      record: 'Its time is over',
      receipt: 'No receipt from a recipient',
    },
    sealed: (sealed: number, due: number) =>
      [
        `${many(sealed, 'record is', 'records are')} sealed until the law lets ${verb(sealed, 'it', 'them')} be destroyed`,
        ...(due > 0 ? [`${many(due, 'is', 'are')} due, and destroyed by the city itself`] : []),
      ].join('; ') + '.',
    closed: 'The vault is closed',
  },
  requests: {
    columns: ['Asks to', 'Person', 'Law', 'Came', 'Due', 'Stands at', 'Act'],
    kinds: requestKinds,
    states: requestStates,
    outcomes,
    regimes: { nz: 'New Zealand', eu: 'European Union' },
    empty: {
      title: 'Nobody waits for an answer',
      text: 'When somebody asks in the portal to see, correct, take along or erase what is held about them, it appears here with the day by which the law wants an answer.',
    },
    what: 'Request',
    themself: 'for themself',
    clock: 'The clock',
    extended: 'Given more time',
    answer: 'Answer',
    answerEffect:
      'The person reads your answer in the portal at once, and it is recorded. It cannot be changed afterwards; the person may complain or ask anew.',
    outcome: 'What you answer',
    clauses: 'By which clauses',
    clausesHelp: 'What is refused names the clause that lets it be.',
    noClauses: 'No clause of this law lets this be refused.',
    words: 'In words, for the person',
    wordsHelp: 'Plain sentences. They are kept as a record of the person, sealed like the others.',
    tooShort: 'At least three letters',
    wantsClause: 'At least one clause',
    yes: 'Send the answer',
    wantedAnswer: 'send the answer',
    extend: 'Give it more time',
    extendEffect:
      'The law lets this be once, before the time is over. The person is told at once, with the clause and your words.',
    extendClause: 'By which clause',
    extendUntil: 'Answered by',
    noExtension: 'No clause of this law lets this take longer.',
    extendYes: 'Make the time longer',
    wantedExtend: 'make the time longer',
    choose: 'Choose one',
  },
  emergencies: {
    columns: ['Why', 'Patient', 'Who looked', 'Where', 'When', 'Looked at first', 'Act'],
    reasons: glassReasons,
    flags: glassFlags,
    what: 'Emergency',
    empty: {
      title: 'Nothing waits for a review',
      text: 'When a clinician breaks the glass to see a patient’s records in an emergency, it appears here. The patient is told at once; an officer says whether it was justified.',
    },
    runs: 'Still runs',
    justified: 'It was justified',
    notJustified: 'It was not justified',
    justifiedEffect: 'The case is closed. The patient is told what you found.',
    notJustifiedEffect:
      'What still runs ends at once, and this clinician breaks no glass for ninety days. The patient is told. It cannot be taken back.',
    wantedReview: 'record the review',
    facts: { who: 'Who looked', where: 'Where', from: 'From', until: 'Until', flags: 'Flagged' },
  },
  lives: {
    columns: ['Change', 'Person', 'Proposed by', 'Lapses', 'Act'],
    what: 'Change',
    changes,
    offices: { guardian: 'guardian', executor: 'executor', attorney: 'attorney' },
    empty: {
      title: 'No change in a life waits',
      text: 'What gives somebody a say over another’s records, such as a guardian, counts once a second officer has seen the document and confirms it. It appears here.',
    },
    confirm: 'Confirm the change',
    confirmEffect:
      'You confirm that you saw the document. It is in force at once, and consents and views follow from it. To undo it somebody records the opposite.',
    wantedConfirm: 'confirm the change',
    details: { person: 'Who acts', as: 'As', born: 'Born', until: 'Until' },
  },
  lifeStates,
  copyKinds,
  copyOutcomes,
} as const;
