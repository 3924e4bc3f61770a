/** Whose data did this touch? Asked about devices, services, datasets and times, with drafts of what to tell the people. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';

/** Devices and services in one question. */
export const EXPOSURE_SOURCES_MAX = 20_000;
export const EXPOSURE_DATASETS_MAX = 1_000;
/** People in one answer; of more the question says so and asks for a smaller one. */
export const EXPOSURE_PEOPLE_MAX = 200_000;
/** Ways in which people were touched, each with a draft. */
export const EXPOSURE_GROUPS_MAX = 500;
export const EXPOSED_PAGE_MAX = 1_000;
export const EXPOSURE_TEXT_MAX_CHARS = 4_000;
export const EXPOSURES_SHOWN_MAX = 100;

export const ExposureScope = Closed({
  /** Devices and services. Without these and datasets, everything that was stored or looked at in the time. */
  sources: Type.Array(Id, { maxItems: EXPOSURE_SOURCES_MAX, uniqueItems: true }),
  datasets: Type.Array(Id, { maxItems: EXPOSURE_DATASETS_MAX, uniqueItems: true }),
  from: Time,
  to: Time,
});
export type ExposureScope = Static<typeof ExposureScope>;

/** How somebody was touched: they are in a dataset, or records of theirs were stored or looked at. */
export const Touch = Type.Union([
  Closed({ of: Type.Literal('dataset'), dataset: Id, name: Type.String(), purpose: Type.String() }),
  Closed({ of: OneOf(['stored', 'viewed', 'exported'] as const), category: Id }),
]);
export type Touch = Static<typeof Touch>;

export const EXPOSURE_STATES = ['asked', 'telling', 'told'] as const;
export const Exposure = Closed({
  id: Id,
  at: Time,
  by: Type.String({ maxLength: 64 }),
  reason: Reason,
  scope: ExposureScope,
  state: OneOf(EXPOSURE_STATES),
  people: Count,
  told: Count,
  groups: Type.Array(Closed({ touches: Type.Array(Touch), people: Count, draft: Type.String() }), {
    maxItems: EXPOSURE_GROUPS_MAX,
  }),
});
export type Exposure = Static<typeof Exposure>;

export const DATASETS_PAGE_MAX = 50;
export const DatasetNamed = Closed({ id: Id, name: Type.String(), purpose: Type.String(), people: Count });
export type DatasetNamed = Static<typeof DatasetNamed>;

export const vaultExposure = {
  listDatasets: endpoint({
    name: 'listDatasets',
    method: 'GET',
    path: '/api/datasets',
    action: 'askWhoseData',
    summary: 'Data sets about people, by id, whose id or name has these letters',
    query: Closed({
      q: Type.Optional(Type.String({ maxLength: 64 })),
      /** The last of the page before. */
      after: Type.Optional(Id),
    }),
    answer: Closed({ datasets: Type.Array(DatasetNamed, { maxItems: DATASETS_PAGE_MAX }), total: Count }),
  }),
  askWhoseData: endpoint({
    name: 'askWhoseData',
    method: 'POST',
    path: '/api/whose-data',
    action: 'askWhoseData',
    summary: 'Whose data did these devices, services, datasets or times touch? With a draft of what to tell them',
    body: Closed({ scope: ExposureScope, reason: Reason }),
    answer: Exposure,
  }),
  listExposures: endpoint({
    name: 'listExposures',
    method: 'GET',
    path: '/api/whose-data',
    action: 'askWhoseData',
    summary: 'Such questions and how far people were told; newest first',
    answer: Closed({ exposures: Type.Array(Exposure, { maxItems: EXPOSURES_SHOWN_MAX }) }),
  }),
  listExposed: endpoint({
    name: 'listExposed',
    method: 'GET',
    path: '/api/whose-data/:id/people',
    action: 'askWhoseData',
    summary: 'The people of such a question, by id, with what of theirs was touched',
    params: OneId,
    query: Closed({ after: Type.Optional(Id) }),
    answer: Closed({
      people: Type.Array(Closed({ subject: Id, touches: Type.Array(Touch), toldAt: OrNull(Time) }), {
        maxItems: EXPOSED_PAGE_MAX,
      }),
    }),
  }),
  /** Cut off by a restart, it goes on by itself. */
  tellExposed: endpoint({
    name: 'tellExposed',
    method: 'POST',
    path: '/api/whose-data/:id/tell',
    action: 'tellExposed',
    summary:
      'Tell all the people of such a question: it stands among who looked, and among their notices with this text',
    params: OneId,
    body: Closed({ text: Type.String({ minLength: 20, maxLength: EXPOSURE_TEXT_MAX_CHARS }) }),
    answer: Exposure,
  }),
} as const;
