/** What a records officer looks at over all people: records that wait for their end, and where the copies of one lie. Ids alone. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneId, OneOf, OrNull, Time } from '../schema.ts';
import { COPY_KINDS, COPY_OUTCOMES } from './vault-copies.ts';
import { LIFE_STATES, RecordLife } from './vault-life.ts';

export const WAITING_SHOWN_MAX = 200;
export const COPIES_SHOWN_MAX = 1_000;

export const WaitingRecord = Closed({ ...RecordLife.properties, subject: Id });
export type WaitingRecord = Static<typeof WaitingRecord>;

export const RecordCopy = Closed({
  id: Id,
  kind: OneOf(COPY_KINDS),
  place: Type.String({ maxLength: 500 }),
  custodian: Type.String({ maxLength: 200 }),
  basis: Type.String({ maxLength: 500 }),
  created: Time,
  expires: OrNull(Time),
  closed: OrNull(Closed({ at: Time, why: Type.String({ maxLength: 500 }) })),
  verified: OrNull(Closed({ at: Time, found: OneOf(['held', 'gone', 'unknown'] as const) })),
  /** What became of this record's versions in it; null while they lie there. */
  outcome: OrNull(Closed({ is: OneOf(COPY_OUTCOMES), why: Type.String({ maxLength: 500 }) })),
});
export type RecordCopy = Static<typeof RecordCopy>;

export const HELD_PAGE_MAX = 50;
export const CATEGORIES_SHOWN_MAX = 500;
/** Somebody of whom something is held, by id alone. */
export const HeldPerson = Closed({ subject: Id, records: Count });
export type HeldPerson = Static<typeof HeldPerson>;
/** Of what is held and not destroyed. */
export const HeldCategory = Closed({ category: Id, records: Count, people: Count });
export type HeldCategory = Static<typeof HeldCategory>;
/** All of each kind that waits, however many a list shows of them. */
export const DeskCounts = Closed({
  requests: Count,
  emergencies: Count,
  lives: Count,
  holds: Count,
  unsealings: Count,
  exports: Count,
  destructions: Count,
  recipients: Count,
  /** Of those: reminded, and still no answer. */
  silent: Count,
});
export type DeskCounts = Static<typeof DeskCounts>;

export const vaultDesk = {
  countDesk: endpoint({
    name: 'countDesk',
    method: 'GET',
    path: '/api/desk-counts',
    action: 'readVault',
    summary: 'How much waits at the records desk, of each kind',
    answer: DeskCounts,
  }),
  listHeldPeople: endpoint({
    name: 'listHeldPeople',
    method: 'GET',
    path: '/api/held-people',
    action: 'readDesk',
    summary: 'People of whom records are held, by id, with how many; those whose id has these letters',
    query: Closed({
      q: Type.Optional(Type.String({ maxLength: 64, pattern: '^[a-z0-9-]*$' })),
      /** The last of the page before. */
      after: Type.Optional(Id),
    }),
    answer: Closed({ people: Type.Array(HeldPerson, { maxItems: HELD_PAGE_MAX }), total: Count }),
  }),
  listHeldCategories: endpoint({
    name: 'listHeldCategories',
    method: 'GET',
    path: '/api/held-categories',
    action: 'readDesk',
    summary: 'Categories of which records are held, with how many and of how many people',
    answer: Closed({ categories: Type.Array(HeldCategory, { maxItems: CATEGORIES_SHOWN_MAX }) }),
  }),
  listWaitingRecords: endpoint({
    name: 'listWaitingRecords',
    method: 'GET',
    path: '/api/waiting-records',
    action: 'readDesk',
    summary: 'Records that are sealed until the law lets them be destroyed, or due; what comes next, first',
    answer: Closed({ records: Type.Array(WaitingRecord, { maxItems: WAITING_SHOWN_MAX }), sealed: Count, due: Count }),
  }),
  listRecordCopies: endpoint({
    name: 'listRecordCopies',
    method: 'GET',
    path: '/api/records/:id/copies',
    action: 'readDestructions',
    summary: 'Where copies of a record lie or lay, and what became of each',
    params: OneId,
    answer: Closed({
      record: Id,
      subject: Id,
      category: Id,
      versions: Count,
      state: OneOf(LIFE_STATES),
      copies: Type.Array(RecordCopy, { maxItems: COPIES_SHOWN_MAX }),
    }),
  }),
} as const;
