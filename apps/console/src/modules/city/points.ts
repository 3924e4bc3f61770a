/** All devices of the map in typed columns, and the questions that map and table ask of them. Pure. */
import { DEVICE_STATES, type DevicePoints, type DeviceState } from '@cityward/contracts';

export interface PointSet {
  readonly count: number;
  readonly ids: readonly string[];
  readonly index: ReadonlyMap<string, number>;
  readonly lon: readonly number[];
  readonly lat: readonly number[];
  readonly classes: readonly string[];
  readonly classOf: readonly number[];
  readonly wards: readonly string[];
  readonly wardOf: readonly number[];
  /** Place in DEVICE_STATES (0 is worst) of each device; changes as the live stream tells. */
  readonly state: Uint8Array;
}

const UNKNOWN = DEVICE_STATES.indexOf('unknown');

export function pointSet(columns: DevicePoints): PointSet {
  const codes = columns.states.map((word) => {
    const code = (DEVICE_STATES as readonly string[]).indexOf(word);
    return code < 0 ? UNKNOWN : code;
  });
  return {
    count: columns.id.length,
    ids: columns.id,
    index: new Map(columns.id.map((id, at) => [id, at])),
    lon: columns.lon,
    lat: columns.lat,
    classes: columns.classes,
    classOf: columns.class,
    wards: columns.wards,
    wardOf: columns.ward,
    state: Uint8Array.from(columns.state, (code) => codes[code] ?? UNKNOWN),
  };
}

/** Writes the changes in; returns the indexes whose state is now another one. Ids that are not on the map are passed over. */
export function applyStates(set: PointSet, changes: readonly (readonly [string, DeviceState])[]): number[] {
  const changed: number[] = [];
  for (const [id, word] of changes) {
    const at = set.index.get(id);
    const code = DEVICE_STATES.indexOf(word);
    if (at === undefined || code < 0 || set.state[at] === code) continue;
    set.state[at] = code;
    changed.push(at);
  }
  return changed;
}

export const stateAt = (set: PointSet, at: number): DeviceState => DEVICE_STATES[set.state[at] ?? UNKNOWN]!;
export const classAt = (set: PointSet, at: number): string => set.classes[set.classOf[at] ?? -1] ?? 'other';

const HOT_LAST = DEVICE_STATES.indexOf('unreachable');
/** The devices that carry a badge on the map, worst first, at most `max`. */
export function hotIndexes(set: PointSet, max: number): number[] {
  const byState: number[][] = Array.from({ length: HOT_LAST + 1 }, () => []);
  for (let at = 0; at < set.count; at++) {
    const code = set.state[at]!;
    if (code <= HOT_LAST) byState[code]!.push(at);
  }
  return byState.flat().slice(0, max);
}

export interface Aggregate {
  readonly key: string;
  readonly label: string;
  readonly lon: number;
  readonly lat: number;
  readonly count: number;
  readonly worst: DeviceState;
  /** How many are in the worst state. */
  readonly worstCount: number;
}

interface Sum {
  lon: number;
  lat: number;
  counts: Uint32Array;
}

/** Cells across the map for devices that have no ward. */
const CELL_DEGREES = 0.02;

/** Devices by ward (those without one by a grid cell), with the worst state that any of them has and the number that has it. */
export function aggregates(set: PointSet, nameOf: (ward: string) => string): Aggregate[] {
  const sums = new Map<string, Sum>();
  for (let at = 0; at < set.count; at++) {
    const ward = set.wards[set.wardOf[at] ?? -1];
    const lon = set.lon[at]!;
    const lat = set.lat[at]!;
    const key = ward ?? `cell ${Math.floor(lon / CELL_DEGREES)} ${Math.floor(lat / CELL_DEGREES)}`;
    let sum = sums.get(key);
    if (!sum) sums.set(key, (sum = { lon: 0, lat: 0, counts: new Uint32Array(DEVICE_STATES.length) }));
    sum.lon += lon;
    sum.lat += lat;
    sum.counts[set.state[at]!]!++;
  }
  return [...sums].map(([key, sum]) => {
    const count = sum.counts.reduce((all, one) => all + one, 0);
    const worst = sum.counts.findIndex((one) => one > 0);
    return {
      key,
      label: key.startsWith('cell ') ? '' : nameOf(key),
      lon: sum.lon / count,
      lat: sum.lat / count,
      count,
      worst: DEVICE_STATES[worst]!,
      worstCount: sum.counts[worst]!,
    };
  });
}

export type Direction = 'up' | 'down' | 'left' | 'right';
const STEP: Readonly<Record<Direction, readonly [number, number]>> = {
  up: [0, 1],
  down: [0, -1],
  left: [-1, 0],
  right: [1, 0],
};
/** Being off to the side counts this much against being far. */
const ASIDE = 2;

/** The nearest device in a direction (within 45 degrees of it); -1 when there is none. With `from` -1, the worst device there is. */
export function neighbour(set: PointSet, from: number, direction: Direction): number {
  if (from < 0) return set.count === 0 ? -1 : set.state.indexOf(Math.min(...new Set(set.state)));
  const [east, north] = STEP[direction];
  const scale = Math.cos(((set.lat[from] ?? 0) * Math.PI) / 180);
  let best = -1;
  let least = Infinity;
  for (let at = 0; at < set.count; at++) {
    if (at === from) continue;
    const dx = (set.lon[at]! - set.lon[from]!) * scale;
    const dy = set.lat[at]! - set.lat[from]!;
    const along = dx * east + dy * north;
    const aside = Math.abs(dx * north) + Math.abs(dy * east);
    if (along <= 0 || aside > along) continue;
    const cost = along + ASIDE * aside;
    if (cost < least) {
      least = cost;
      best = at;
    }
  }
  return best;
}

export type Bounds = readonly [west: number, south: number, east: number, north: number];

/** The box around the devices of one ward; null when there are none. */
export function wardBounds(set: PointSet, ward: string): Bounds | null {
  const code = set.wards.indexOf(ward);
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < set.count; at++) {
    if (code < 0 || set.wardOf[at] !== code) continue;
    west = Math.min(west, set.lon[at]!);
    east = Math.max(east, set.lon[at]!);
    south = Math.min(south, set.lat[at]!);
    north = Math.max(north, set.lat[at]!);
  }
  return west === Infinity ? null : [west, south, east, north];
}

/** Indexes for the table behind the map: worst first, then by id. */
export const tableOrder = (set: PointSet, ward: string | undefined): number[] => {
  const code = ward === undefined ? null : set.wards.indexOf(ward);
  const all = Array.from({ length: set.count }, (_, at) => at);
  const shown = code === null ? all : all.filter((at) => set.wardOf[at] === code);
  return shown.sort((a, b) => set.state[a]! - set.state[b]! || (set.ids[a]! < set.ids[b]! ? -1 : 1));
};
