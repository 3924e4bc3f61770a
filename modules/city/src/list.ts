/** Filters, sorts and counts devices over columns: 100,000 in a few milliseconds. */
import { CRITICALITIES, DEVICE_CLASSES, DEVICE_STATES, TRUST_LEVELS, type DevicePage } from '@cityward/contracts';
import { PAGE_ROWS_MAX } from '@cityward/kernel';
import type { Device } from './domain/model.ts';
import type { Inventory } from './inventory.ts';
import type { Runtime } from './runtime.ts';

const LIMIT_DEFAULT = 100;
/** Stands for devices in no ward, or of a maker that is not known, in filters and facet counts. */
export const NONE = 'none';

export interface DeviceQuery {
  readonly q?: string;
  readonly class?: string;
  readonly state?: string;
  readonly ward?: string;
  readonly maker?: string;
  readonly criticality?: string;
  readonly trust?: string;
  readonly bbox?: string;
  readonly sort?: string;
  readonly offset?: number;
  readonly limit?: number;
}
export interface DeviceSlots {
  readonly total: number;
  readonly offset: number;
  readonly slots: readonly number[];
  readonly facets: DevicePage['facets'];
}

/** A list that can be counted: the word of each slot as a number, and the words. */
interface Facet {
  readonly name: keyof DevicePage['facets'];
  readonly words: readonly string[];
  readonly wordAt: (slot: number) => number;
}

export class DeviceList {
  readonly #inventory: Inventory;
  readonly #runtime: Runtime;
  readonly #texts: (string | undefined)[] = [];
  readonly #orders = new Map<string, Int32Array>();
  #makers: readonly string[] = [];
  #makerOf = new Int32Array(0);
  #revision = -1;
  #firmwareChanges = 0;

  constructor(inventory: Inventory, runtime: Runtime) {
    this.#inventory = inventory;
    this.#runtime = runtime;
  }

  /** Several words of one facet are separated by commas; facets count what the other filters leave. */
  query(query: DeviceQuery): DeviceSlots {
    this.#refresh();
    this.#runtime.settle();
    const facets = this.#facets();
    const wanted = facets.map((facet) => wantedWords(query[facet.name], facet.words));
    const counts = facets.map((facet) => new Int32Array(facet.words.length));
    const passes = this.#otherFilters(query);
    const order = this.#order(query.sort ?? 'id');
    const matches = new Int32Array(order.length);
    let total = 0;
    for (const slot of order) {
      if (!passes(slot)) continue;
      let failed = -1;
      let failures = 0;
      for (let f = 0; f < facets.length; f++) {
        const want = wanted[f];
        if (want && want[facets[f]!.wordAt(slot)] !== 1) {
          failed = f;
          if (++failures > 1) break;
        }
      }
      if (failures > 1) continue;
      for (let f = 0; f < facets.length; f++)
        if (failures === 0 || f === failed) counts[f]![facets[f]!.wordAt(slot)]!++;
      if (failures === 0) matches[total++] = slot;
    }
    const offset = query.offset ?? 0;
    const limit = Math.min(query.limit ?? LIMIT_DEFAULT, PAGE_ROWS_MAX);
    const slots = [...matches.subarray(offset, Math.min(offset + limit, total))];
    return { total, offset, slots, facets: countsByName(facets, counts) };
  }

