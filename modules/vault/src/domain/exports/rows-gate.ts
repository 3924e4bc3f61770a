/** Rows of people made coarse until nobody stands out, each only as far as it takes; who still would is left out. */
import { hideTheRest, LEFT_OUT, type Standing } from './budget.ts';
import { isCrowd, type Rule } from './crowd.ts';
import { foldRare, isFolded, type Folded } from './rare.ts';
import { everyRow, grouped, members, type Table } from './table.ts';

/** Times that folding rare values may make others rare. */
const FOLDS_MAX = 8;

export interface GatedRows {
  /** By row: the rung of the ladder at which it is shown, or LEFT_OUT. */
  readonly rungs: Int32Array;
  /** By row: its class; rows of one class look the same but for what is sensitive. */
  readonly classes: Int32Array;
  /** By rung: the level of each quasi column. */
  readonly ladder: readonly (readonly number[])[];
  readonly sensitive: readonly Folded[];
  /** Left out because few are like them, and because they would uncover others. */
  readonly leftOut: { readonly few: number; readonly uncovering: number };
}

/** One step at a time, in turn, beginning with what was named last: what is named first stays exact longest. */
export function ladderOf({ quasi }: Table): readonly (readonly number[])[] {
  const tops = quasi.map(({ levels }) => levels.length - 1);
  let rung = tops.map(() => 0);
  const ladder = [rung];
  while (rung.some((level, at) => level < tops[at]!))
    for (let at = tops.length - 1; at >= 0; at--) {
      if (rung[at]! >= tops[at]!) continue;
      rung = rung.with(at, rung[at]! + 1);
      ladder.push(rung);
    }
  return ladder;
}

/** @param isIn by row: whether it was asked for; `null` where too many values are rare */
export function gateRows(table: Table, { isIn, standing, rule }: GateAsk): GatedRows | null {
  const asked = everyRow(table.rows).filter((row) => isIn[row] === 1);
  let sensitive = table.sensitive.map((column) => foldRare(column, asked, rule.k));
  for (let fold = 0; fold < FOLDS_MAX; fold++) {
    const gated = gateOnce(table, { asked, sensitive, standing, rule });
    const shown = asked.filter((row) => gated.classes[row] !== LEFT_OUT);
    if (sensitive.every((one) => isFolded(one, shown, rule.k))) return gated;
    sensitive = sensitive.map((one, at) => foldRare(table.sensitive[at]!, shown, rule.k, one));
  }
  return null;
}

export interface GateAsk {
  readonly isIn: Uint8Array;
  readonly standing: Standing;
  readonly rule: Rule;
}
interface Once {
  readonly asked: Int32Array;
  readonly sensitive: readonly Folded[];
  readonly standing: Standing;
  readonly rule: Rule;
}

function gateOnce(table: Table, { asked, sensitive, standing, rule }: Once): GatedRows {
  const ladder = ladderOf(table);
  const values = sensitive.map(({ codes }) => codes);
  const rungs = new Int32Array(table.rows).fill(LEFT_OUT);
  const classes = new Int32Array(table.rows).fill(LEFT_OUT);
  let left = asked;
  let classCount = 0;
  ladder.forEach((levels, rung) => {
    const shown = levels.map((level, at) => table.quasi[at]!.levels[level]!.codes);
    const byClass = grouped(left, shown);
    const classBy = new Int32Array(table.rows);
    left.forEach((row, at) => (classBy[row] = classCount + byClass.of[at]!));
    // By set too: where exports before tell some of a class apart from the others, each part has to be a crowd.
    for (const part of members(left, grouped(left, [standing.sets, classBy]))) {
      if (!isCrowd(part, values, rule)) continue;
      for (const row of part) [rungs[row], classes[row]] = [rung, classBy[row]!];
    }
    left = left.filter((row) => classes[row] === LEFT_OUT);
    classCount += byClass.count;
  });
  const uncovering = hideTheRest(standing, { classes, sensitive: values, rule });
  for (const row of asked) if (classes[row] === LEFT_OUT) rungs[row] = LEFT_OUT;
  return { rungs, classes, ladder, sensitive, leftOut: { few: left.length, uncovering } };
}
