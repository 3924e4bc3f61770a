/** The city graph of an inventory: stored edges, and those that follow from sites, parties and classes. */
import { EDGE_KINDS, type EdgeKind, type ServiceKind } from '@cityward/contracts';
import { createColumn, bytes, integers } from './columns.ts';
import { buildGraph, type CityGraph } from './domain/graph.ts';
import { CLASS_PROFILES, type Device, type Service, type Site } from './domain/model.ts';
import type { Inventory } from './inventory.ts';

/** Which part a party plays for a device; the note on its `responsibility` edge. */
export const RESPONSIBLE = ['owner', 'maintainer', 'installer', 'maker'] as const;

/** Members by service id, and back; slots. */
export interface Membership {
  readonly devicesOf: ReadonlyMap<string, readonly number[]>;
}

/**
 * Devices that a service names by an edge, and for a service that is the first of its kind also those of its class that no
 * service of the kind names.
 */
export function membership(inventory: Inventory): Membership {
  const devicesOf = new Map<string, number[]>();
  const firstOfKind = new Map<ServiceKind, string>();
  const named = new Map<ServiceKind, Set<number>>();
  for (const service of [...inventory.services.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const members = namedDevices(inventory, service);
    devicesOf.set(service.id, members);
    if (!firstOfKind.has(service.kind)) firstOfKind.set(service.kind, service.id);
    const all = named.get(service.kind) ?? new Set();
    for (const slot of members) all.add(slot);
    named.set(service.kind, all);
  }
  for (let slot = 0; slot < inventory.size; slot++) {
    const device = inventory.deviceAt(slot);
    const kind = device && CLASS_PROFILES[device.class].service;
    const first = kind ? firstOfKind.get(kind) : undefined;
    if (kind && first !== undefined && !named.get(kind)!.has(slot)) devicesOf.get(first)!.push(slot);
  }
  return { devicesOf };
}

const SERVICE_EDGE = EDGE_KINDS.indexOf('service');

function namedDevices(inventory: Inventory, service: Service): number[] {
  const { edges } = inventory;
  const members: number[] = [];
  for (const place of edges.leaving(inventory.slotOf(service.id))) {
    const head = edges.to.get(place);
    if (edges.kind.get(place) === SERVICE_EDGE && inventory.deviceAt(head)) members.push(head);
  }
  return members;
}

/** Builds the snapshot of what the inventory holds now; the version is the inventory's revision. */
export function snapshotOf(inventory: Inventory, members: Membership): CityGraph {
  const number = new Int32Array(inventory.size).fill(-1);
  const ids: string[] = [];
  const kinds = new Uint8Array(inventory.size);
  const lon = new Float64Array(inventory.size).fill(NaN);
  const lat = new Float64Array(inventory.size).fill(NaN);
  for (let slot = 0; slot < inventory.size; slot++) {
    const node = inventory.node(slot);
    if (!node) continue;
    const at = ids.length;
    number[slot] = at;
    ids.push(node.id);
    kinds[at] = inventory.kinds.get(slot);
    if ('lon' in node && node.lon !== null && node.lat !== null) {
      lon[at] = node.lon;
      lat[at] = node.lat;
    }
  }
  const arcs = collectArcs(inventory, members, number);
  const size = ids.length;
  const nodes = { ids, kinds: kinds.subarray(0, size), lon: lon.subarray(0, size), lat: lat.subarray(0, size) };
  return buildGraph(inventory.revision, nodes, arcs);
}

function collectArcs(inventory: Inventory, members: Membership, number: Int32Array) {
  const from = createColumn(integers, 0);
  const to = createColumn(integers, 0);
  const kind = createColumn(bytes, 0);
  let count = 0;
  const add = (tail: number, head: number, kindIndex: number): void => {
    if (tail < 0 || head < 0) return;
    from.set(count, number[tail]!);
    to.set(count, number[head]!);
    kind.set(count++, kindIndex);
  };
  const { edges } = inventory;
  for (let place = 0; place < edges.count; place++)
    add(edges.from.get(place), edges.to.get(place), edges.kind.get(place));
  addFollowing(inventory, (tail, head, kindName) =>
    add(tail, head === null ? -1 : inventory.slotOf(head), EDGE_KINDS.indexOf(kindName)),
  );
  for (const [service, devices] of members.devicesOf) {
    const tail = inventory.slotOf(service);
    for (const head of devices) if (!edges.has(tail, head, 'service')) add(tail, head, SERVICE_EDGE);
  }
  return { count, from: from.array, to: to.array, kind: kind.array };
}

type AddArc = (tail: number, head: string | null, kind: EdgeKind) => void;

function addFollowing(inventory: Inventory, add: AddArc): void {
  for (const site of inventory.sites.values()) addSite(inventory.slotOf(site.id), site, add);
  for (let slot = 0; slot < inventory.size; slot++) {
    const device = inventory.deviceAt(slot);
    if (device) addDevice(slot, device, add);
  }
}
const addSite = (slot: number, site: Site, add: AddArc): void => add(slot, site.ward, 'location');
function addDevice(slot: number, device: Device, add: AddArc): void {
  add(slot, device.site ?? device.ward, 'location');
  const parties = new Set(RESPONSIBLE.map((part) => device[part]));
  for (const party of parties) add(slot, party, 'responsibility');
}