  #refresh(): void {
    if (this.#revision === this.#inventory.revision) return;
    this.#revision = this.#inventory.revision;
    this.#texts.length = 0;
    this.#orders.clear();
    this.#inventory.wards();
    this.#makers = [...this.#inventory.parties.values()].map((party) => party.id).concat(NONE);
    const index = new Map(this.#makers.map((id, at) => [id, at]));
    const none = this.#makers.length - 1;
    this.#makerOf = new Int32Array(this.#inventory.size);
    for (let slot = 0; slot < this.#makerOf.length; slot++)
      this.#makerOf[slot] = index.get(this.#inventory.deviceAt(slot)?.maker ?? '') ?? none;
  }

  #facets(): readonly Facet[] {
    const { columns } = this.#inventory;
    const wards = [...this.#inventory.wards().map((ward) => ward.id), NONE];
    const makerOf = this.#makerOf;
    const classes = columns.class.array;
    const { state: states, trust } = this.#runtime;
    const wardOf = columns.ward;
    const criticality = columns.criticality.array;
    return [
      { name: 'class', words: DEVICE_CLASSES, wordAt: (slot) => classes[slot]! },
      { name: 'state', words: DEVICE_STATES, wordAt: (slot) => states.get(slot) },
      { name: 'ward', words: wards, wordAt: (slot) => (wardOf.get(slot) === -1 ? wards.length - 1 : wardOf.get(slot)) },
      { name: 'maker', words: this.#makers, wordAt: (slot) => makerOf[slot]! },
      { name: 'criticality', words: CRITICALITIES, wordAt: (slot) => criticality[slot]! },
      { name: 'trust', words: TRUST_LEVELS, wordAt: (slot) => trust.get(slot) },
    ];
  }

  #otherFilters(query: DeviceQuery): (slot: number) => boolean {
    const { lon, lat } = this.#inventory.columns;
    const box = query.bbox?.split(',').map(Number);
    const [west, south, east, north] = box ?? [];
    const words = (query.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    return (slot) => {
      if (box) {
        const x = lon.get(slot);
        const y = lat.get(slot);
        if (!(x >= west! && x <= east! && y >= south! && y <= north!)) return false;
      }
      if (words.length === 0) return true;
      const text = this.#textOf(slot);
      return words.every((word) => text.includes(word));
    };
  }

  #textOf(slot: number): string {
    let text = this.#texts[slot];
    if (text === undefined) {
      const d = this.#inventory.deviceAt(slot)!;
      const parts = [d.id, d.name, d.serial, d.mac, d.ip, d.model, d.street, d.sourceId];
      text = parts.filter(Boolean).join(' ').toLowerCase();
      this.#texts[slot] = text;
    }
    return text;
  }

  /** Slots of all devices in the order asked for; orders that only the inventory can change are kept. */
  #order(sort: string): Int32Array {
    const descending = sort.startsWith('-');
    const key = descending ? sort.slice(1) : sort;
    const changing = key === 'state' || key === 'lastSeen';
    if (key === 'firmware' && this.#firmwareChanges !== this.#runtime.firmwareChanges) {
      this.#firmwareChanges = this.#runtime.firmwareChanges;
      this.#orders.delete(key);
    }
    let order = changing ? undefined : this.#orders.get(key);
    if (!order) {
      order = key === 'state' || key === 'lastSeen' ? this.#byNumber(key) : this.#byText(key);
      if (!changing) this.#orders.set(key, order);
    }
    return descending ? order.toReversed() : order;
  }

  #byText(key: string): Int32Array {
    const texts: [text: string, slot: number][] = [];
    for (let slot = 0; slot < this.#inventory.size; slot++) {
      const device = this.#inventory.deviceAt(slot);
      if (!device) continue;
      const said = key === 'firmware' ? this.#runtime.firmwareOf(slot) : null;
      texts.push([said ?? this.#sortText(device, key), slot]);
    }
    texts.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
    return Int32Array.from(texts, (pair) => pair[1]);
  }

  #sortText(device: Device, key: string): string {
    if (key === 'name') return device.name.toLowerCase();
    if (key === 'class') return device.class;
    if (key === 'ward') return this.#inventory.sites.get(device.ward ?? '')?.name ?? LAST;
    if (key === 'maker') return this.#inventory.parties.get(device.maker ?? '')?.name ?? LAST;
    if (key === 'firmware') return device.firmware ?? LAST;
    return device.id;
  }

  /** Worst state first; never heard before long ago. */
  #byNumber(key: 'state' | 'lastSeen'): Int32Array {
    const ids = this.#order('id');
    const rank = new Float64Array(this.#inventory.size);
    for (const slot of ids)
      rank[slot] = key === 'state' ? this.#runtime.state.get(slot) : this.#runtime.lastSeen.get(slot) || 0;
    return ids.toSorted((a, b) => rank[a]! - rank[b]!);
  }
}

/** Sorts behind all text, where there is nothing to sort by. */
const LAST = '\uffff';

/** One byte for each word, 1 where it is wanted; null for no filter. Words that nobody knows match nothing. */
function wantedWords(asked: string | undefined, words: readonly string[]): Uint8Array | null {
  if (asked === undefined || asked === '') return null;
  const wanted = new Uint8Array(words.length);
  for (const word of asked.split(',')) {
    const at = words.indexOf(word.trim());
    if (at !== -1) wanted[at] = 1;
  }
  return wanted;
}

function countsByName(facets: readonly Facet[], counts: readonly Int32Array[]): DevicePage['facets'] {
  const named: Record<string, Record<string, number>> = {};
  facets.forEach((facet, f) => {
    const own: Record<string, number> = {};
    facet.words.forEach((word, at) => {
      if (counts[f]![at]! > 0) own[word] = counts[f]![at]!;
    });
    named[facet.name] = own;
  });
  return named as unknown as DevicePage['facets'];
}
