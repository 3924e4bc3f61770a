/** A table of counts, with all its totals, in which no cell of fewer than k people is shown or can be worked out. */
import { hideTheRest, LEFT_OUT, type Standing } from './budget.ts';
import { isCrowd, type Rule } from './crowd.ts';
import { foldRare, isFolded, type Folded } from './rare.ts';
import type { GateAsk } from './rows-gate.ts';
import { everyRow, grouped, members, type Column, type Table } from './table.ts';
import type { Withheld } from './bounds.ts';
import { smallOnes, withhold } from './withhold.ts';

const FOLDS_MAX = 8;

export interface GatedCounts {
  readonly down: readonly string[];
  readonly across: readonly string[];
  readonly counts: readonly (readonly number[])[];
  readonly withheld: readonly (readonly boolean[])[];
  /** By row of the table of people: what it is shown as, or LEFT_OUT. */
  readonly classes: Int32Array;
  readonly leftOut: { readonly few: number; readonly uncovering: number };
}
export interface CountsAsk extends GateAsk {
  /** The two columns, each at its finest level; the first is no sensitive one. */
  readonly down: Column;
  readonly across: Column;
}

/** `null` where what is small cannot be hidden. */
export function gateCounts(table: Pick<Table, 'rows'>, ask: CountsAsk): GatedCounts | null {
  const { isIn, rule } = ask;
  const asked = everyRow(table.rows).filter((row) => isIn[row] === 1);
  let [down, across] = [ask.down, ask.across].map((column) => foldRare(column, asked, rule.k)) as [Folded, Folded];
  for (let fold = 0; fold < FOLDS_MAX; fold++) {
    const once = gateOnce({ ...ask, asked, folded: { down, across } });
    if (once === null) return null;
    const shown = asked.filter((row) => once.classes[row] !== LEFT_OUT);
    if ([down, across].every((one) => isFolded(one, shown, rule.k))) return once;
    down = foldRare(ask.down, shown, rule.k, down);
    across = foldRare(ask.across, shown, rule.k, across);
  }
  return null;
}

interface Once extends CountsAsk {
  readonly asked: Int32Array;
  readonly folded: { readonly down: Folded; readonly across: Folded };
}
function gateOnce({ asked, folded, across, standing, rule }: Once): GatedCounts | null {
  const { down: lines, across: fields } = folded;
  const isTelling = across.role === 'sensitive';
  const sensitive = isTelling ? [fields.codes] : [];
  const tally = (classes?: Int32Array): number[][] => {
    const counts = lines.labels.map(() => fields.labels.map(() => 0));
    for (const row of asked) if (classes?.[row] !== LEFT_OUT) counts[lines.codes[row]!]![fields.codes[row]!]!++;
    return counts;
  };
  const begun = isTelling ? undefined : togetherEnough(tally(), rule.k);
  const classes = classesOf(folded, asked, begun);
  const few = dropSmall(classes, { asked, standing, rule, sensitive });
  const uncovering = hideTheRest(standing, { classes, sensitive, rule });
  const counts = tally(classes);
  const withheld = withhold(counts, rule.k, begun);
  if (withheld === null) return null;
  if (!isTelling)
    for (const row of asked)
      if (classes[row] !== LEFT_OUT)
        classes[row] = cellOf(folded, row, withheld[lines.codes[row]!]![fields.codes[row]!]!);
  return { down: lines.labels, across: fields.labels, counts, withheld, classes, leftOut: { few, uncovering } };
}

/** A number for a cell, or for all withheld cells of its line together. */
const cellOf = ({ down, across }: Once['folded'], row: number, isWithheld: boolean): number =>
  down.codes[row]! * (across.labels.length + 1) + (isWithheld ? across.labels.length : across.codes[row]!);

/** The small cells of each line, and where those are few together, its next larger one with them. */
function togetherEnough(counts: readonly (readonly number[])[], k: number): boolean[][] {
  const withheld = smallOnes(counts, k);
  counts.forEach((line, row) => {
    const held = line.reduce((sum, count, column) => (withheld[row]![column] ? sum + count : sum), 0);
    if (held === 0 || held >= k) return;
    const next = line.map((count, column) => ({ count, column })).filter(({ count }) => count >= k);
    if (next.length > 0)
      withheld[row]![next.reduce((least, one) => (one.count < least.count ? one : least)).column] = true;
  });
  return withheld;
}

/** What a line shows of a sensitive column is about its people together; else each cell that is shown is a class of its own. */
function classesOf(folded: Once['folded'], asked: Int32Array, withheld: Withheld | undefined): Int32Array {
  const { down, across } = folded;
  const classes = new Int32Array(down.codes.length).fill(LEFT_OUT);
  for (const row of asked) {
    const line = down.codes[row]!;
    classes[row] = withheld ? cellOf(folded, row, withheld[line]![across.codes[row]!]!) : line;
  }
  return classes;
}

/** Parts of a class that exports before tell apart, and that are no crowd, are left out. Answers how many people those are. */
function dropSmall(
  classes: Int32Array,
  {
    asked,
    standing,
    rule,
    sensitive,
  }: {
    readonly asked: Int32Array;
    readonly standing: Standing;
    readonly rule: Rule;
    readonly sensitive: readonly Int32Array[];
  },
): number {
  let dropped = 0;
  for (const part of members(asked, grouped(asked, [standing.sets, classes]))) {
    if (isCrowd(part, sensitive, rule)) continue;
    for (const row of part) classes[row] = LEFT_OUT;
    dropped += part.length;
  }
  return dropped;
}
