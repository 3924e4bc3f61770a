/** Who looked: what was done with what is held about a person, for that person, week by week and with proofs. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { By, Closed, Count, Id, OneOf, OrNull, Time } from '../schema.ts';
import { PURPOSES } from '../words.ts';

/** Without it: oneself. */
const AboutWhom = { subject: Type.Optional(Id) };
const Why = OrNull(Type.String({ maxLength: 500 }));

export const LOOKS = [
  'stored',
  'viewed',
  'refused',
  'restricted',
  'used-again',
  'sealed',
  'destroyed',
  'exported',
  'given',
  'handed-on',
  'taken-back',
  'exposed',
  'taken-out',
  'traced',
  /** Somebody broke the glass, was not let, ended it, or an officer reviewed it. */
  'emergency',
  'emergency-refused',
  'emergency-ended',
  'emergency-reviewed',
  /** About records that the city cannot read: chosen, given up, keys given, shares asked for and released, a key put together. */
  'blind-on',
  'blind-off',
  'blind-shared',
  'blind-asked',
  'blind-released',
  'blind-recovery-ended',
  /** A sealed record was opened for somebody by two officers; that ended before its time or by it. */
  'unsealed',
  'sealed-again',
] as const;
export const Look = Closed({
  /** Its place in the ledger: its proof can be asked for. */
  entry: Count,
  at: Time,
  what: OneOf(LOOKS),
  by: By,
  /** By a service or a device, not by somebody. */
  machine: Type.Boolean(),
  record: OrNull(Id),
  version: OrNull(Count),
  purpose: OrNull(OneOf(PURPOSES)),
  consent: OrNull(Id),
  /** The emergency in which, or by which, it was done. */
  emergency: OrNull(Id),
  /** Why somebody was refused, or why it was destroyed. */
  why: Why,
  /** Of refusals without end: how many this one stands for. */
  times: Type.Optional(Count),
});
export type Look = Static<typeof Look>;
export const LOOKS_PAGE_MAX = 200;

/** Looks of one week that are read; of more, the newest. */
export const LOOKS_WEEK_MAX = 5_000;
/** Entries named by one line; it counts all. */
export const LOOK_ENTRIES_SHOWN_MAX = 50;
export const LookLine = Closed({
  ...{ what: OneOf(LOOKS), by: By, machine: Type.Boolean(), purpose: OrNull(OneOf(PURPOSES)) },
  /** Of the records; null where it was about none. */
  category: OrNull(Id),
  consent: OrNull(Id),
  emergency: OrNull(Id),
  why: Why,
  count: Count,
  /** How many different ones. */
  records: Count,
  first: Time,
  last: Time,
  entries: Type.Array(Count, { maxItems: LOOK_ENTRIES_SHOWN_MAX }),
});
export type LookLine = Static<typeof LookLine>;
const WeekId = Type.String({ pattern: '^[0-9]{4}-W[0-9]{2}$' });
export const LookWeek = Closed({
  id: WeekId,
  from: Time,
  /** The first moment of the next one. */
  to: Time,
});
export type LookWeek = Static<typeof LookWeek>;
export const LooksOfWeek = Closed({
  week: LookWeek,
  lines: Type.Array(LookLine, { maxItems: LOOKS_WEEK_MAX }),
  /** True where the week has more than could be read. */
  cut: Type.Boolean(),
  /** The last week before it in which anything was done. */
  earlier: OrNull(WeekId),
});
export type LooksOfWeek = Static<typeof LooksOfWeek>;

const OneWeek = Closed({
  ...AboutWhom,
  /** As ISO 8601 names it, where the city is; the present one without it. */
  week: Type.Optional(WeekId),
});

export const vaultLooks = {
  listLooks: endpoint({
    name: 'listLooks',
    method: 'GET',
    path: '/api/looks',
    action: 'readHoldings',
    summary: 'Who looked at what is held about a person, who was refused, and what else was done with it; newest first',
    query: Closed({
      ...AboutWhom,
      /** An entry of the ledger: only what was done before it. */
      before: Type.Optional(Count),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LOOKS_PAGE_MAX })),
    }),
    answer: Closed({ looks: Type.Array(Look, { maxItems: LOOKS_PAGE_MAX }) }),
  }),
  looksOfWeek: endpoint({
    name: 'looksOfWeek',
    method: 'GET',
    path: '/api/looks/week',
    action: 'readHoldings',
    summary: 'One week of what was done with what is held about a person, like with like in one line; newest first',
    query: OneWeek,
    answer: LooksOfWeek,
  }),
  /** Exporting it is itself an entry about the person. */
  proveLooks: endpoint({
    name: 'proveLooks',
    method: 'GET',
    path: '/api/looks/week/proof',
    action: 'readHoldings',
    summary: 'All entries of such a week with their proofs, as a pack (zip) that verifies offline',
    query: OneWeek,
    answer: Type.Unsafe<Uint8Array>({}),
  }),
} as const;
