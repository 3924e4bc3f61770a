/** What a control is, as data: where it is read, what is expected, how it is mended. A small closed language, so that data cannot do more. */
import { Type, type Static } from 'typebox';
import {
  BASELINE_NAME,
  BASELINE_SOURCES,
  BASELINE_TEXT_MAX,
  BASELINE_TIERS,
  Closed,
  DEVICE_CLASSES,
  Id,
  OneOf,
} from '@cityward/contracts';

const CHECKS_MAX = 12;
const CONTROLS_MAX = 200;
const DOCUMENT_VALUES_MAX = 60;

const Text = Type.String({ maxLength: BASELINE_TEXT_MAX });
const Sentence = Type.String({ minLength: 3, maxLength: 600 });
const Scalar = Type.Union([Text, Type.Number(), Type.Boolean()]);
const Texts = Type.Array(Text, { minItems: 1, maxItems: 64 });

/** Each says one thing; a check that wants two is two checks. */
export const Expectation = Type.Union([
  Closed({ equals: Scalar }),
  Closed({ oneOf: Type.Array(Scalar, { minItems: 1, maxItems: 64 }) }),
  Closed({ atLeast: Type.Number() }),
  Closed({ atMost: Type.Number() }),
  Closed({ atLeastVersion: Type.String({ pattern: '^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$' }) }),
  /** Of a list: so many different entries. */
  Closed({ minItems: Type.Integer({ minimum: 1, maximum: 64 }) }),
  /** Of a list, or a text with commas, colons or blanks between: nothing but these, and not nothing. */
  Closed({ subsetOf: Texts }),
  /** Of the same: none of these. */
  Closed({ noneOf: Texts }),
  Closed({ absent: Type.Literal(true) }),
  Closed({ filled: Type.Literal(true) }),
]);
export type Expectation = Static<typeof Expectation>;

export const Check = Closed({
  /** Name of a value; `*` stands for any one member, and every match must hold. */
  at: Type.String({ pattern: '^[A-Za-z0-9*][A-Za-z0-9._*-]{0,119}$' }),
  want: Expectation,
  /** What a value that was not there means; `unknown` unless said. */
  missing: Type.Optional(OneOf(['failed', 'not-applicable', 'unknown'])),
});
export type Check = Static<typeof Check>;

const Checks = Type.Array(Check, { minItems: 1, maxItems: CHECKS_MAX });
const Source = OneOf(BASELINE_SOURCES);
/**
 * Configuration by the names of `source`; it becomes part of a signed document. A text `$name` stands for what the city has said
 * under that name, such as its time servers.
 */
const Values = Type.Record(Type.String({ pattern: BASELINE_NAME }), Type.Union([Scalar, Texts]), {
  minProperties: 1,
  additionalProperties: false,
  maxProperties: DOCUMENT_VALUES_MAX,
});
export type FixValues = Static<typeof Values>;

export const Fix = Type.Union([
  Closed({ by: Type.Literal('configure'), source: Source, values: Values }),
  /** For what can lock the city out: `first`, then a reading that shows the device is still reached, only then `values`. */
  Closed({
    by: Type.Literal('two-steps'),
    source: Source,
    first: Values,
    proof: Closed({ read: Source, checks: Checks }),
    values: Values,
  }),
  Closed({ by: Type.Literal('rotate'), what: OneOf(['credentials', 'certificate']) }),
  Closed({ by: Type.Literal('install'), words: Sentence }),
  /** Cannot be mended from afar, and why. */
  Closed({ by: Type.Literal('person'), words: Sentence }),
]);
export type Fix = Static<typeof Fix>;

export const Control = Closed({
  id: Id,
  tier: OneOf(BASELINE_TIERS),
  title: Type.String({ minLength: 3, maxLength: 120 }),
  why: Sentence,
  /** Where it comes from: the name of the guide and its section. */
  from: Type.String({ minLength: 3, maxLength: 200 }),
  read: Source,
  /** False: shown for people to look at; never part of a score. Only such a control may have no checks: no reading could tell. */
  rated: Type.Optional(Type.Boolean()),
  /** It applies only where all of these hold; `otherwise` says why not. */
  when: Type.Optional(Closed({ checks: Checks, otherwise: Sentence })),
  checks: Type.Array(Check, { maxItems: CHECKS_MAX }),
  /** What an absent source means; by default that the control does not apply. */
  absentSource: Type.Optional(OneOf(['failed', 'not-applicable', 'unknown'])),
  fix: Fix,
  tradeOff: Type.Optional(Sentence),
});
export type Control = Static<typeof Control>;

export const ControlSet = Closed({
  kind: Type.Literal('cityward-baseline'),
  version: Type.Integer({ minimum: 1 }),
  id: Id,
  title: Type.String({ minLength: 3, maxLength: 120 }),
  classes: Type.Array(OneOf(DEVICE_CLASSES), { minItems: 1, maxItems: DEVICE_CLASSES.length }),
  /** Who reads: the device itself, or the gateway of its site, where the credentials are. */
  reader: OneOf(['device', 'gateway']),
  controls: Type.Array(Control, { minItems: 1, maxItems: CONTROLS_MAX }),
});
export type ControlSet = Static<typeof ControlSet>;
