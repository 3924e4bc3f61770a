/** Numbers for sites and groups that stay the same over all changes, so that two changes do not crowd one junction together. */
import { DEVICE_CLASSES } from '@cityward/contracts';
import type { Columns } from './columns.ts';
import { groupCap, groupsOf } from './crowding.ts';
import type { Occupancy } from './state.ts';

export interface Places {
  readonly occupancy: Occupancy;
  /** Takes the city as it is now: caps follow it. Returns site and group of each row, -1 for none. */
  locate(columns: Columns): { readonly site: Int32Array; readonly group: Int32Array };
}

export function createPlaces(): Places {
  const sites = new Map<string, number>();
  const groups = new Map<string, number>();
  const occupancy: Occupancy = { site: new Int32Array(0), group: new Int32Array(0), groupCap: new Int32Array(0) };
  return {
    occupancy,
    locate: (columns) => {
      const known = groupsOf(columns);
      const siteOf = Int32Array.from(columns.site.names, (name) => numberOf(sites, name));
      const groupOf = Int32Array.from(known.sizes, (_, at) =>
        numberOf(groups, `${columns.site.names[known.site[at]!]!}/${DEVICE_CLASSES[known.class[at]!]!}`),
      );
      occupancy.site = grown(occupancy.site, sites.size);
      occupancy.group = grown(occupancy.group, groups.size);
      occupancy.groupCap = grown(occupancy.groupCap, groups.size);
      for (let at = 0; at < groupOf.length; at++) occupancy.groupCap[groupOf[at]!] = groupCap(known.sizes[at]!);
      const site = new Int32Array(columns.ids.length).fill(-1);
      const group = new Int32Array(columns.ids.length).fill(-1);
      for (let row = 0; row < site.length; row++) {
        const own = known.of[row]!;
        if (own === -1) continue;
        site[row] = siteOf[columns.site.of[row]!]!;
        group[row] = groupOf[own]!;
      }
      return { site, group };
    },
  };
}

function numberOf(map: Map<string, number>, name: string): number {
  let number = map.get(name);
  if (number === undefined) map.set(name, (number = map.size));
  return number;
}
function grown(column: Int32Array, size: number): Int32Array {
  if (size <= column.length) return column;
  const larger = new Int32Array(Math.max(size, 2 * column.length));
  larger.set(column);
  return larger;
}
