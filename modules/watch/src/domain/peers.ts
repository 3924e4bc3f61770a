/** Who usually speaks to whom: exact peers per device, and per kind the roles (inside) and addresses (outside) it uses. */
import {
  BAND_REFRESH_HOURS,
  COMMON_SERVICE_KINDS_MIN,
  COMMON_SERVICE_SHARE,
  OPEN_KIND_DAYS,
  OPEN_KIND_SETTLE_HOURS,
  OPEN_KIND_WINDOW_DAYS,
  PEERS_PER_DEVICE,
  PEERS_PER_KIND_MAX,
} from './parameters.ts';
import { WIDE, type DeviceTable } from './table.ts';

/** RFC 6335: ports from here on are given out anew for each conversation, so inside the city they count as one. */
export const DYNAMIC_PORT = 49_152;
export const PROTOCOLS = ['tcp', 'udp', 'icmp', 'other'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** `portKey`: port, protocol, who began it, and whether only this device uses the peer (not its kind). */
const PROTOCOL_SHIFT = 16;
const INBOUND = 1 << 18;
const OWN = 1 << 19;
export const portKeyOf = (port: number, protocol: Protocol, inbound: boolean): number =>
  port | (PROTOCOLS.indexOf(protocol) << PROTOCOL_SHIFT) | (inbound ? INBOUND : 0);
export const portOfKey = (key: number): number => key & 0xffff;

/** Names of nodes that are somebody's peer, each once; numbered from 1, so that 0 in a column is "none". */
export interface Nodes {
  names: string[];
  index: Map<string, number>;
}
export const createNodes = (): Nodes => ({ names: [''], index: new Map() });
export function nodeNumber(nodes: Nodes, name: string): number {
  const known = nodes.index.get(name);
  if (known !== undefined) return known;
  nodes.names.push(name);
  nodes.index.set(name, nodes.names.length - 1);
  return nodes.names.length - 1;
}

/** All devices of one class and model. */
export interface Kind {
  readonly name: string;
  readonly index: number;
  devices: number;
  /** First hour that any of them was seen; -1 before. */
  firstHour: number;
  /** One of them is past its learning time: what none of them ever did is then news. */
  settled: boolean;
  /** Kind peer key to the last hour it was used. */
  peers: Map<number, number>;
  /** Days on which an outside peer was learned that none had used before. */
  newDays: number[];
  /** How far any of them strayed above its own median, by measure, in octaves: this spell of some hours, and the one before. */
  strays: { spell: number; now: number[]; before: number[] };
}

export interface Kinds {
  readonly list: Kind[];
  readonly byName: Map<string, Kind>;
}
export const createKinds = (): Kinds => ({ list: [], byName: new Map() });
export function kindNamed(kinds: Kinds, name: string): Kind {
  const known = kinds.byName.get(name);
  if (known) return known;
  const kind: Kind = {
    name,
    index: kinds.list.length,
    devices: 0,
    firstHour: -1,
    settled: false,
    peers: new Map(),
    newDays: [],
    strays: { spell: -1, now: [], before: [] },
  };
  kinds.list.push(kind);
  kinds.byName.set(name, kind);
  return kind;
}

const KEY_SPAN = 2 ** 19;
/** A peer as a kind knows it: any device of `peerKind`, by port. */
export const roleKey = (peerKind: number, portKey: number): number =>
  (2 * peerKind + 1) * KEY_SPAN + (portKey & (OWN - 1));
/** A peer as a kind knows it: one address, by port. */
export const addressKey = (node: number, portKey: number): number => 2 * node * KEY_SPAN + (portKey & (OWN - 1));
/** The node of an address key; null for a role. */
export const nodeOfKey = (key: number): number | null => {
  const part = Math.floor(key / KEY_SPAN);
  return part % 2 === 1 ? null : part / 2;
};

/** A device of the kind tells how far it strayed; each does so once a spell for as long as its fortnight remembers. */
export function noteStrays(kind: Kind, hour: number, ups: Float32Array): void {
  const spell = Math.floor(hour / BAND_REFRESH_HOURS);
  const { strays } = kind;
  if (spell > strays.spell) {
    strays.before = strays.now;
    strays.now = [];
    strays.spell = spell;
  }
  for (let measure = 0; measure < ups.length; measure++)
    strays.now[measure] = Math.max(strays.now[measure] ?? 0, ups[measure]!);
}
export const strayOf = (kind: Kind, measure: number): number =>
  Math.max(kind.strays.now[measure] ?? 0, kind.strays.before[measure] ?? 0);

/** True for a kind of which new outside peers are no news: it has too many, or keeps finding them. */
export function isOpenEnded(kind: Kind, hour: number): boolean {
  if (kind.peers.size >= PEERS_PER_KIND_MAX) return true;
  const oldest = Math.floor(hour / 24) - OPEN_KIND_WINDOW_DAYS;
  let days = 0;
  for (const day of kind.newDays) if (day > oldest) days++;
  return days >= OPEN_KIND_DAYS;
}

/** True for an inside service that most kinds of the city use, such as names and time. */
export function isForEverybody(kinds: Kinds, key: number): boolean {
  let settled = 0;
  let using = 0;
  for (const kind of kinds.list) {
    if (!kind.settled) continue;
    settled++;
    if (kind.peers.has(key)) using++;
  }
  return using >= COMMON_SERVICE_KINDS_MIN && using >= settled * COMMON_SERVICE_SHARE;
}

/** The kind uses this peer from now on. */
export function learnForKind(kind: Kind, key: number, at: { hour: number; outside: boolean }): void {
  if (!kind.peers.has(key)) {
    if (kind.peers.size >= PEERS_PER_KIND_MAX) return;
    const day = Math.floor(at.hour / 24);
    const settling = kind.firstHour < 0 || at.hour - kind.firstHour < OPEN_KIND_SETTLE_HOURS;
    if (at.outside && !settling && !kind.newDays.includes(day)) {
      kind.newDays.push(day);
      if (kind.newDays.length > OPEN_KIND_WINDOW_DAYS) kind.newDays.shift();
    }
  }
  kind.peers.set(key, at.hour);
}

/** Place of the peer in the device's rows, or -1. */
export function findPeer(table: DeviceTable, device: number, peer: { node: number; portKey: number }): number {
  const { peerNode, peerPort } = table.columns;
  const from = device * PEERS_PER_DEVICE;
  for (let at = from; at < from + PEERS_PER_DEVICE; at++) {
    const node = peerNode[at]!;
    if (node === peer.node && (peerPort[at]! & (OWN - 1)) === peer.portKey) return at;
    if (node === 0) return -1;
  }
  return -1;
}

export function usePeer(table: DeviceTable, at: number, use: { hour: number; count: number }): void {
  table.columns.peerCount[at]! += use.count;
  if (use.hour > table.columns.peerLast[at]!) table.columns.peerLast[at] = use.hour;
}

/**
 * Adds a peer to a device. When its rows are full, the one longest unused that is usual for its kind makes room (it stays
 * usual); when all are the device's own, nothing is forgotten: the device is marked as having too many peers to tell.
 */
export function learnForDevice(
  table: DeviceTable,
  device: number,
  peer: { node: number; portKey: number; own: boolean; hour: number; count: number },
): void {
  const { columns } = table;
  const at = roomFor(table, device);
  if (at < 0) {
    columns.flags[device]! |= WIDE;
    return;
  }
  columns.peerNode[at] = peer.node;
  columns.peerPort[at] = peer.portKey | (peer.own ? OWN : 0);
  columns.peerFirst[at] = peer.hour;
  columns.peerLast[at] = peer.hour;
  columns.peerCount[at] = peer.count;
}

function roomFor(table: DeviceTable, device: number): number {
  const { peerNode, peerPort, peerLast } = table.columns;
  const from = device * PEERS_PER_DEVICE;
  let oldest = -1;
  for (let at = from; at < from + PEERS_PER_DEVICE; at++) {
    if (peerNode[at] === 0) return at;
    if ((peerPort[at]! & OWN) === 0 && (oldest < 0 || peerLast[at]! < peerLast[oldest]!)) oldest = at;
  }
  return oldest;
}

export interface KnownPeer {
  readonly node: number;
  readonly port: number;
  readonly own: boolean;
  readonly firstHour: number;
  readonly lastHour: number;
  readonly count: number;
}

/** The peers of a device, most used first. */
export function peersOf(table: DeviceTable, device: number): KnownPeer[] {
  const { peerNode, peerPort, peerFirst, peerLast, peerCount } = table.columns;
  const peers: KnownPeer[] = [];
  for (let at = device * PEERS_PER_DEVICE; at < (device + 1) * PEERS_PER_DEVICE && peerNode[at] !== 0; at++)
    peers.push({
      node: peerNode[at]!,
      port: portOfKey(peerPort[at]!),
      own: (peerPort[at]! & OWN) !== 0,
      firstHour: peerFirst[at]!,
      lastHour: peerLast[at]!,
      count: peerCount[at]!,
    });
  return peers.sort((a, b) => b.count - a.count);
}

/** Forgets node names that nobody refers to any more, once they are many: keeps a scan of random addresses from piling up. */
export function compactNodes(nodes: Nodes, table: DeviceTable, kinds: Kinds): void {
  const used = new Set<number>();
  const { peerNode } = table.columns;
  for (let at = 0; at < table.ids.length * PEERS_PER_DEVICE; at++) if (peerNode[at] !== 0) used.add(peerNode[at]!);
  for (const kind of kinds.list)
    for (const key of kind.peers.keys()) {
      const node = nodeOfKey(key);
      if (node !== null) used.add(node);
    }
  if (nodes.names.length < 2 * used.size + 1_024) return;
  const renumbered = new Map<number, number>();
  const names = [''];
  for (const node of [...used].sort((a, b) => a - b)) {
    renumbered.set(node, names.length);
    names.push(nodes.names[node]!);
  }
  for (let at = 0; at < table.ids.length * PEERS_PER_DEVICE; at++)
    if (peerNode[at] !== 0) peerNode[at] = renumbered.get(peerNode[at]!)!;
  for (const kind of kinds.list)
    kind.peers = new Map(
      [...kind.peers].map(([key, hour]) => {
        const node = nodeOfKey(key);
        return [node === null ? key : addressKey(renumbered.get(node)!, key % KEY_SPAN), hour];
      }),
    );
  nodes.names = names;
  nodes.index = new Map(names.slice(1).map((name, at) => [name, at + 1]));
}
