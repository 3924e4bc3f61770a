/** The law as data: clauses in words of our own, each with what it makes the software or a person do. */
import { Type, type Static, type TProperties } from 'typebox';
import { NOTICE_KINDS, REQUEST_KINDS } from '@cityward/contracts';

const Closed = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false });
const Name = Type.String({ pattern: '^[a-z][a-z0-9-]{2,59}$' });
const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' });
const Words = Type.String({ minLength: 10, maxLength: 300 });
const Kinds = Type.Array(Type.Enum([...REQUEST_KINDS]), { minItems: 1 });
const Url = Type.String({ pattern: '^https?://\\S+$' });

/** Days that the law counts, or months of the calendar. */
const Span = Type.Union([
  Closed({ workingDays: Type.Integer({ minimum: 1, maximum: 200 }) }),
  Closed({ months: Type.Integer({ minimum: 1, maximum: 24 }) }),
]);
export type Span = Static<typeof Span>;

const bySoftware = { id: Name, by: Type.Literal('software') };
export const Duty = Type.Union([
  Closed({ id: Name, by: Type.Literal('person'), is: Type.Literal('task'), words: Words }),
  Closed({ ...bySoftware, is: Type.Literal('calendar'), calendar: Name }),
  Closed({ ...bySoftware, is: Type.Literal('clock'), of: Kinds, count: Span }),
  Closed({ ...bySoftware, is: Type.Literal('extension'), of: Kinds, most: Type.Union([Span, Type.Null()]) }),
  Closed({
    ...bySoftware,
    is: Type.Literal('refusal'),
    of: Type.Array(Type.Enum([...REQUEST_KINDS, 'representation']), { minItems: 1 }),
  }),
  Closed({ ...bySoftware, is: Type.Literal('right'), of: Type.Enum([...REQUEST_KINDS, 'take-back']) }),
  Closed({ ...bySoftware, is: Type.Literal('notice'), kind: Type.Enum([...NOTICE_KINDS]) }),
  Closed({ ...bySoftware, is: Type.Literal('delay'), notices: Type.Array(Type.Enum([...NOTICE_KINDS])), why: Words }),
  Closed({
    ...bySoftware,
    is: Type.Literal('period'),
    years: Type.Integer({ minimum: 1, maximum: 200 }),
    since: Type.Literal('last-encounter'),
  }),
  Closed({ ...bySoftware, is: Type.Literal('age'), years: Type.Integer({ minimum: 1, maximum: 30 }) }),
  Closed({ ...bySoftware, is: Type.Literal('floor'), categories: Type.Array(Name, { minItems: 1 }) }),
  Closed({ ...bySoftware, is: Type.Literal('safeguard') }),
  Closed({ ...bySoftware, is: Type.Literal('record') }),
]);
export type Duty = Static<typeof Duty>;

/** When somebody looked, at what, and whether that was the text itself where the state publishes it, a copy of it, or a summary. */
const Read = Closed({
  on: Day,
  as: Type.Enum(['text', 'copy', 'summary']),
  where: Type.Array(Url, { minItems: 1 }),
});
export const Clause = Closed({
  id: Name,
  ref: Type.String({ minLength: 3, maxLength: 80 }),
  words: Words,
  /** The day from which it is in force; null for ever since the instrument is. */
  from: Type.Union([Day, Type.Null()]),
  duties: Type.Array(Duty, { minItems: 1 }),
});
export type Clause = Static<typeof Clause>;
export const Instrument = Closed({
  instrument: Closed({ id: Name, name: Type.String(), place: Type.String(), url: Url }),
  read: Read,
  clauses: Type.Array(Clause, { minItems: 1 }),
});
export type Instrument = Static<typeof Instrument>;

const Named = { name: Type.String() };
const Month = Type.Integer({ minimum: 1, maximum: 12 });
const DayOfMonth = Type.Integer({ minimum: 1, maximum: 31 });
const Weekday = Type.Integer({ minimum: 0, maximum: 6 });
export const Calendar = Closed({
  calendar: Name,
  place: Type.String(),
  clause: Name,
  read: Read,
  weekend: Type.Array(Weekday),
  /** Each with the Monday after it, where it falls on a weekend. */
  fixed: Type.Array(Closed({ ...Named, month: Month, day: DayOfMonth })),
  /** Days after Easter Sunday. */
  easter: Type.Array(Closed({ ...Named, days: Type.Integer() })),
  nth: Type.Array(Closed({ ...Named, month: Month, weekday: Weekday, nth: Type.Integer({ minimum: 1, maximum: 5 }) })),
  named: Type.Array(Closed({ ...Named, days: Type.Array(Day) })),
  /** Over the turn of the year. */
  closed: Closed({
    from: Closed({ month: Month, day: DayOfMonth }),
    to: Closed({ month: Month, day: DayOfMonth }),
  }),
  /** What comes later nobody has said yet. */
  until: Day,
});
export type Calendar = Static<typeof Calendar>;
