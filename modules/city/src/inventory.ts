/** The whole inventory in memory: every node has a slot, columns hold what lists filter by, maps find devices. */
import { CRITICALITIES, DEVICE_CLASSES, type NodeKind } from '@cityward/contracts';
import { bytes, createColumn, floats, shorts } from './columns.ts';
import { Edges } from './edges.ts';
import { edgeKey, type Change } from './domain/change.ts';
import type { Dataset, Device, Network, Party, Service, Site } from './domain/model.ts';
import { nodeKindIndex } from './domain/graph.ts';

type Node = Party | Site | Network | Device | Service | Dataset;

export const sourceKey = (source: string, sourceId: string): string => `${source}\n${sourceId}`;

/** Slots are given out once and never again, so that a number that somebody kept never means another node. */
export class Inventory {
  readonly kinds = createColumn(bytes, 0);
  readonly edges = new Edges();
  readonly parties = new Map<string, Party>();
  readonly sites = new Map<string, Site>();
  readonly networks = new Map<string, Network>();
  readonly services = new Map<string, Service>();
  readonly datasets = new Map<string, Dataset>();
  readonly #slots = new Map<string, number>();
  readonly #nodes: (Node | null)[] = [];
  readonly #lookups = createLookups();
  readonly #columns = createDeviceColumns();
  #revision = 0;
  #devices = 0;

  /** Applies changes in order; edges whose ends are not there are left out and counted. */
  apply(changes: Iterable<Change>): { readonly dangling: number } {
    const removed = new Set<string>();
    let dangling = 0;
    for (const change of changes) {
      if (change.what !== 'edge') this.#place(change);
      else if (!change.after) removed.add(edgeKey(change.before!));
      else if (!this.edges.put(change.after, (id) => this.slotOf(id))) dangling++;
      else if (removed.size > 0) removed.delete(edgeKey(change.after));
    }
    if (removed.size > 0) this.edges.remove(removed, this.#nodes);
    this.#revision++;
    return { dangling };
  }

  #place(change: Exclude<Change, { what: 'edge' }>): void {
    const id = (change.after ?? change.before)!.id;
    const slot = this.#slotFor(id);
    const before = this.#nodes[slot] ?? null;
    this.#nodes[slot] = change.after;
    this.kinds.set(slot, nodeKindIndex(change.what));
    if (change.what === 'device') return this.#placeDevice(slot, before as Device | null, change.after);
    const things = this.#mapOf(change.what);
    if (change.after) things.set(id, change.after);
    else things.delete(id);
    if (change.what === 'site') this.#columns.forgetWards();
  }

