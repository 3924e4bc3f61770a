/** What the map shows first: the city, not the one device that somebody put on another continent. Pure. */
import type { Bounds, PointSet } from './points.ts';

/** With more of its devices elsewhere the city is elsewhere, and the map holds them all. */
const OUTSIDE_SHARE_MAX = 0.1;

export interface Home {
  readonly bounds: Bounds;
  /** Devices that lie outside `bounds`. */
  readonly outside: number;
}

/**
 * @param own bounds of the city's land; null when the map has none
 * @param all bounds that hold every device
 */
export function homeOf(own: Bounds | null, all: Bounds, set: PointSet): Home {
  if (!own) return { bounds: all, outside: 0 };
  const [west, south, east, north] = own;
  let outside = 0;
  for (let at = 0; at < set.count; at++) {
    const [lon, lat] = [set.lon[at]!, set.lat[at]!];
    if (lon < west || lon > east || lat < south || lat > north) outside++;
  }
  return outside === 0 || outside > set.count * OUTSIDE_SHARE_MAX
    ? { bounds: all, outside: 0 }
    : { bounds: own, outside };
}
