/**
 * Many ids to and from SQL as one text: of thousands of parameters or rows each costs more than its bytes. For what has no space
 * in it: ids, numbers, names of categories.
 */
import { sql as raw, type RawBuilder } from 'kysely';

const BETWEEN = ' ';
const LINE = '\n';

/** As `text[]`. */
export const packedIds = (ids: readonly string[]): RawBuilder<string[]> =>
  raw<string[]>`string_to_array(${ids.join(BETWEEN)}::text, ${BETWEEN})`;

interface Ref {
  readonly record: string;
  readonly version: number;
}
/** As rows of `record` and `version`, to be named and joined with. */
export const packedVersions = (versions: readonly Ref[]): RawBuilder<unknown> =>
  raw`unnest(${packedIds(versions.map(({ record }) => record))},
    string_to_array(${versions.map(({ version }) => version).join(BETWEEN)}::text, ${BETWEEN})::int[])`;

/** The only row of a query for `string_agg` of `packedRow`; nothing where there was no row. */
export const unpacked = (packed: string | null | undefined): string[][] => linesOf(packed).map(cellsOf);
/** In the order of the lines as text, which SQL takes several times as long for. */
export const unpackedInOrder = (packed: string | null | undefined): string[][] => linesOf(packed).sort().map(cellsOf);
const linesOf = (packed: string | null | undefined): string[] => (packed ? packed.split(LINE) : []);
const cellsOf = (line: string): string[] => line.split(BETWEEN);
/** One row for `string_agg(…, E'\\n')`. */
export const packedRow = (...columns: readonly string[]): RawBuilder<string> =>
  raw<string>`concat_ws(' ', ${raw.join(columns.map((column) => raw.ref(column)))})`;
