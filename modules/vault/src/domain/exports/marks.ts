/**
 * What tells one recipient's copy from another's: rows of nobody, which look like the others. Each is a combination that no row of
 * its class has, so that one that turns up elsewhere points to this copy, in whatever order and however few rows are left.
 */
import { LEFT_OUT } from './budget.ts';
import type { Folded } from './rare.ts';

export const MARKS_MAX = 32;
/** One row of nobody among this many, at most. */
export const ROWS_PER_MARK = 200;
/** Combinations tried for each class. */
const TRIES_MAX = 20;

export interface Mark {
  /** A row of the class whose columns it shows. */
  readonly like: number;
  /** By sensitive column: the code it shows. */
  readonly values: readonly number[];
}

/** @param draw a whole number below its argument, known to nobody else */
export function marksFor(
  classes: Int32Array,
  sensitive: readonly Folded[],
  draw: (below: number) => number,
): readonly Mark[] {
  if (sensitive.length === 0) return [];
  const groups = [...Map.groupBy(classes.keys(), (row) => classes[row]!)].filter(([shown]) => shown !== LEFT_OUT);
  const rows = groups.reduce((sum, [, members]) => sum + members.length, 0);
  const wanted = Math.min(MARKS_MAX, Math.floor(rows / ROWS_PER_MARK));
  const shownValues = sensitive.map(({ codes }) => [
    ...new Set(groups.flatMap(([, members]) => members.map((row) => codes[row]!))),
  ]);
  const marks: Mark[] = [];
  while (marks.length < wanted && groups.length > 0) {
    const [[, members]] = groups.splice(draw(groups.length), 1) as [[number, number[]]];
    const there = new Set(members.map((row) => sensitive.map(({ codes }) => codes[row]!).join()));
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      const values = shownValues.map((codes) => codes[draw(codes.length)]!);
      if (there.has(values.join())) continue;
      marks.push({ like: members[0]!, values });
      break;
    }
  }
  return marks;
}

export interface Suspect {
  readonly export: string;
  /** Rows of the finding that carry this copy's own numbers. */
  readonly numbers: number;
  /** Rows of the finding that look like its rows of nobody. */
  readonly marks: number;
}
/** Rows of nobody that have to turn up before they point to anybody: one may be somebody by now. */
export const MARKS_TELLING = 3;

/** Whose copies a finding comes from: by the numbers of its rows, else by rows of nobody where one copy stands out; none else. */
export function traced(suspects: readonly Suspect[]): readonly Suspect[] {
  const byNumbers = suspects.filter(({ numbers }) => numbers > 0);
  if (byNumbers.length > 0) return byNumbers.sort((a, b) => b.numbers - a.numbers);
  const [first, second] = [...suspects].sort((a, b) => b.marks - a.marks);
  if (!first || first.marks < MARKS_TELLING) return [];
  return (second?.marks ?? 0) * 2 <= first.marks ? [first] : [];
}
