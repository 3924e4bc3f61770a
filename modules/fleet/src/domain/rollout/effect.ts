/** What a change will touch in the city, said before it starts. */
import { DEVICE_CLASSES } from '@cityward/contracts';
import type { Columns, Words } from './columns.ts';
import { groupCap, groupsOf } from './crowding.ts';
import type { Options } from './draft.ts';

export interface Touched {
  readonly what: 'class' | 'ward' | 'service';
  readonly name: string;
  /** Devices that change, and how many there are in all. */
  readonly devices: number;
  readonly of: number;
  /** At most so many at one time. */
  readonly atOnce: number;
}

/** Largest first within each kind. */
export function effectOf(columns: Columns, rows: Uint32Array, options: Options): readonly Touched[] {
  const slots = slotsAtOnce(columns, rows, options);
  const kinds: readonly (readonly [Touched['what'], readonly string[], (row: number) => number])[] = [
    ['class', DEVICE_CLASSES, (row) => columns.class[row]!],
    ['ward', columns.ward.names, placeIn(columns.ward)],
    ['service', columns.service.names, placeIn(columns.service)],
  ];
  return kinds.flatMap(([what, names, place]) => touched({ what, names, place, columns, rows, slots, options }));
}
const placeIn =
  (words: Words) =>
  (row: number): number =>
    words.of[row]!;

/** One for each row that may be out together with all others marked: what the caps of its group and site leave. */
function slotsAtOnce(columns: Columns, rows: Uint32Array, { perSite }: Options): Uint8Array {
  const groups = groupsOf(columns);
  const inGroup = new Uint32Array(groups.sizes.length);
  const atSite = new Uint32Array(columns.site.names.length);
  const slots = new Uint8Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const group = groups.of[rows[at]!]!;
    if (group === -1) {
      slots[at] = 1;
      continue;
    }
    const site = groups.site[group]!;
    if (inGroup[group]! >= groupCap(groups.sizes[group]!) || atSite[site]! >= perSite) continue;
    inGroup[group]!++;
    atSite[site]!++;
    slots[at] = 1;
  }
  return slots;
}

interface Counting {
  readonly what: Touched['what'];
  readonly names: readonly string[];
  readonly place: (row: number) => number;
  readonly columns: Columns;
  readonly rows: Uint32Array;
  readonly slots: Uint8Array;
  readonly options: Options;
}

function touched({ what, names, place, columns, rows, slots, options }: Counting): Touched[] {
  const all = new Uint32Array(names.length);
  const own = new Uint32Array(names.length);
  const atOnce = new Uint32Array(names.length);
  for (let row = 0; row < columns.ids.length; row++) {
    const at = place(row);
    if (at >= 0) all[at]!++;
  }
  for (let i = 0; i < rows.length; i++) {
    const at = place(rows[i]!);
    if (at < 0) continue;
    own[at]!++;
    atOnce[at]! += slots[i]!;
  }
  const list: Touched[] = [];
  for (let at = 0; at < names.length; at++)
    if (own[at]! > 0)
      list.push({
        what,
        name: names[at]!,
        devices: own[at]!,
        of: all[at]!,
        atOnce: Math.min(atOnce[at]!, options.inFlight),
      });
  return list.sort((a, b) => b.devices - a.devices || (a.name < b.name ? -1 : 1));
}
