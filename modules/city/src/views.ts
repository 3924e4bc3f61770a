/** How the city shows itself over HTTP: rows, one device, the first look. */
import {
  DEVICE_STATES,
  EDGE_KINDS,
  NODE_KINDS,
  type CityNow,
  type DeviceDetail,
  type DeviceRow,
  type DeviceState,
  type Neighbour,
  type ServiceCard,
} from '@cityward/contracts';
import { HOUR_MS } from '@cityward/kernel';
import { CLASS_PROFILES, type Device } from './domain/model.ts';
import type { CityGraph } from './domain/graph.ts';
import type { Inventory } from './inventory.ts';
import { HOURS, type Runtime } from './runtime.ts';
import { RESPONSIBLE, type Membership } from './snapshot.ts';

/** A ward's site has thousands of devices; a page shows so many neighbours in each direction. */
const NEIGHBOURS_MAX = 200;

export interface CityMemory {
  readonly inventory: Inventory;
  readonly runtime: Runtime;
  readonly graph: () => CityGraph;
  readonly members: () => Membership;
}
type NamedThing = { readonly id: string; readonly name: string };

const named = (id: string | null, things: ReadonlyMap<string, NamedThing>): NamedThing | null => {
  const thing = id === null ? undefined : things.get(id);
  return thing ? { id: thing.id, name: thing.name } : null;
};

export function rowOf({ inventory, runtime }: CityMemory, slot: number): DeviceRow {
  const device = inventory.deviceAt(slot)!;
  const standing = runtime.standing(slot);
  return {
    id: device.id,
    name: device.name,
    class: device.class,
    state: standing.state,
    stateReason: standing.reason,
    stateSince: standing.since,
    trust: runtime.trustOf(slot),
    criticality: device.criticality,
    ward: named(device.ward, inventory.sites),
    site: named(device.site, inventory.sites),
    maker: named(device.maker, inventory.parties),
    model: device.model,
    firmware: runtime.firmwareOf(slot) ?? device.firmware,
    hardwareRevision: device.hardwareRevision,
    serial: device.serial,
    mac: device.mac,
    ip: device.ip,
    lon: device.lon,
    lat: device.lat,
    lastSeen: standing.lastSeen,
    simulated: device.simulated,
  };
}

export type Detail = Omit<DeviceDetail, 'timeline'>;

export function detailOf(memory: CityMemory, slot: number): Detail {
  const { inventory, runtime } = memory;
  const device = inventory.deviceAt(slot)!;
  const { presence, ...others } = runtime.facetsOf(slot);
  return {
    device: rowOf(memory, slot),
    installed: device.installed,
    installer: named(device.installer, inventory.parties),
    maintainer: named(device.maintainer, inventory.parties),
    owner: named(device.owner, inventory.parties),
    failSafe: device.failSafe,
    backup: device.backup,
    neverCut: device.neverCut,
    source: device.sourceId === null ? device.source : `${device.source} ${device.sourceId}`,
    neighbours: neighboursOf(memory, device),
    facets: { ...others, ...(presence ? { presence } : {}) } as DeviceDetail['facets'],
    datasets: datasetsOf(memory, [device.id]).map(({ id, name, cohort, people, purpose }) => ({
      id,
      name,
      cohort,
      people,
      purpose,
    })),
  };
}

function neighboursOf({ inventory, graph }: CityMemory, device: Device): Neighbour[] {
  const city = graph();
  const at = city.indexOf(device.id);
  if (at === -1) return [];
  const list: Neighbour[] = [];
  for (const direction of ['depends-on', 'needed-by'] as const) {
    const { offsets, targets, kinds } = direction === 'depends-on' ? city.forward : city.backward;
    const end = Math.min(offsets[at + 1]!, offsets[at]! + NEIGHBOURS_MAX);
    for (let arc = offsets[at]!; arc < end; arc++) {
      const id = city.ids[targets[arc]!]!;
      const node = inventory.node(inventory.slotOf(id));
      if (!node) continue;
      const edge = EDGE_KINDS[kinds[arc]!]!;
      const ends = direction === 'depends-on' ? { from: device.id, to: id } : { from: id, to: device.id };
      const note = edge === 'responsibility' ? partsOf(device, id) : inventory.edges.noteOf({ ...ends, kind: edge });
      list.push({ direction, edge, node: NODE_KINDS[city.nodeKinds[targets[arc]!]!]!, id, name: node.name, note });
    }
  }
  return list;
}
const partsOf = (device: Device, party: string): string =>
  RESPONSIBLE.filter((part) => device[part] === party).join(', ');

