/** The map's two answers as ready JSON text: they are large, so each part is written once and kept until it changes. */
import { DEVICE_CLASSES, DEVICE_STATES } from '@cityward/contracts';
import type { Bounds, Geometry } from './domain/model.ts';
import type { Inventory } from './inventory.ts';
import type { Runtime } from './runtime.ts';

/** About 0.1 m. */
const DEGREE_DIGITS = 1e6;
/** Room around devices that lie outside the city's own bounds, in degrees. */
const MARGIN = 0.005;

export class CityMapText {
  readonly #inventory: Inventory;
  readonly #runtime: Runtime;
  #layers = '{}';
  #bounds: Bounds = [0, 0, 0, 0];
  #widened: { revision: number; bounds: Bounds } | null = null;
  #points: { revision: number; slots: Int32Array; head: string; tail: string } | null = null;

  constructor(inventory: Inventory, runtime: Runtime) {
    this.#inventory = inventory;
    this.#runtime = runtime;
  }

  setCity(bounds: Bounds, geometry: Geometry): void {
    this.#bounds = bounds;
    this.#layers = JSON.stringify(geometry);
    this.#widened = null;
  }

  /** The city's own bounds, widened to hold every device. */
  bounds(): Bounds {
    const revision = this.#inventory.revision;
    if (this.#widened?.revision === revision) return this.#widened.bounds;
    let [west, south, east, north] = this.#bounds;
    const empty = west === east && south === north;
    if (empty) [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    const own = [west, south, east, north] as const;
    const { lon, lat, class: classes } = this.#inventory.columns;
    for (let slot = 0; slot < this.#inventory.size; slot++) {
      const [x, y] = [lon.get(slot), lat.get(slot)];
      if (classes.get(slot) === -1 || Number.isNaN(x)) continue;
      if (x < own[0]) west = Math.min(west, x - MARGIN);
      if (y < own[1]) south = Math.min(south, y - MARGIN);
      if (x > own[2]) east = Math.max(east, x + MARGIN);
      if (y > own[3]) north = Math.max(north, y + MARGIN);
    }
    const bounds: Bounds =
      west <= east
        ? [Math.max(west, -180), Math.max(south, -90), Math.min(east, 180), Math.min(north, 90)]
        : [0, 0, 0, 0];
    this.#widened = { revision, bounds };
    return bounds;
  }

  map(): string {
    return `{"bounds":${JSON.stringify(this.bounds())},"layers":${this.#layers}}`;
  }

  /** Equal bytes while neither inventory nor any state changes. */
  points(): string {
    this.#runtime.settle();
    const points = this.#staticPoints();
    const states = new Array<number>(points.slots.length);
    for (let i = 0; i < points.slots.length; i++) states[i] = this.#runtime.state.get(points.slots[i]!);
    return `${points.head}"state":[${states.join(',')}]${points.tail}`;
  }

  #staticPoints(): { slots: Int32Array; head: string; tail: string } {
    const inventory = this.#inventory;
    if (this.#points?.revision === inventory.revision) return this.#points;
    const wards = inventory.wards().map((ward) => ward.id);
    const { lon, lat, class: classes, ward } = inventory.columns;
    const slots: number[] = [];
    for (let slot = 0; slot < inventory.size; slot++)
      if (classes.get(slot) !== -1 && !Number.isNaN(lon.get(slot))) slots.push(slot);
    const ids = slots.map((slot) => `"${inventory.deviceAt(slot)!.id}"`).join(',');
    const column = (value: (slot: number) => number): string => `[${slots.map(value).join(',')}]`;
    const rounded = (degrees: number): number => Math.round(degrees * DEGREE_DIGITS) / DEGREE_DIGITS;
    const head = `{"classes":${JSON.stringify(DEVICE_CLASSES)},"states":${JSON.stringify(DEVICE_STATES)},"wards":${JSON.stringify(wards)},"id":[${ids}],"lon":${column((slot) => rounded(lon.get(slot)))},"lat":${column((slot) => rounded(lat.get(slot)))},"class":${column((slot) => classes.get(slot))},`;
    const tail = `,"ward":${column((slot) => ward.get(slot))}}`;
    this.#points = { revision: inventory.revision, slots: Int32Array.from(slots), head, tail };
    return this.#points;
  }
}
