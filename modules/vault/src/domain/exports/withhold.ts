/** Which cells of a table of counts are withheld: the small ones, and others so that the totals do not give them away. */
import { mostIn, smallCells, type Cell, type Counts, type Withheld } from './bounds.ts';

export const smallOnes = (counts: Counts, k: number): boolean[][] =>
  counts.map((row) => row.map((count) => count > 0 && count < k));

/** With `begun`, which are withheld whatever else is; `null` where nothing that could be withheld beside it would hide a small cell. */
export function withhold(counts: Counts, k: number, begun?: Withheld): boolean[][] | null {
  const small = smallOnes(counts, k);
  const withheld = small.map((row, at) => row.map((isSmall, column) => isSmall || (begun?.[at]![column] ?? false)));
  for (const cell of smallCells(counts, k))
    // Each turn withholds one more cell at least: it ends with the table.
    while (mostIn(counts, withheld, { cell, enough: k }) < k) {
      const corners = cheapestCorners(counts, withheld, { cell, wanted: k - counts[cell.row]![cell.column]! });
      if (corners === null) return null;
      for (const { row, column } of corners) withheld[row]![column] = true;
    }
  return withheld;
}

interface Wanted {
  readonly cell: Cell;
  /** People who could as well be in the cell. */
  readonly wanted: number;
}
/** The other three corners of a rectangle with the cell: what is moved into it from its row and its column, the fourth takes up. */
function cheapestCorners(
  counts: Counts,
  withheld: readonly (readonly boolean[])[],
  { cell, wanted }: Wanted,
): Cell[] | null {
  let best: { readonly corners: Cell[]; readonly gives: number; readonly costs: number } | null = null;
  for (let row = 0; row < counts.length; row++)
    for (let column = 0; column < counts[row]!.length; column++) {
      if (row === cell.row || column === cell.column) continue;
      const corners = [
        { row: cell.row, column },
        { row, column: cell.column },
        { row, column },
      ].filter((one) => !withheld[one.row]![one.column]);
      const gives = Math.min(wanted, counts[cell.row]![column]!, counts[row]![cell.column]!);
      if (corners.length === 0 || gives === 0) continue;
      const costs = corners.reduce((sum, one) => sum + counts[one.row]![one.column]!, 0);
      if (best === null || gives > best.gives || (gives === best.gives && costs < best.costs))
        best = { corners, gives, costs };
    }
  return best?.corners ?? null;
}
