/** What the mock's records desk begins with: a late request, a flagged emergency, holds and exports that wait for a second officer, destructions on their way. */
import type {
  Destruction,
  Export,
  Exposure,
  Glass,
  Hold,
  LawShown,
  LifeProposal,
  RecipientRequestShown,
  RecordCopy,
  RightRequest,
  VaultStanding,
  WaitingRecord,
} from '@cityward/contracts';
import { HOUR } from './mock-state.ts';

export const DAY = 24 * HOUR;
export const [MERE, TOMAS] = ['prs-0001', 'prs-0002'] as const;
export const AROHA = 'per-7k2m9c0q4x1ab3d5';
export const BEN = 'per-2b8v0c9x3m6n7q1w';
export const ROOT = '4f'.repeat(32);

export interface Held {
  requests: RightRequest[];
  glasses: Glass[];
  proposals: LifeProposal[];
  holds: Hold[];
  exports: Export[];
  destructions: Destruction[];
  exposures: Exposure[];
}
const request = (change: Partial<RightRequest> & Pick<RightRequest, 'id' | 'at' | 'due'>): RightRequest => ({
  ...{ subject: AROHA, kind: 'access', regime: 'nz', by: AROHA, paper: 'rec-9c0q4x1ab3d57k2m', state: 'received' },
  ...{ clause: 'nz-pa-44', isOverdue: change.due <= Date.now(), extended: null, answer: null },
  ...change,
});
export const hold = (change: Partial<Hold>): Hold => ({
  ...{ id: 'hld-1m9c0q4x1ab3d5k7', subject: AROHA, category: null, record: null, state: 'asked' },
  ...{ basis: 'Claim 12/27 about a fall in the park', clause: 'High Court Rules 8.3' },
  ...{ asked: { at: Date.now() - DAY, by: TOMAS }, set: null, liftAsked: null, lifted: null },
  ...change,
});
export const destruction = (change: Partial<Destruction>): Destruction => ({
  ...{ id: 'des-1m9c0q4x1ab3d5k7', subject: BEN, by: TOMAS, trigger: 'erasure-asked', reason: 'Asked for by letter' },
  ...{ at: Date.now() - 6 * DAY, records: 4, versions: 9, root: ROOT, state: 'to-certify', left: [] },
  ...change,
});
const glass = (change: Partial<Glass>): Glass => ({
  ...{ id: 'gls-1m9c0q4x1ab3d5k7', subject: BEN, by: 'per-4x1ab3d57k2m9c0q', organisation: 'harbour-clinic' },
  ...{
    reason: 'cannot-answer',
    paper: 'rec-4x1ab3d5k79c0q2m',
    at: Date.now() - 5 * HOUR,
    until: Date.now() - 4 * HOUR,
  },
  ...{ ended: Date.now() - 4.5 * HOUR, flags: [], review: null },
  ...change,
});
const KEY = `age1${'q4x1ab3d57k2m9c0'.repeat(4)}`;
export const exportOf = (change: Partial<Export>): Export => ({
  id: 'exp-1m9c0q4x1ab3d5k7',
  draft: {
    ...{ category: 'parking', shape: 'counts', purpose: 'HOPERAT', ground: 'law', person: null, k: 5, l: 2 },
    columns: [
      { name: 'ward', at: '/ward', role: 'quasi', levels: [{ by: 'exact' }] },
      { name: 'stay', at: '/minutes', role: 'quasi', levels: [{ by: 'bands', width: 30 }] },
    ],
    ...{ only: null, basis: 'Transport plan 2027, section 4', recipient: { name: 'Transport office', key: KEY } },
    until: Date.now() + 90 * DAY,
  },
  ...{ state: 'asked', asked: { at: Date.now() - 2 * DAY, by: TOMAS }, decided: null, manifest: null },
  ...{ bytes: null, fetched: null },
  ...change,
});

