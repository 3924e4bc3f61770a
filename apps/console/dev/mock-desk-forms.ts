/** The mock's records desk: what its forms choose from, openings of seals, recipients, and exports that are asked for. */
import type {
  Export,
  ExportDraft,
  RecipientDraft,
  RecipientListed,
  Unsealing,
  UnsealingDraft,
} from '@cityward/contracts';
import { AROHA, BEN, DAY, exportOf, MERE, TOMAS } from './mock-desk-data.ts';
import { deskOf } from './mock-desk.ts';
import { MockRefusal, type Asked, type MockState } from './mock-state.ts';

const unsealing = (change: Partial<Unsealing>): Unsealing => ({
  ...{ id: 'uns-1m9c0q4x1ab3d5k7', subject: AROHA, records: ['rec-7q1w2b8v0c9x3m6n'], reader: 'per-4x1ab3d57k2m9c0q' },
  ...{ reason: 'Claim 12/27 about a fall in the park', clause: 'High Court Rules 8.3' },
  ...{ reference: 'CIV-2027-404-12', days: 2, quiet: false, state: 'asked' },
  ...{ asked: { at: Date.now() - DAY / 2, by: TOMAS }, approved: null, until: null, order: null },
  ...{ hiddenUntil: null, ended: null },
  ...change,
});
const KEY = `-----BEGIN PUBLIC KEY-----\n${'MCowBQYDK2VwAyEA'.padEnd(60, 'A')}\n-----END PUBLIC KEY-----\n`;
const HARBOUR: RecipientListed = {
  ...{ id: 'harbour-clinic', name: 'Harbour Clinic', url: 'https://harbour-clinic.example/cityward', publicKey: KEY },
  ...{ by: TOMAS, at: Date.now() - 90 * DAY, waiting: 1, silent: 0 },
};

interface Forms {
  unsealings: Unsealing[];
  recipients: RecipientListed[];
}
const all = new WeakMap<MockState, Forms>();
const formsOf = (state: MockState): Forms => {
  const made: Forms = state.calm
    ? { unsealings: [], recipients: [] }
    : { unsealings: [unsealing({})], recipients: [HARBOUR] };
  const found = all.get(state) ?? made;
  all.set(state, found);
  return found;
};
const now = () => ({ at: Date.now(), by: MERE });

function move(state: MockState, { params }: Asked, to: (one: Unsealing) => Unsealing): Unsealing {
  const forms = formsOf(state);
  const found = forms.unsealings.find(({ id }) => id === params['id']);
  if (!found) throw new MockRefusal(404, 'UNSEALING_UNKNOWN', `find opening "${params['id']}": there is none`);
  const next = to(found);
  forms.unsealings = forms.unsealings.flatMap((one) => (one !== found ? [one] : next.ended ? [] : [next]));
  return next;
}

const PEOPLE = [AROHA, BEN, 'per-3d57k2m9c0q4x1ab'].map((subject, i) => ({ subject, records: 12 - 4 * i }));
const DATASETS = [
  { id: 'dat-cctv-harbour', name: 'Pictures of the harbour', purpose: 'public safety', people: 4_000 },
  { id: 'dat-parking', name: 'Parking of the centre', purpose: 'parking', people: 12_400 },
];
const like = (text: string, { query }: Asked): boolean =>
  text.toLowerCase().includes(String(query['q'] ?? '').toLowerCase());

const choosing: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listHeldPeople: (_, asked) => {
    const people = PEOPLE.filter(({ subject }) => like(subject, asked));
    return { people, total: people.length };
  },
  listHeldCategories: () => ({
    categories: ['blood-tests', 'medicines', 'parking'].map((category) => ({ category, records: 1_200, people: 480 })),
  }),
  listDatasets: (_, asked) => {
    const datasets = DATASETS.filter(({ id, name }) => like(`${id} ${name}`, asked));
    return { datasets, total: datasets.length };
  },
  listProfessionals: () => ({
    professionals: [
      {
        ...{ id: 'per-4x1ab3d57k2m9c0q', name: 'Dr Hana Whitu', profession: 'doctor', organisation: 'party-clinic' },
        organisationName: 'Harbour Clinic',
      },
    ],
  }),
  listLives: () => ({ lives: [] }),
  countDesk: (state) => {
    const { requests, glasses, proposals, holds, exports, destructions } = deskOf(state);
    return {
      ...{ requests: requests.length, emergencies: glasses.length, lives: proposals.length, holds: holds.length },
      unsealings: formsOf(state).unsealings.length,
      exports: exports.filter((one) => one.state === 'asked').length,
      destructions: destructions.filter((one) => one.state !== 'certified').length,
      ...{ recipients: state.calm ? 0 : 1, silent: 0 },
    };
  },
};

const acting: Readonly<Record<string, (state: MockState, asked: Asked) => unknown>> = {
  listUnsealings: (state) => ({ unsealings: formsOf(state).unsealings }),
  askUnsealing: (state, { body }) => {
    const one = unsealing({ ...(body as UnsealingDraft), id: 'uns-9c0q4x1ab3d57k2m', asked: now() });
    formsOf(state).unsealings.push(one);
    return one;
  },
  approveUnsealing: (state, asked) =>
    move(state, asked, (one) => ({ ...one, state: 'open', approved: now(), until: Date.now() + one.days * DAY })),
  endUnsealing: (state, asked) => move(state, asked, (one) => ({ ...one, state: 'ended', ended: now() })),
  listRecipients: (state) => ({ recipients: formsOf(state).recipients }),
  keepRecipient: (state, { body }) => {
    const one = { ...(body as RecipientDraft), ...now() };
    const forms = formsOf(state);
    const others = forms.recipients.filter(({ id }) => id !== one.id);
    forms.recipients = [...others, { ...one, waiting: 0, silent: 0 }];
    return one;
  },
  listExportBudgets: () => ({
    budgets: [{ category: 'parking', releases: 1, people: 4_120, peopleMax: 1_000_000 }],
  }),
  askExport: (state, { body }) => {
    const one: Export = exportOf({ id: 'exp-9c0q4x1ab3d57k2m', draft: body as ExportDraft, asked: now() });
    deskOf(state).exports = [one, ...deskOf(state).exports];
    return one;
  },
};

/** By endpoint name. */
export const deskFormHandlers = { ...choosing, ...acting };