export interface DatasetBehind {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  readonly cohort: string;
  readonly people: number;
  /** Those of the devices asked about that feed it. */
  readonly devices: readonly string[];
}

/** Datasets that any of the devices feeds, each once, by id. */
export function datasetsOf({ inventory }: Pick<CityMemory, 'inventory'>, devices: readonly string[]): DatasetBehind[] {
  const feeding = new Map<string, string[]>();
  const { edges } = inventory;
  const flow = EDGE_KINDS.indexOf('data-flow');
  for (const device of devices) {
    for (const place of edges.leaving(inventory.slotOf(device))) {
      const node = inventory.node(edges.to.get(place));
      if (edges.kind.get(place) !== flow || !node || !inventory.datasets.has(node.id)) continue;
      const list = feeding.get(node.id) ?? [];
      list.push(device);
      feeding.set(node.id, list);
    }
  }
  return [...feeding]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, own]) => {
      const { name, purpose, cohort, subjects } = inventory.datasets.get(id)!;
      return { id, name, purpose, cohort, people: subjects.length, devices: own };
    });
}

type Counts = Partial<Record<DeviceState, number>>;

function countStates(runtime: Runtime, slots: Iterable<number>): Counts {
  const counts = new Int32Array(DEVICE_STATES.length);
  for (const slot of slots) counts[runtime.state.get(slot)]!++;
  return countsOf(counts);
}
const countsOf = (counts: Int32Array): Counts =>
  Object.fromEntries(DEVICE_STATES.flatMap((state, at) => (counts[at]! > 0 ? [[state, counts[at]!]] : [])));

export type NowCounts = Pick<CityNow, 'devices' | 'states' | 'services' | 'wards'>;

export function nowOf(memory: CityMemory): NowCounts {
  const { inventory, runtime } = memory;
  runtime.settle();
  const wards = inventory.wards();
  const byWard = wards.map(() => new Int32Array(DEVICE_STATES.length));
  const all = new Int32Array(DEVICE_STATES.length);
  for (let slot = 0; slot < inventory.size; slot++) {
    if (!inventory.deviceAt(slot)) continue;
    const state = runtime.state.get(slot);
    all[state]!++;
    const ward = inventory.columns.ward.get(slot);
    if (ward !== -1) byWard[ward]![state]!++;
  }
  return {
    devices: inventory.deviceCount,
    states: countsOf(all),
    services: serviceCards(memory),
    wards: wards.map((ward, at) => ({
      id: ward.id,
      name: ward.name,
      devices: byWard[at]!.reduce((sum, count) => sum + count, 0),
      states: countsOf(byWard[at]!),
    })),
  };
}

function serviceCards(memory: CityMemory): ServiceCard[] {
  const { inventory, runtime } = memory;
  return [...inventory.services.values()].map((service) => {
    const slots = memory.members().devicesOf.get(service.id) ?? [];
    return {
      id: service.id,
      name: service.name,
      kind: service.kind,
      criticality: service.criticality,
      devices: slots.length,
      states: countStates(runtime, slots),
      reporting: reportingOf(memory, slots),
    };
  });
}

/** Shares for the last 24 hours, oldest first. A sleeper counts in each hour in which it was not yet overdue. */
function reportingOf({ inventory, runtime }: CityMemory, slots: readonly number[]): (number | null)[] {
  const windows = slots.map((slot) => {
    const { sleepMs, silenceMs } = CLASS_PROFILES[inventory.deviceAt(slot)!.class];
    return sleepMs === 0 ? 1 : Math.ceil(silenceMs / HOUR_MS);
  });
  const shares: (number | null)[] = [];
  for (let ago = HOURS - 1; ago >= 0; ago--) {
    if (slots.length === 0 || !runtime.hourKnown(ago)) {
      shares.push(null);
      continue;
    }
    let reporting = 0;
    for (let i = 0; i < slots.length; i++) if (runtime.reported(slots[i]!, ago, windows[i]!)) reporting++;
    shares.push(Math.round((reporting / slots.length) * 1_000) / 1_000);
  }
  return shares;
}
