/** The mock's records desk: a late request, a flagged emergency, holds and exports that wait for a second officer, destructions on their way. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '@cityward/kernel';
import { DESTRUCTION_DOMAIN } from '@cityward/contracts';
import type {
  Destruction,
  DestructionRecord,
  Export,
  Exposure,
  Glass,
  Hold,
  HoldDraft,
  LawShown,
  LifeProposal,
  RecordCopy,
  RightRequest,
  VaultStanding,
  WaitingRecord,
} from '@cityward/contracts';
import { HOUR, MockRefusal, type Asked, type MockState } from './mock-state.ts';

const DAY = 24 * HOUR;
const [MERE, TOMAS] = ['prs-0001', 'prs-0002'];
const AROHA = 'per-7k2m9c0q4x1ab3d5';
const BEN = 'per-2b8v0c9x3m6n7q1w';
const ROOT = '4f'.repeat(32);

interface Held {
  requests: RightRequest[];
  glasses: Glass[];
  proposals: LifeProposal[];
  holds: Hold[];
  exports: Export[];
  destructions: Destruction[];
  exposures: Exposure[];
}
const all = new WeakMap<MockState, Held>();
const EMPTY: Held = {
  ...{ requests: [], glasses: [], proposals: [], holds: [], exports: [], destructions: [], exposures: [] },
};
export const deskOf = (state: MockState): Held => {
  const found = all.get(state) ?? (state.calm ? { ...EMPTY } : made(Date.now()));
  all.set(state, found);
  return found;
};

const request = (change: Partial<RightRequest> & Pick<RightRequest, 'id' | 'at' | 'due'>): RightRequest => ({
  ...{ subject: AROHA, kind: 'access', regime: 'nz', by: AROHA, paper: 'rec-9c0q4x1ab3d57k2m', state: 'received' },
  ...{ clause: 'nz-pa-44', isOverdue: change.due <= Date.now(), extended: null, answer: null },
  ...change,
});
const hold = (change: Partial<Hold>): Hold => ({
  ...{ id: 'hld-1m9c0q4x1ab3d5k7', subject: AROHA, category: null, record: null, state: 'asked' },
  ...{ basis: 'Claim 12/27 about a fall in the park', clause: 'High Court Rules 8.3' },
  ...{ asked: { at: Date.now() - DAY, by: TOMAS }, set: null, liftAsked: null, lifted: null },
  ...change,
});
const destruction = (change: Partial<Destruction>): Destruction => ({
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
const exportOf = (change: Partial<Export>): Export => ({
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

const released = (now: number): Export =>
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

const made = (now: number): Held => ({
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
  exposures: [],
});

const WAITING: readonly WaitingRecord[] = [
  {
    ...{ record: 'rec-7q1w2b8v0c9x3m6n', category: 'blood-tests', state: 'sealed', reason: 'kept-by-law', by: AROHA },
    ...{ clause: 'Regulations 1996, 5 and 6', since: Date.now() - DAY, next: Date.now() + 3_600 * DAY, subject: AROHA },
  },
];
const COPIES: readonly RecordCopy[] = [
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
const LAW: LawShown = {
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

const STANDING: VaultStanding = {
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

/** Changes one of a list, and answers it. */
function change<K extends keyof Held>(
  ...[state, list, asked, to]: readonly [MockState, K, Asked, (one: Held[K][number]) => Held[K][number]]
): Held[K][number] {
  const id = asked.params['id']!;
  const held = deskOf(state);
  const found = (held[list] as { id: string }[]).find((one) => one.id === id) as Held[K][number] | undefined;
  if (!found) throw new MockRefusal(404, 'NOT_THERE', `find "${id}": there is none of that id`);
  const next = to(found);
  held[list] = (held[list] as { id: string }[]).map((one) => (one.id === id ? next : one)) as Held[K];
  return next;
}
const take = <K extends keyof Held>(state: MockState, list: K, asked: Asked): Held[K][number] => {
  const found = change(state, list, asked, (one) => one);
  const held = deskOf(state);
  held[list] = (held[list] as { id: string }[]).filter(({ id }) => id !== asked.params['id']) as Held[K];
  return found;
};
const mine = () => ({ at: Date.now(), by: MERE! });

const taskHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listOpenRequests: (state) => ({ requests: deskOf(state).requests }),
  answerRequest: (state, asked) => {
    const { outcome, clauses } = asked.body as Pick<NonNullable<RightRequest['answer']>, 'outcome' | 'clauses'>;
    const answer = { ...mine(), outcome, clauses, paper: 'rec-0c9x3m6n7q1w2b8v' };
    return { ...take(state, 'requests', asked), state: 'answered', answer };
  },
  extendRequest: (state, asked) => {
    const { clause: by, until } = asked.body as { clause: string; until: number };
    return change(state, 'requests', asked, (one) => ({
      ...{ ...one, state: 'extended', due: until },
      extended: { ...mine(), clause: by, from: one.due, paper: 'rec-0c9x3m6n7q1w2b8v' },
    }));
  },
  getLaw: () => LAW,
  listGlassReviews: (state) => ({ glasses: deskOf(state).glasses }),
  reviewGlass: (state, asked) => ({
    ...take(state, 'glasses', asked),
    review: { ...mine(), outcome: (asked.body as { outcome: string }).outcome },
  }),
  listLifeProposals: (state) => ({ proposals: deskOf(state).proposals }),
  confirmLife: (state, asked) => ({
    ...{ subject: take(state, 'proposals', asked).subject, phase: 'minor', sixteenAt: null, diedAt: null },
    ...{ disputedSince: null, standings: [], kept: [], excluded: [], asleep: [] },
  }),
  listWaitingRecords: (state) =>
    state.calm ? { records: [], sealed: 0, due: 0 } : { records: WAITING, sealed: 1, due: 0 },
  vaultStanding: () => STANDING,
};

const holdHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listHolds: (state) => ({ holds: deskOf(state).holds }),
  askHold: (state, { body }) => {
    const one = hold({ ...(body as HoldDraft), id: 'hld-9c0q4x1ab3d57k2m', asked: mine() });
    deskOf(state).holds = [...deskOf(state).holds, one];
    return one;
  },
  setHold: (state, asked) => change(state, 'holds', asked, (one) => ({ ...one, state: 'set', set: mine() })),
  liftHold: (state, asked) =>
    change(state, 'holds', asked, (one) => ({ ...one, state: 'lift-asked', liftAsked: mine() })),
  listExports: (state) => ({ exports: deskOf(state).exports }),
  releaseExport: (state, asked) =>
    change(state, 'exports', asked, (one) => ({
      ...{ ...one, state: 'released', decided: { ...mine(), why: null }, bytes: 48_213 },
      manifest: { ...released(Date.now()).manifest!, export: one.id },
    })),
  refuseExport: (state, asked) =>
    change(state, 'exports', asked, (one) => ({
      ...{ ...one, state: one.state === 'released' ? 'withdrawn' : 'refused', bytes: null },
      decided: { ...mine(), why: (asked.body as { reason: string }).reason },
    })),
};

const PERSON = { as: TOMAS, name: 'Tomas', title: 'Records officer', location: 'Port Merrow', contact: 'desk@example' };
const draftOf = (one: Destruction, verifier: object): DestructionRecord => ({
  ...{ kind: 'cityward-destruction', version: 1, id: one.id, city: 'Port Merrow', subject: one.subject },
  medium: { manufacturer: 'not known', model: 'SSD', serial: '-', property: '-', type: 'flash', source: 'key file' },
  sanitisation: { description: 'purge', method: 'crypto erase', tool: 'cityward 0.1.0', destination: 'stays in use' },
  confidentiality: { before: 'personal', after: 'none: unreadable' },
  ...{ trigger: one.trigger, basis: { clause: 'nz-ipp-9', reason: one.reason } },
  versions: { records: one.records, count: one.versions, root: one.root },
  keys: { count: one.versions, commitment: ROOT },
  copies: [],
  verification: {
    ...{ method: 'every key looked for', keysLookedFor: one.versions, keysFound: 0, slotsRead: 4_096, slotsFound: 0 },
    ...{ decryptionsTried: 3, decryptionsSucceeded: 0, backupDecryptionsTried: 1, backupDecryptionsSucceeded: 0 },
    ciphertextLeft: 0,
  },
  exclusions: [],
  unreadable: { live: one.at, backups: one.at + 28 * DAY },
  destroyed: { ...PERSON, at: one.at },
  verified: { ...PERSON, as: MERE, at: Date.now(), ...verifier } as DestructionRecord['verified'],
});
const hashOf = (record: DestructionRecord): string =>
  createHash('sha256')
    .update(DESTRUCTION_DOMAIN + canonicalJson(record as unknown as Json))
    .digest('hex');

const destructionHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listDestructions: (state) => ({ destructions: deskOf(state).destructions }),
  draftCertificate: (state, asked) => {
    const record = draftOf(
      change(state, 'destructions', asked, (one) => one),
      (asked.body as { verifier: object }).verifier,
    );
    return { record, hash: hashOf(record), words: ['4 records in 9 versions were destroyed.', 'No copy is left.'] };
  },
  signCertificate: (state, asked) => change(state, 'destructions', asked, (one) => ({ ...one, state: 'certified' })),
  getCertificate: () => ({ signed: 'mock' }),
  listRecords: (_state, { query }) => ({
    records: ['blood-tests', 'parking', 'parking'].map((category, i) => ({
      ...{ id: `rec-${i}x1ab3d57k2m9c0q`, subject: query['subject'], category, destroyed: null },
      versions: [{ version: 1, media: 'application/json', bytes: 900, at: Date.now() - DAY, by: TOMAS }],
    })),
  }),
  eraseRecords: (state, asked) => {
    const { subject, reason } = asked.body as { subject: string; reason: string };
    const one = destruction({
      id: 'des-9c0q4x1ab3d57k2m',
      subject,
      reason,
      by: MERE,
      at: Date.now(),
      state: 'copies-left',
    });
    deskOf(state).destructions = [one, ...deskOf(state).destructions];
    const words = ['Two records destroyed now. Nobody can read them again.', 'One record locked until 2037-01-16.'];
    return { destroyed: 2, sealed: 1, words, destruction: one.id };
  },
  listRecordCopies: (_state, { params }) => {
    const record = params['id']!;
    if (!record.startsWith('rec-'))
      throw new MockRefusal(404, 'RECORD_UNKNOWN', `look for copies of record "${record}": there is none of that id`);
    return { ...{ record, subject: AROHA, category: 'blood-tests', versions: 2, state: 'sealed' }, copies: COPIES };
  },
};

/** By endpoint name. */
export const deskHandlers = { ...taskHandlers, ...holdHandlers, ...destructionHandlers };
