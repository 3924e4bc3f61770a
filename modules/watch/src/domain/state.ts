/** All that watch knows: device columns, kinds, names, scan tracks, findings. One value, folded over and saved whole. */
import type { DeviceClass } from '@cityward/contracts';
import { idOfAddress, isAddress, scopeOf } from './address.ts';
import { createRegistry, type Registry } from './findings.ts';
import { RING_HOURS, UNLISTED_MAX } from './parameters.ts';
import { createKinds, createNodes, kindNamed, type Kind, type Kinds, type Nodes } from './peers.ts';
import { createTracks, type ScanTracks } from './scan.ts';
import { addRow, ALWAYS_ON, createTable, LISTED, renameRow, type DeviceTable } from './table.ts';

/** What the city knows of a node. */
export interface NodeKind {
  /** Class and model: devices of equal kind are expected to speak to the same sort of peers. */
  readonly kind: string;
  readonly class: DeviceClass;
  readonly name: string;
  readonly ward: string | null;
  /** The device's id, where the node was asked for by an `ip:` address. */
  readonly id?: string;
}
export type KindOf = (node: string) => NodeKind | null;

/** A device that fell silent in an hour; judged once the hour is over for all. */
export interface Silence {
  readonly device: string;
  readonly hour: number;
  readonly measure: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly usual: number;
  readonly simulated: boolean;
}

export interface Counters {
  observed: number;
  duplicates: number;
  late: number;
  skewed: number;
  /** Findings on silence not raised, because too many fell silent together. */
  silencedTogether: number;
}

export interface WatchState {
  readonly table: DeviceTable;
  readonly kinds: Kinds;
  readonly nodes: Nodes;
  readonly scans: ScanTracks;
  readonly registry: Registry;
  /** Rows of endpoints without an inventory record. */
  readonly unlisted: Set<number>;
  /** `ip:` nodes of unlisted rows. */
  readonly aliases: Map<string, number>;
  /** By slot of the ring: the hour in which anything at all was heard. */
  readonly heard: Int32Array;
  silent: Silence[];
  position: number;
  lastReceived: number;
  /** All rows have been brought to this hour. */
  closedTo: number;
  /** True once a whole history has been learned and saved. */
  taught: boolean;
  /** False after history, until every device's deviations have been worked out. */
  settled: boolean;
  readonly counters: Counters;
  /** Learning begun (true) or ended (false) since last asked. */
  learningChanges: { device: string; learning: boolean }[];
  readonly kindOf: KindOf;
  /** A stable id for a finding from what it is about. */
  readonly idOf: (text: string) => string;
}

export const createState = (needs: Pick<WatchState, 'kindOf' | 'idOf'>): WatchState => ({
  table: createTable(),
  kinds: createKinds(),
  nodes: createNodes(),
  scans: createTracks(),
  registry: createRegistry(),
  unlisted: new Set(),
  aliases: new Map(),
  heard: new Int32Array(RING_HOURS).fill(-1),
  silent: [],
  position: 0,
  lastReceived: 0,
  closedTo: -1,
  taught: false,
  settled: true,
  counters: { observed: 0, duplicates: 0, late: 0, skewed: 0, silencedTogether: 0 },
  learningChanges: [],
  ...needs,
});

export type Scope = 'city' | 'inside' | 'outside' | 'group';
/** One end of a conversation: its row (-1 for who is not watched) and where it lies. */
export interface End {
  row: number;
  scope: Scope;
  /** A device's id; an address as it was named. */
  name: string;
}

const UNLISTED_KIND = 'unlisted';

/** Finds the row of a node, making one for a device of the city or an inside endpoint that has none yet. */
export function resolve(state: WatchState, node: string, end: End): void {
  end.name = node;
  const { table } = state;
  const row = table.indexOf.get(node);
  if (row !== undefined) {
    end.row = row;
    end.scope = table.columns.flags[row]! & LISTED ? 'city' : 'inside';
    return;
  }
  const known = state.kindOf(node);
  if (known) {
    const id = known.id ?? node;
    end.row = table.indexOf.get(id) ?? newRow(state, id, known);
    end.scope = 'city';
    end.name = id;
    return;
  }
  end.scope = isAddress(node) ? scopeOf(node) : 'inside';
  end.row = end.scope === 'inside' ? unlistedRow(state, node) : -1;
}

function newRow(state: WatchState, id: string, known: NodeKind | null): number {
  const row = addRow(state.table, id);
  fillRow(state, row, known);
  return row;
}

function fillRow(state: WatchState, row: number, known: NodeKind | null): void {
  const kind = kindNamed(state.kinds, known?.kind ?? UNLISTED_KIND);
  kind.devices++;
  const { columns } = state.table;
  columns.kind[row] = kind.index;
  columns.flags[row] = (known ? LISTED : 0) | (known && isAlwaysOn(known.class) ? ALWAYS_ON : 0);
}

/** Inside endpoints beyond the inventory are bounded: whoever was unseen longest makes room. */
function unlistedRow(state: WatchState, node: string): number {
  const alias = state.aliases.get(node);
  if (alias !== undefined) return alias;
  const id = idOfAddress(node);
  let row: number;
  if (state.unlisted.size < UNLISTED_MAX) row = newRow(state, id, null);
  else {
    row = longestUnseen(state);
    for (const [alias, at] of state.aliases) if (at === row) state.aliases.delete(alias);
    renameRow(state.table, row, id);
    fillRow(state, row, null);
    kindNamed(state.kinds, UNLISTED_KIND).devices--;
  }
  state.unlisted.add(row);
  if (isAddress(node)) state.aliases.set(node, row);
  return row;
}

function longestUnseen(state: WatchState): number {
  let oldest = -1;
  for (const row of state.unlisted)
    if (oldest < 0 || state.table.columns.lastAt[row]! < state.table.columns.lastAt[oldest]!) oldest = row;
  return oldest;
}

/** Those that run on a battery sleep most of the day, and silence says nothing of them. */
const SLEEPERS: ReadonlySet<DeviceClass> = new Set(['waste-bin', 'parking-sensor', 'air-sensor', 'other']);
const isAlwaysOn = (deviceClass: DeviceClass): boolean => !SLEEPERS.has(deviceClass);

export const kindOfRow = (state: WatchState, row: number): Kind => state.kinds.list[state.table.columns.kind[row]!]!;

/** Looks again at what the city says of a device: it may have got another model, or come into the inventory. */
export function refreshKind(state: WatchState, row: number): void {
  const { columns, ids } = state.table;
  const known = state.kindOf(ids[row]!);
  if (!known) return;
  const kind = kindNamed(state.kinds, known.kind);
  if (kind.index !== columns.kind[row]) {
    kindOfRow(state, row).devices--;
    kind.devices++;
    columns.kind[row] = kind.index;
  }
  const kept = columns.flags[row]! & ~ALWAYS_ON;
  columns.flags[row] = kept | LISTED | (isAlwaysOn(known.class) ? ALWAYS_ON : 0);
  state.unlisted.delete(row);
}

/** How the device is spoken of in a finding. */
export function aboutRow(state: WatchState, row: number): { name: string; kind: string; ward: string | null } {
  const id = state.table.ids[row]!;
  const known = state.kindOf(id);
  return { name: known?.name ?? id, kind: known?.kind ?? UNLISTED_KIND, ward: known?.ward ?? null };
}
