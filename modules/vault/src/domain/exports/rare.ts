/** Values that too few people have: shown as one, so that a rare disease is no name. */
import { OTHER, type Column } from './table.ts';

export interface Folded {
  readonly labels: readonly string[];
  /** By row. */
  readonly codes: Int32Array;
  /** The code of all rare values; `null` where none is. */
  readonly other: number | null;
  /** By value of the column: whether it is shown. */
  readonly kept: readonly boolean[];
}

/** As many as nobody stands out of. */
const isEnough = (count: number, k: number): boolean => count >= k;

const countsOf = (codes: Int32Array, rows: Int32Array, values: number): number[] => {
  const counts = Array.from({ length: values }, () => 0);
  for (const row of rows) counts[codes[row]!]!++;
  return counts;
};

/** What was folded `before` stays so. Where the rare ones together are too few, the rarest of the others joins them. */
export function foldRare(column: Column, ...[rows, k, before]: readonly [Int32Array, number, Folded?]): Folded {
  const { labels, codes } = column.levels[0]!;
  const counts = countsOf(codes, rows, labels.length);
  const kept = counts.map((count, value) => isEnough(count, k) && (before?.kept[value] ?? true));
  const rare = (): number => counts.reduce((sum, count, value) => (kept[value] ? sum : sum + count), 0);
  while (rare() > 0 && rare() < k) {
    const left = counts.map((count, value) => ({ count, value })).filter(({ value }) => kept[value]);
    if (left.length === 0) break;
    kept[left.reduce((least, one) => (one.count < least.count ? one : least)).value] = false;
  }
  if (kept.every(Boolean)) return { labels, codes, other: null, kept };
  const other = labels.length;
  return { labels: [...labels, OTHER], codes: codes.map((code) => (kept[code] ? code : other)), other, kept };
}

/** Whether each value that is shown is that of enough people. */
export const isFolded = ({ labels, codes }: Folded, rows: Int32Array, k: number): boolean =>
  countsOf(codes, rows, labels.length).every((count) => count === 0 || isEnough(count, k));