export const released = (now: number): Export =>
  exportOf({
    ...{
      id: 'exp-2b8v0c9x3m6n7q1w',
      state: 'released',
      decided: { at: now - DAY, by: MERE, why: null },
      bytes: 48_213,
    },
    manifest: {
      ...{ export: 'exp-2b8v0c9x3m6n7q1w', category: 'parking', shape: 'counts', purpose: 'HOPERAT', k: 5, l: 2 },
      ...{ basis: 'Transport plan 2027', recipient: 'Transport office', at: now - DAY, until: now + 90 * DAY },
      ...{ columns: ['ward', 'stay'], shown: 4_120, leftOut: { few: 30, uncovering: 10 }, folded: 2, withheld: 3 },
      ...{
        marks: 0,
        before: 1,
        notice: 'Coarse enough that no group is smaller than five. It is not proof of anonymity.',
      },
    },
  });

export const made = (now: number): Held => ({
  requests: [
    request({
      id: 'req-1m9c0q4x1ab3d5k7',
      at: now - 31 * DAY,
      due: now - 2 * DAY,
      kind: 'correction',
      clause: 'nz-pa-63',
    }),
    request({ id: 'req-2b8v0c9x3m6n7q1w', at: now - 20 * DAY, due: now + 2 * DAY + HOUR, subject: BEN, by: BEN }),
    request({
      id: 'req-3x1ab3d57k2m9c0q',
      at: now - 3 * DAY,
      due: now + 25 * DAY,
      kind: 'erasure',
      clause: 'nz-pa-63',
    }),
  ],
  glasses: [
    glass({ id: 'gls-2b8v0c9x3m6n7q1w', flags: ['guarded', 'unusually-often'], reason: 'history-needed-now' }),
    glass({}),
  ],
  proposals: [
    {
      ...{ id: 'prp-1m9c0q4x1ab3d5k7', subject: BEN, document: 'rec-0c9x3m6n7q1w2b8v', by: TOMAS },
      ...{ at: now - DAY, expires: now + 6 * DAY },
      change: { do: 'appoint', person: 'per-3d57k2m9c0q4x1ab', as: 'guardian', until: null },
    },
  ],
  holds: [
    hold({}),
    hold({
      ...{ id: 'hld-2b8v0c9x3m6n7q1w', subject: BEN, category: 'blood-tests', state: 'set' },
      ...{ asked: { at: now - 40 * DAY, by: MERE }, set: { at: now - 39 * DAY, by: TOMAS } },
    }),
  ],
  exports: [exportOf({}), released(now)],
  destructions: [
    destruction({
      ...{ id: 'des-3x1ab3d57k2m9c0q', state: 'copies-left', at: now - DAY, by: MERE },
      left: [
        {
          ...{ id: 'cpy-1m9c0q4x1ab3d5k7', kind: 'recipient', place: 'recipient:harbour-clinic', versions: 2 },
          ...{ custodian: 'Harbour Clinic', outcome: 'asked', why: 'asked, no receipt yet' },
        },
      ],
    }),
    destruction({}),
    destruction({
      id: 'des-2b8v0c9x3m6n7q1w',
      state: 'certified',
      at: now - 60 * DAY,
      trigger: 'time-is-over',
      by: 'system',
    }),
  ],
  exposures: exposuresOf(now),
});

export const WAITING: readonly WaitingRecord[] = [
  {
    ...{ record: 'rec-7q1w2b8v0c9x3m6n', category: 'blood-tests', state: 'sealed', reason: 'kept-by-law', by: AROHA },
    ...{ clause: 'Regulations 1996, 5 and 6', since: Date.now() - DAY, next: Date.now() + 3_600 * DAY, subject: AROHA },
  },
];
export const COPIES: readonly RecordCopy[] = [
  {
    ...{ id: 'cpy-primary', kind: 'primary', place: 'sql:vault.version.content', custodian: 'city' },
    ...{ basis: 'the record itself', created: Date.now() - 90 * DAY, expires: null, closed: null, outcome: null },
    verified: { at: Date.now() - HOUR, found: 'held' },
  },
  {
    ...{ id: 'cpy-4x1ab3d57k2m9c0q', kind: 'backup', place: 'folder:/var/backups/vault/2026-48', custodian: 'city' },
    ...{ basis: 'backup of the week', created: Date.now() - 3 * DAY, expires: Date.now() + 25 * DAY, closed: null },
    ...{ verified: null, outcome: null },
  },
  {
    ...{
      id: 'cpy-2b8v0c9x3m6n7q1w',
      kind: 'recipient',
      place: 'recipient:harbour-clinic',
      custodian: 'Harbour Clinic',
    },
    ...{ basis: 'consent con-7k2m9c0q4x1ab3d5', created: Date.now() - 30 * DAY, expires: null, closed: null },
    ...{ verified: null, outcome: { is: 'asked', why: 'asked, no receipt yet' } },
  },
];

