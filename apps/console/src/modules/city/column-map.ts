/** The fields that a column of an import may mean, and the corrections as the endpoint wants them. Pure. */
import type { ImportReport } from '@cityward/contracts';

export type Column = ImportReport['columns'][number];
export type ColumnMap = ReadonlyMap<string, string | null>;

/** The map that the report shows, with what the person has changed. */
export const mapOf = (columns: readonly Column[], changed: ColumnMap): ColumnMap =>
  new Map(
    columns.map((column) => [
      column.column,
      changed.has(column.column) ? (changed.get(column.column) ?? null) : column.field,
    ]),
  );

/** A comma would end the pair: such a column keeps its guess. */
export const canCorrect = (column: string): boolean => !column.includes(',');

/** `column=field` pairs, comma separated; an empty field leaves the column out. */
export const mapText = (map: ColumnMap): string =>
  [...map]
    .filter(([column]) => canCorrect(column))
    .map(([column, field]) => `${column}=${field ?? ''}`)
    .join(',');
