/** How long the law wants something kept, and how long it lets it be kept. The periods are data (`law/classes.json`). Pure. */
import { DAY_MS } from '@cityward/kernel';
import type { Grant } from './grant.ts';

export type Period = { readonly years: number } | { readonly days: number };

export interface RetentionClass {
  /** By id. */
  readonly clauses: readonly string[];
  /** The same in words. */
  readonly clause: string;
  /** For the person whose record it is. */
  readonly words: string;
  /** `last-encounter`: from the newest record of its class about the person. `stored`: from the record itself. */
  readonly from: 'last-encounter' | 'stored';
  readonly keepAtLeast: Period | null;
  readonly keepAtMost: Period | null;
  /** Then its content goes to the archive; `null` for never. */
  readonly archiveAfter: Period | null;
}
export interface RetentionLaw {
  readonly classes: { readonly [name: string]: RetentionClass };
  /** Of what class the records of a category are; others are of none, and nothing is asked of them. */
  readonly categories: { readonly [category: string]: string };
}
export const NO_RETENTION: RetentionLaw = { classes: {}, categories: {} };

export interface RetentionAsk {
  readonly category: string;
  /** When the newest of the same class was stored about the same person. */
  readonly lastEncounter: number;
  readonly stored: number;
}
export interface Retention {
  /** Not to be destroyed before; `null` where no law asks. */
  readonly until: number | null;
  /** Not to be kept after; `null` without a limit. */
  readonly atMost: number | null;
  readonly clause: string;
  readonly words: string;
}

export const classOf = (law: RetentionLaw, category: string): string | null =>
  Object.hasOwn(law.categories, category) ? law.categories[category]! : null;

const UNTIL_ERASED = 'It is kept until the person has it destroyed.';
const AS_ITS_CATEGORY =
  'Each record is kept as long as the law asks for its category, then until the person has it destroyed.';
/** For the person: how long records of a consent are kept, each sentence once. */
export const keptInWords = (law: RetentionLaw, scope: Grant['scope']): readonly string[] =>
  scope.of === 'records'
    ? [AS_ITS_CATEGORY]
    : [
        ...new Set(
          scope.categories.map((category) => law.classes[classOf(law, category) ?? '']?.words ?? UNTIL_ERASED),
        ),
      ];

/** `null` where the law says nothing about the category. */
export function retentionOf(law: RetentionLaw, { category, lastEncounter, stored }: RetentionAsk): Retention | null {
  const name = classOf(law, category);
  if (name === null) return null;
  const { clause, words, from, keepAtLeast, keepAtMost } = law.classes[name]!;
  const start = from === 'last-encounter' ? lastEncounter : stored;
  return {
    until: keepAtLeast && after(start, keepAtLeast),
    atMost: keepAtMost && after(start, keepAtMost),
    clause,
    words,
  };
}

/** Coarse, in milliseconds: what is stored since then is not due yet. */
export const lengthOf = (period: Period): number => ('days' in period ? period.days : period.years * 366) * DAY_MS;

/** The day after the start counts as the first: the period ends with a whole day, by the calendar. */
function after(start: number, period: Period): number {
  const day = new Date(start - (start % DAY_MS) + DAY_MS);
  if ('days' in period) return day.getTime() + period.days * DAY_MS;
  return Date.UTC(day.getUTCFullYear() + period.years, day.getUTCMonth(), day.getUTCDate());
}

/** Every fault of a law file, each named; a file with one is not used at all. */
export function faultsOfLaw(law: RetentionLaw): readonly string[] {
  const faults: string[] = [];
  for (const [name, { keepAtLeast, keepAtMost, archiveAfter }] of Object.entries(law.classes)) {
    for (const period of [keepAtLeast, keepAtMost, archiveAfter])
      if (period !== null && !isPeriod(period))
        faults.push(`class "${name}": wanted periods of 1 to 200 years or days`);
    if (keepAtLeast && keepAtMost && after(0, keepAtLeast) > after(0, keepAtMost))
      faults.push(`class "${name}": it must be kept longer than it may`);
  }
  for (const [category, name] of Object.entries(law.categories))
    if (!Object.hasOwn(law.classes, name)) faults.push(`category "${category}": there is no class "${name}"`);
  return faults;
}
const PERIOD_MAX = 200;
const isPeriod = (period: Period): boolean => {
  const count = 'years' in period ? period.years : period.days / (period.days > PERIOD_MAX ? 365 : 1);
  return Number.isInteger('years' in period ? period.years : period.days) && count >= 1 && count <= PERIOD_MAX;
};
