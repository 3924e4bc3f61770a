/**
 * What all exports of a dataset together tell apart. Whoever has several of them can put them side by side: people fall into sets by
 * which class each export shows them in, or that it does not show them. A release may split such a set only into crowds.
 */
import { isCrowd, type Rule } from './crowd.ts';

/** Whoever no export has shown yet. */
export const OUTSIDE = 0;
/** Not shown by this export. */
export const LEFT_OUT = -1;

export interface Standing {
  /** By row: the set it is in by the exports before this one. */
  readonly sets: Int32Array;
  /** By set: how many people of it have no row any more. */
  readonly gone: ReadonlyMap<number, number>;
  /** By row, drawn anew for each release: whom it takes first where some have to stay out. */
  readonly rank: Float64Array;
}
interface Shown {
  /** By row: its class in this release, or LEFT_OUT. */
  readonly classes: Int32Array;
  readonly sensitive: readonly Int32Array[];
  readonly rule: Rule;
}

/**
 * Where a set is shown in part, the rest of it shows by subtraction: it has to be a crowd by itself, of people whose values are still
 * known. Takes more out of what is shown until it is. Answers how many it took.
 */
export function hideTheRest({ sets, gone, rank }: Standing, { classes, sensitive, rule }: Shown): number {
  const bySet = Map.groupBy(classes.keys(), (row) => sets[row]!);
  let taken = 0;
  for (const [set, rows] of bySet) {
    const hidden = rows.filter((row) => classes[row] === LEFT_OUT);
    const isWhole = hidden.length === 0 && (gone.get(set) ?? 0) === 0;
    if (isWhole || hidden.length === rows.length) continue;
    const groups = [
      ...Map.groupBy(
        rows.filter((row) => classes[row] !== LEFT_OUT),
        (row) => classes[row]!,
      ).values(),
    ];
    // The largest gives most easily.
    groups.sort((a, b) => b.length - a.length || a[0]! - b[0]!);
    for (const group of groups) {
      if (isCrowd(hidden, sensitive, rule)) break;
      const out = companions(
        group.sort((a, b) => rank[a]! - rank[b]!),
        hidden,
        { sensitive, rule },
      );
      for (const row of out) classes[row] = LEFT_OUT;
      hidden.push(...out);
      taken += out.length;
    }
  }
  return taken;
}

/** Tried one by one; where it takes more, all of the group goes. */
const COMPANIONS_MAX = 500;

/** As many of the group as make a crowd of the hidden, where what stays of it is one too; else all of it. */
function companions(
  group: readonly number[],
  hidden: readonly number[],
  { sensitive, rule }: Pick<Shown, 'sensitive' | 'rule'>,
): readonly number[] {
  const from = Math.max(1, rule.k - hidden.length);
  const most = Math.min(group.length - rule.k, from + COMPANIONS_MAX);
  for (let count = from; count <= most; count++) {
    const out = group.slice(0, count);
    if (!isCrowd([...hidden, ...out], sensitive, rule)) continue;
    return isCrowd(group.slice(count), sensitive, rule) ? out : group;
  }
  return group;
}

export interface SetsAfter {
  /** By row. */
  readonly sets: Int32Array;
  /** Whoever has no row any more: their set after this release, by their set before it. */
  readonly gone: ReadonlyMap<number, number>;
}
/** The sets after this release, numbered anew: each is what one set and one class have in common. */
export function setsAfter(sets: Int32Array, classes: Int32Array, gone: Standing['gone']): SetsAfter {
  const known = new Map<string, number>();
  const after = (set: number, shown: number): number => {
    if (set === OUTSIDE && shown === LEFT_OUT) return OUTSIDE;
    const key = `${set}/${shown}`;
    const number = known.get(key) ?? known.size + 1;
    known.set(key, number);
    return number;
  };
  return {
    sets: sets.map((set, row) => after(set, classes[row]!)),
    gone: new Map([...gone.keys()].map((set) => [set, after(set, LEFT_OUT)])),
  };
}