type ShownClause = LawShown['instruments'][number]['clauses'][number];
const clause = (some: Pick<ShownClause, 'id' | 'ref' | 'words'> & Partial<ShownClause>): ShownClause => ({
  ...{ from: null, refuses: [], extends: [], tasks: [] },
  ...some,
});
export const LAW: LawShown = {
  instruments: [
    {
      ...{ id: 'nz-privacy-act-2020', name: 'Privacy Act 2020', place: 'New Zealand' },
      url: 'https://www.legislation.govt.nz/',
      read: { on: '2026-11-20', as: 'text' },
      clauses: [
        clause({ id: 'nz-pa-44', ref: 'section 44', words: 'An answer is due within twenty working days.' }),
        clause({
          ...{ id: 'nz-pa-48', ref: 'section 48', extends: ['access', 'portability'] },
          words: 'The time may be longer once, where there is much to look through.',
        }),
        clause({
          ...{ id: 'nz-pa-49', ref: 'section 49', refuses: ['access', 'portability'] },
          words: 'It may be refused where it would endanger somebody.',
        }),
        clause({ id: 'nz-pa-63', ref: 'section 63', words: 'A correction is decided within twenty working days.' }),
      ],
    },
  ],
};

export const STANDING: VaultStanding = {
  ...{ isOpen: true, gate: 'open: the witness has seen nothing newer', incarnation: 'inc-7k2m9c0q4x1ab3d5' },
  keys: { live: 1_204, damaged: 0, root: 'file, readable by its owner alone', medium: 'SSD, ext4' },
  ahead: { journal: 0, ledger: 0, unsaved: 0 },
  ledger: { origin: 'port-merrow.example/log', size: 18_204 },
  witnesses: [{ name: 'witness.example', state: 'agrees', cosigned: 18_200, seen: 18_204 }],
  backups: {
    last: { at: Date.now() - 9 * HOUR, place: '/var/backups/vault' },
    open: 4,
    weeks: [2_970, 2_971, 2_972].map((week, i) => ({ week, destroyed: Date.now() + (7 + 7 * i) * DAY })),
    unreadableFrom: Date.now() + 28 * DAY,
  },
};

export const exposureOf = (some: Pick<Exposure, 'id' | 'reason' | 'scope'>): Exposure => ({
  ...{ ...some, at: Date.now() - HOUR, by: MERE!, state: 'asked', people: 4_012, told: 0 },
  groups: [
    {
      touches: [
        { of: 'dataset', dataset: 'dat-cctv-harbour', name: 'Pictures of the harbour', purpose: 'public safety' },
      ],
      ...{ people: 4_000, draft: '[What happened, in one or two sentences.]\nThis concerns pictures of the harbour.' },
    },
    {
      touches: [{ of: 'viewed', category: 'parking' }],
      ...{ people: 12, draft: '[What happened, in one or two sentences.]\nThis concerns your parking.' },
    },
  ],
});
const exposuresOf = (now: number): Exposure[] => [
  exposureOf({
    ...{ id: 'exp-3x1ab3d57k2m9c0q', reason: 'Cameras of the harbour spoke to a stranger' },
    scope: { sources: ['cam-0003', 'cam-0007'], datasets: [], from: now - 2 * DAY, to: now - DAY },
  }),
];

export const ASKED_OF_RECIPIENTS: readonly RecipientRequestShown[] = [
  {
    ...{ id: 'ask-1m9c0q4x1ab3d5k7', recipient: 'harbour-clinic', subject: BEN, ask: 'delete', versions: 2 },
    ...{ copy: 'cpy-1m9c0q4x1ab3d5k7', at: Date.now() - 12 * DAY, answerBy: Date.now() + 2 * DAY, state: 'reminded' },
    ...{ tries: 3, nextTry: Date.now() + DAY, fault: 'their address did not answer', answeredAt: null },
  },
];
