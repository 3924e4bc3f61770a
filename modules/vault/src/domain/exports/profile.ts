/** Which columns of a table, alone and together, single people out. */
import { everyRow, grouped, members, type Table } from './table.ts';

export interface Finding {
  readonly columns: readonly string[];
  /** Of a thousand people: how many are alone with what these columns say of them, and how many have fewer than k like them. */
  readonly alone: number;
  readonly few: number;
}
/** Columns looked at together. */
const TOGETHER_MAX = 3;
/** A sensitive column with which more than one in a hundred stands alone tells who somebody is, whatever it is called. */
export const ALONE_MAX = 10;

export function profileOf({ rows, quasi, sensitive }: Table, k: number): readonly Finding[] {
  const all = everyRow(rows);
  const finest = (columns: Table['quasi']): Finding => {
    const sizes = members(
      all,
      grouped(
        all,
        columns.map(({ levels }) => levels[0]!.codes),
      ),
    ).map(({ length }) => length);
    const perThousand = (count: number): number => (rows === 0 ? 0 : Math.ceil((count * 1_000) / rows));
    const below = (limit: number): number => sizes.filter((size) => size < limit).reduce((sum, size) => sum + size, 0);
    return { columns: columns.map(({ name }) => name), alone: perThousand(below(2)), few: perThousand(below(k)) };
  };
  return [...sensitive.map((one) => [one]), ...combinations(quasi)].map(finest);
}

function combinations<T>(of: readonly T[]): T[][] {
  let sets: T[][] = [[]];
  for (const one of of)
    sets = [...sets, ...sets.filter(({ length }) => length < TOGETHER_MAX).map((set) => [...set, one])];
  return sets.filter(({ length }) => length > 0).sort((a, b) => a.length - b.length);
}

/** A sensitive column that is as good as a name; `null` where there is none. */
export const namelike = ({ sensitive }: Table, profile: readonly Finding[]): string | null =>
  sensitive.find(({ name }) =>
    profile.some((one) => one.columns.length === 1 && one.columns[0] === name && one.alone > ALONE_MAX),
  )?.name ?? null;