  #placeDevice(slot: number, before: Device | null, after: Device | null): void {
    if (before) this.#lookups.forget(before, slot);
    if (after) this.#lookups.learn(after, slot);
    this.#columns.place(slot, after);
    this.#devices += (after ? 1 : 0) - (before ? 1 : 0);
  }

  #mapOf(what: 'party' | 'site' | 'network' | 'service' | 'dataset'): Map<string, Node> {
    const maps = {
      party: this.parties,
      site: this.sites,
      network: this.networks,
      service: this.services,
      dataset: this.datasets,
    };
    return maps[what] as Map<string, Node>;
  }

  #slotFor(id: string): number {
    const known = this.#slots.get(id);
    if (known !== undefined) return known;
    this.#slots.set(id, this.#nodes.length);
    this.#nodes.push(null);
    return this.#nodes.length - 1;
  }

  /** Grows with every change in memory; what was derived at a lower one is stale. */
  get revision(): number {
    return this.#revision;
  }
  get deviceCount(): number {
    return this.#devices;
  }
  /** Slots given out so far, those of removed nodes among them. */
  get size(): number {
    return this.#nodes.length;
  }
  /** -1 for an id that is not in the city. */
  slotOf(id: string): number {
    const slot = this.#slots.get(id);
    return slot !== undefined && this.#nodes[slot] ? slot : -1;
  }
  kindOf(slot: number): NodeKind {
    return NODE_KIND_BY_INDEX[this.kinds.get(slot)]!;
  }
  node(slot: number): Node | null {
    return this.#nodes[slot] ?? null;
  }
  deviceAt(slot: number): Device | null {
    return this.kinds.get(slot) === DEVICE_KIND ? ((this.#nodes[slot] ?? null) as Device | null) : null;
  }
  device(id: string): Device | null {
    const slot = this.#slots.get(id);
    return slot === undefined ? null : this.deviceAt(slot);
  }
  get columns() {
    return this.#columns.columns;
  }
  /** Wards in order of name; a device's ward column points into it, and is right only after this call. */
  wards(): readonly Site[] {
    return this.#columns.wards(this.sites);
  }
  bySerial(serial: string): number {
    return this.#lookups.bySerial(serial);
  }
  byMac(mac: string): number {
    return this.#lookups.byMac(mac);
  }
  byIp(ip: string): number {
    return this.#lookups.byIp(ip);
  }
  bySource(source: string, id: string): number {
    return this.#lookups.bySource(source, id);
  }
}

const NODE_KIND_BY_INDEX: readonly NodeKind[] = ['party', 'site', 'network', 'device', 'service', 'dataset'];
const DEVICE_KIND = nodeKindIndex('device');

/** From what a device is known by to its slot; -1 for nothing. */
function createLookups() {
  const serials = new Map<string, number>();
  const macs = new Map<string, number>();
  const ips = new Map<string, number>();
  const sources = new Map<string, number>();
  const keysOf = (device: Device): (readonly [Map<string, number>, string | null])[] => [
    [serials, device.serial?.toLowerCase() ?? null],
    [macs, device.mac],
    [ips, device.ip],
    [sources, device.sourceId === null ? null : sourceKey(device.source, device.sourceId)],
  ];
  return {
    learn: (device: Device, slot: number): void => {
      for (const [map, key] of keysOf(device)) if (key !== null) map.set(key, slot);
    },
    forget: (device: Device, slot: number): void => {
      for (const [map, key] of keysOf(device)) if (key !== null && map.get(key) === slot) map.delete(key);
    },
    bySerial: (serial: string): number => serials.get(serial.toLowerCase()) ?? -1,
    byMac: (mac: string): number => macs.get(mac) ?? -1,
    byIp: (ip: string): number => ips.get(ip) ?? -1,
    bySource: (source: string, id: string): number => sources.get(sourceKey(source, id)) ?? -1,
  };
}

/** What lists filter by, one value a slot; slots that hold no device have class -1. */
function createDeviceColumns() {
  const columns = {
    class: createColumn(shorts, -1),
    criticality: createColumn(bytes, 0),
    ward: createColumn(shorts, -1),
    lon: createColumn(floats, NaN),
    lat: createColumn(floats, NaN),
  };
  const wardIds: (string | null)[] = [];
  let wards: readonly Site[] | null = null;
  return {
    columns,
    place: (slot: number, device: Device | null): void => {
      columns.class.set(slot, device ? DEVICE_CLASSES.indexOf(device.class) : -1);
      columns.criticality.set(slot, device ? CRITICALITIES.indexOf(device.criticality) : 0);
      columns.lon.set(slot, device?.lon ?? NaN);
      columns.lat.set(slot, device?.lat ?? NaN);
      wardIds[slot] = device?.ward ?? null;
      wards = null;
    },
    forgetWards: (): void => {
      wards = null;
    },
    wards: (sites: ReadonlyMap<string, Site>): readonly Site[] => {
      if (wards) return wards;
      wards = [...sites.values()]
        .filter((site) => site.kind === 'ward')
        .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      const index = new Map(wards.map((ward, at) => [ward.id, at]));
      for (let slot = 0; slot < wardIds.length; slot++) columns.ward.set(slot, index.get(wardIds[slot] ?? '') ?? -1);
      return wards;
    },
  };
}
