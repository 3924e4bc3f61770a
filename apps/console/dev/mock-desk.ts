/** The mock's records desk: what each endpoint answers, and what an act changes. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '@cityward/kernel';
import {
  DESTRUCTION_DOMAIN,
  EXPOSED_PAGE_MAX,
  type Destruction,
  type DestructionRecord,
  type Exposure,
  type HoldDraft,
  type RightRequest,
} from '@cityward/contracts';
import {
  ASKED_OF_RECIPIENTS,
  DAY,
  MERE,
  TOMAS,
  AROHA,
  ROOT,
  hold,
  destruction,
  released,
  made,
  WAITING,
  COPIES,
  LAW,
  STANDING,
  exposureOf,
  type Held,
} from './mock-desk-data.ts';
import { MockRefusal, type Asked, type MockState } from './mock-state.ts';

const all = new WeakMap<MockState, Held>();
const EMPTY: Held = {
  ...{ requests: [], glasses: [], proposals: [], holds: [], exports: [], destructions: [], exposures: [] },
};
export const deskOf = (state: MockState): Held => {
  const found = all.get(state) ?? (state.calm ? { ...EMPTY } : made(Date.now()));
  all.set(state, found);
  return found;
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

const exposureHandlers: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listExposures: (state) => ({ exposures: deskOf(state).exposures }),
  askWhoseData: (state, asked) => {
    const one = exposureOf({ id: 'exp-9c0q4x1ab3d57k2m', ...(asked.body as Pick<Exposure, 'reason' | 'scope'>) });
    deskOf(state).exposures = [one, ...deskOf(state).exposures];
    return one;
  },
  listExposed: () => ({
    people: Array.from({ length: EXPOSED_PAGE_MAX }, (_, i) => ({
      subject: `per-${String(i).padStart(16, '0')}`,
      touches: [{ of: 'viewed', category: 'parking' }],
      toldAt: null,
    })),
  }),
  tellExposed: (state, asked) =>
    change(state, 'exposures', asked, (one) => ({ ...one, state: 'told', told: one.people })),
};

const recipientHandlers: Readonly<Record<string, (state: MockState) => unknown>> = {
  listRecipientRequests: ({ calm }) => ({ requests: calm ? [] : ASKED_OF_RECIPIENTS }),
};

/** By endpoint name. */
export const deskHandlers = {
  ...taskHandlers,
  ...holdHandlers,
  ...destructionHandlers,
  ...exposureHandlers,
  ...recipientHandlers,
};
