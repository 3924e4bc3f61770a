/** Somebody with the released files, and with what a public register and neighbours say, tries to learn about named people. */
import { NOTHING_SAID, type ColumnPlan, type Level } from '@cityward/vault/exports';
import { valueOf, type Resident } from './population.ts';

/** A release as its recipient has it; without the gate the plans are the columns as they are. */
export interface Release {
  readonly plans: readonly ColumnPlan[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
/** Sure enough to say it aloud about somebody. */
export const SURE = 0.8;

/** What the attacker says of somebody: which condition they have, or nothing; and whether a single row is left that can be theirs. */
export interface Claim {
  readonly condition: string | null;
  readonly isOnlyRow: boolean;
}
type Tally = Map<string, number>;

/** Rows by what the attacker can look up: the columns known of people, at every mix of levels that occurs. */
export class Lookup {
  readonly #known: readonly ColumnPlan[];
  readonly #byShape = new Map<string, { readonly levels: readonly number[]; readonly rows: Map<string, Tally> }>();

  constructor({ plans, columns, rows }: Release, knows: readonly string[]) {
    this.#known = plans.filter(({ name, role }) => role === 'quasi' && knows.includes(name));
    const at = this.#known.map(({ name }) => columns.indexOf(name));
    const levelOf = this.#known.map((plan) => levelFinder(plan));
    for (const row of rows) {
      const labels = at.map((column) => row[column]!);
      const levels = labels.map((label, column) => levelOf[column]!(label));
      const shape = levels.join();
      const found = this.#byShape.get(shape) ?? { levels, rows: new Map<string, Tally>() };
      this.#byShape.set(shape, found);
      const tally = found.rows.get(labels.join('|')) ?? new Map<string, number>();
      found.rows.set(labels.join('|'), tally);
      const condition = row.at(-1)!;
      tally.set(condition, (tally.get(condition) ?? 0) + 1);
    }
  }

  /** Of each look that rows about this person may have, how many rows have which condition. */
  about(one: Resident): ReadonlyMap<string, Tally> {
    const found = new Map<string, Tally>();
    for (const [shape, { levels, rows }] of this.#byShape) {
      const labels = this.#known.map((plan, at) => labelOf(plan, levels[at]!, valueOf(one, plan.name)));
      const tally = rows.get(labels.join('|'));
      if (tally) found.set(`${shape}:${labels.join('|')}`, tally);
    }
    return found;
  }
}

const bands = (width: number, text: string): string => {
  const from = Math.floor(Number(text) / width) * width;
  return width === 1 ? String(from) : `${from}-${from + width - 1}`;
};
function step(level: Level, raw: string, before: string): string {
  if (level.by === 'exact') return raw;
  return level.by === 'bands' ? bands(level.width, raw) : (level.parents[before] ?? NOTHING_SAID);
}
function labelOf({ levels }: ColumnPlan, level: number, raw: string): string {
  if (level === levels.length) return NOTHING_SAID;
  return levels.slice(0, level + 1).reduce((before, one) => step(one, raw, before), raw);
}
/** The hierarchies are public: a label says at which level it is. */
function levelFinder({ levels }: ColumnPlan): (label: string) => number {
  return (label) => {
    if (label === NOTHING_SAID) return levels.length;
    const found = levels.findIndex((level) => {
      if (level.by === 'parents') return Object.values(level.parents).includes(label);
      if (level.by === 'bands') {
        const [from = '', to = from] = label.split('-');
        return Number(to) - Number(from) + 1 === level.width;
      }
      return !levels.some(
        (one) =>
          one.by === 'parents' && Object.values(one.parents).includes(label) && !Object.hasOwn(one.parents, label),
      );
    });
    return Math.max(found, 0);
  };
}

const sum = (tally: Tally): number => [...tally.values()].reduce((all, count) => all + count, 0);
function merged(tallies: Iterable<Tally>): Tally {
  const all: Tally = new Map();
  for (const tally of tallies) for (const [value, count] of tally) all.set(value, (all.get(value) ?? 0) + count);
  return all;
}
function sureOf(weights: Tally): string | null {
  const all = sum(weights);
  for (const [value, weight] of weights) if (all > 0 && weight >= all * SURE) return value;
  return null;
}

/** Looks for the rows that can be somebody's. */
export function link(lookup: Lookup, target: Resident): Claim {
  const rows = merged(lookup.about(target).values());
  return { condition: sureOf(rows), isOnlyRow: sum(rows) === 1 };
}

/** Who left is in the first and not in the second: whatever the first has more of, where they may be, is about them. */
export function subtract(first: Lookup, second: Lookup, target: Resident): Claim {
  const [before, after] = [first.about(target), second.about(target)];
  const more: Tally = new Map();
  for (const [look, tally] of before)
    for (const [value, count] of tally) {
      const left = count - (after.get(look)?.get(value) ?? 0);
      if (left > 0) more.set(value, (more.get(value) ?? 0) + left);
    }
  return { condition: sureOf(more), isOnlyRow: sum(more) === 1 };
}

/** Two exports that cut the same people differently: what is likely by both. */
export function intersect([first, second]: readonly [Lookup, Lookup], usual: Tally, target: Resident): Claim {
  const [one, other] = [merged(first.about(target).values()), merged(second.about(target).values())];
  const likely: Tally = new Map();
  const [all, allOther, everybody] = [sum(one), sum(other), sum(usual)];
  for (const [value, count] of one) {
    const both = (count / all) * ((other.get(value) ?? 0) / allOther);
    if (both > 0) likely.set(value, both / ((usual.get(value) ?? 1) / everybody));
  }
  return { condition: sureOf(likely), isOnlyRow: all === 1 || allOther === 1 };
}

/** Of all people who were looked for, those of whom something was said for sure that is true. */
export function successOf(targets: readonly Resident[], attack: (target: Resident) => Claim): number {
  const hits = targets.filter((target) => {
    const { condition, isOnlyRow } = attack(target);
    return condition === target.condition || (isOnlyRow && condition !== null);
  });
  return targets.length === 0 ? 0 : hits.length / targets.length;
}
