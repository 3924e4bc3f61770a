/** A table of people, one row each, with every column at each level of detail it may be shown at. */

/** How a column is made coarser, one step after the other; after the last one it says nothing. */
export type Level =
  | { readonly by: 'exact' }
  /** Numbers in bands of this width, such as ages of ten years. */
  | { readonly by: 'bands'; readonly width: number }
  /** What each value of the level before belongs to, such as a suburb to its district. */
  | { readonly by: 'parents'; readonly parents: Readonly<Record<string, string>> };

/** `quasi`: known of a person elsewhere too, so that together such columns find somebody. `sensitive`: what nobody is to learn so. */
export type ColumnRole = 'quasi' | 'sensitive';
export interface ColumnPlan {
  readonly name: string;
  readonly role: ColumnRole;
  /** Finest first; a sensitive column has one. */
  readonly levels: readonly Level[];
}

export const NOTHING_SAID = '*';
/** Of values that too few people have, taken together. */
export const OTHER = 'other';

export interface Column {
  readonly name: string;
  readonly role: ColumnRole;
  /** By level, finest first, the last of which says nothing: the labels, and which of them each row has. */
  readonly levels: readonly CodedLevel[];
}
export interface CodedLevel {
  readonly labels: readonly string[];
  readonly codes: Int32Array;
}
export interface Table {
  readonly rows: number;
  readonly quasi: readonly Column[];
  readonly sensitive: readonly Column[];
}

/** @param values by column, then by row; a value that is not there is empty */
export function tableOf(plans: readonly ColumnPlan[], values: readonly (readonly string[])[]): Table {
  const rows = values[0]?.length ?? 0;
  const columns = plans.map((plan, at) => columnOf(plan, values[at]!));
  return {
    rows,
    quasi: columns.filter(({ role }) => role === 'quasi'),
    sensitive: columns.filter(({ role }) => role === 'sensitive'),
  };
}

function columnOf({ name, role, levels }: ColumnPlan, values: readonly string[]): Column {
  const raw = coded(values);
  let shown: readonly string[] = raw.labels;
  const coarser = levels.map((level) => {
    shown = raw.labels.map((value, at) => labelAt(level, value, shown[at]!));
    return relabelled(raw, shown);
  });
  return {
    name,
    role,
    levels: [
      ...coarser,
      relabelled(
        raw,
        raw.labels.map(() => NOTHING_SAID),
      ),
    ],
  };
}

function labelAt(level: Level, raw: string, before: string): string {
  if (level.by === 'exact') return raw;
  if (level.by === 'parents') return Object.hasOwn(level.parents, before) ? level.parents[before]! : NOTHING_SAID;
  const number = raw === '' ? Number.NaN : Number(raw);
  if (!Number.isFinite(number)) return NOTHING_SAID;
  const from = Math.floor(number / level.width) * level.width;
  return level.width === 1 ? String(from) : `${from}-${from + level.width - 1}`;
}

function coded(values: readonly string[]): CodedLevel {
  const known = new Map<string, number>();
  const codes = new Int32Array(values.length);
  values.forEach((value, row) => {
    let code = known.get(value);
    if (code === undefined) known.set(value, (code = known.size));
    codes[row] = code;
  });
  return { labels: [...known.keys()], codes };
}

function relabelled(raw: CodedLevel, shown: readonly string[]): CodedLevel {
  const { labels, codes } = coded(shown);
  return { labels, codes: raw.codes.map((code) => codes[code]!) };
}

/** Groups rows that have the same codes; answers the group of each, in the order in which they first appear. */
export function grouped(
  rows: Int32Array,
  by: readonly Int32Array[],
): { readonly of: Int32Array; readonly count: number } {
  let of: Int32Array = new Int32Array(rows.length);
  let count = Math.min(rows.length, 1);
  for (const codes of by) {
    const known = new Map<number, number>();
    const next = new Int32Array(rows.length);
    for (let at = 0; at < rows.length; at++) {
      // Both parts stay below 2^26: their pair is exact in a double.
      const pair = of[at]! * 67_108_864 + codes[rows[at]!]!;
      let group = known.get(pair);
      if (group === undefined) known.set(pair, (group = known.size));
      next[at] = group;
    }
    [of, count] = [next, known.size];
  }
  return { of, count };
}

/** Rows of each group, in their order. */
export function members(
  rows: Int32Array,
  { of, count }: { readonly of: Int32Array; readonly count: number },
): number[][] {
  const groups: number[][] = Array.from({ length: count }, () => []);
  rows.forEach((row, at) => groups[of[at]!]!.push(row));
  return groups;
}

export const everyRow = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);
