/** The fields that a column of an import may mean, and the map as the endpoint wants it. Pure. */
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

/** `column=field` pairs, comma separated; commas, equals signs and per cents in a column's name are percent-encoded. */
export function mapText(map: ColumnMap): string {
  const pairs: string[] = [];
  for (const [column, field] of map) pairs.push(`${escape(column)}=${field ?? ''}`);
  return pairs.join(',');
}
const escape = (name: string): string =>
  name.replace(/[%,=]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
