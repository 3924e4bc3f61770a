/**
 * How much a withheld cell of a table of counts may hold, for somebody who knows all its totals and every cell that is shown: the
 * most that can flow into it out of the other withheld cells of its row and its column, without any total changing.
 */

/** By row, then by column. */
export type Counts = readonly (readonly number[])[];
export type Withheld = readonly (readonly boolean[])[];
export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** The most people that may be in the cell, looked for up to `enough`. */
export function mostIn(
  counts: Counts,
  withheld: Withheld,
  { cell, enough }: { readonly cell: Cell; readonly enough: number },
): number {
  const held = counts.map((row) => [...row]);
  let most = held[cell.row]![cell.column]!;
  while (most < enough) {
    const way = wayAround(held, withheld, cell);
    if (way === null) return most;
    const amount = Math.min(
      enough - most,
      ...way.filter((_, at) => at % 2 === 0).map(({ row, column }) => held[row]![column]!),
    );
    way.forEach(({ row, column }, at) => (held[row]![column]! += at % 2 === 0 ? -amount : amount));
    most += amount;
  }
  return most;
}

/** Cells to lessen and to raise in turn, from the column of `cell` back to its row; `null` where there is no way. */
function wayAround(
  held: readonly (readonly number[])[],
  withheld: Withheld,
  { row: home, column: start }: Cell,
): Cell[] | null {
  const columns = withheld[0]!.length;
  const cameToRow = new Map<number, number>();
  const cameToColumn = new Map<number, number>([[start, -1]]);
  const queue = [start];
  for (const column of queue)
    for (let row = 0; row < withheld.length; row++) {
      if (!withheld[row]![column] || held[row]![column] === 0 || cameToRow.has(row)) continue;
      if (row === home && column === start) continue;
      cameToRow.set(row, column);
      if (row === home) return retraced(cameToRow, cameToColumn, home);
      for (let next = 0; next < columns; next++)
        if (withheld[row]![next] && !cameToColumn.has(next)) {
          cameToColumn.set(next, row);
          queue.push(next);
        }
    }
  return null;
}

function retraced(
  cameToRow: ReadonlyMap<number, number>,
  cameToColumn: ReadonlyMap<number, number>,
  home: number,
): Cell[] {
  const way: Cell[] = [];
  for (let row = home; row >= 0;) {
    const column = cameToRow.get(row)!;
    way.unshift({ row, column });
    const before = cameToColumn.get(column)!;
    if (before >= 0) way.unshift({ row: before, column });
    row = before;
  }
  return way;
}

/** Of no withheld cell can it be worked out that fewer than `k`, and not nobody, are in it. */
export const isHidden = (counts: Counts, withheld: Withheld, k: number): boolean =>
  smallCells(counts, k).every((cell) => mostIn(counts, withheld, { cell, enough: k }) >= k);

export function smallCells(counts: Counts, k: number): Cell[] {
  return counts.flatMap((cells, row) =>
    cells.flatMap((count, column) => (count > 0 && count < k ? [{ row, column }] : [])),
  );
}
