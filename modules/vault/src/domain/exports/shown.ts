/** The rows that a gate let through, as the recipient reads them. */
import { LEFT_OUT } from './budget.ts';
import type { Mark } from './marks.ts';
import type { GatedRows } from './rows-gate.ts';
import { NOTHING_SAID, OTHER, type Table } from './table.ts';

export interface ShownRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function shownRows(table: Table, gated: GatedRows, marks: readonly Mark[] = []): ShownRows {
  const known = (row: number): string[] =>
    table.quasi.map(({ levels }, at) => {
      const { labels, codes } = levels[gated.ladder[gated.rungs[row]!]![at]!]!;
      return labels[codes[row]!]!;
    });
  const rows: string[][] = [];
  gated.classes.forEach((shown, row) => {
    if (shown !== LEFT_OUT)
      rows.push([...known(row), ...gated.sensitive.map(({ labels, codes }) => labels[codes[row]!]!)]);
  });
  for (const { like, values } of marks)
    rows.push([...known(like), ...values.map((value, at) => gated.sensitive[at]!.labels[value]!)]);
  return { columns: [...table.quasi, ...table.sensitive].map(({ name }) => name), rows };
}

/** Of all cells that were asked for, those that still say something. */
export function cellsShown({ columns, rows }: ShownRows, asked: number): number {
  const saying = rows.reduce(
    (sum, row) => sum + row.filter((cell) => cell !== NOTHING_SAID && cell !== OTHER).length,
    0,
  );
  return asked === 0 ? 1 : saying / (asked * columns.length);
}
