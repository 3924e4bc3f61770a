/** What watch knows of each device, as columns of typed arrays: some 2.7 KB a device, no object per device. */
import { MEASURE_COUNT, NO_VALUE, PEER_BITS } from './measures.ts';
import { PEERS_PER_DEVICE, RECENT_KEPT, RING_HOURS } from './parameters.ts';

/** Bits of `flags`. */
export const LISTED = 1;
/** More own peers than fit: a new one says nothing about this device any more. */
export const WIDE = 2;
export const ALWAYS_ON = 4;
/** The scan detector counts its first contacts. */
export const TRACKED = 8;

/** Bits of `now`: what came in during the running hour. */
export const NOW_SEEN = 1;
export const NOW_REAL = 2;
export const NOW_UNAUTHENTICATED = 4;
/** The hour began before watch could see all of it. */
export const NOW_PARTIAL = 8;
/** The band of the hour has been worked out (live hours only). */
export const NOW_BANDED = 16;

/** Bits of `marks`, for each hour of the ring; the low five say which measures alarmed and are not learned from. */
export const MARK_SEEN = 32;
export const MARK_SIMULATED = 64;

export const CLOSED_VALUES = 4;
const WORDS_OF_BITS = PEER_BITS / 32;

const columnsOf = (capacity: number) => ({
  kind: new Int32Array(capacity),
  flags: new Uint8Array(capacity),
  /** Hours since 1970; -1 before the first. */
  hour: new Int32Array(capacity).fill(-1),
  firstHour: new Int32Array(capacity).fill(-1),
  learned: new Uint16Array(capacity),
  lastAt: new Float64Array(capacity),
  now: new Uint8Array(capacity),
  /** Measures (bits) above, and below, their band in the running hour. */
  above: new Uint8Array(capacity),
  sums: new Float64Array(capacity * CLOSED_VALUES),
  peerBits: new Uint32Array(capacity * WORDS_OF_BITS),
  high: new Float32Array(capacity * MEASURE_COUNT).fill(Infinity),
  low: new Float32Array(capacity * MEASURE_COUNT).fill(-1),
  /** Deviations over the last fortnight, in octaves, worked out at `bandHour`. */
  deviation: new Float32Array(capacity * MEASURE_COUNT),
  recordUp: new Float32Array(capacity * MEASURE_COUNT),
  recordDown: new Float32Array(capacity * MEASURE_COUNT),
  bandHour: new Int32Array(capacity).fill(-1),
  ring: new Uint8Array(capacity * RING_HOURS * MEASURE_COUNT).fill(NO_VALUE),
  marks: new Uint8Array(capacity * RING_HOURS),
  recent: new Uint32Array(capacity * RECENT_KEPT),
  recentNext: new Uint8Array(capacity),
  peerCount: new Uint32Array(capacity * PEERS_PER_DEVICE),
  peerNode: new Uint32Array(capacity * PEERS_PER_DEVICE),
  peerPort: new Uint32Array(capacity * PEERS_PER_DEVICE),
  peerFirst: new Int32Array(capacity * PEERS_PER_DEVICE),
  peerLast: new Int32Array(capacity * PEERS_PER_DEVICE),
  findingsDay: new Int32Array(capacity),
  findingsToday: new Uint8Array(capacity),
});
export type Columns = ReturnType<typeof columnsOf>;
export type ColumnName = keyof Columns;
export const COLUMN_NAMES: readonly ColumnName[] = Object.keys(columnsOf(0)) as ColumnName[];

const CAPACITY_FIRST = 256;

export interface DeviceTable {
  columns: Columns;
  capacity: number;
  readonly ids: string[];
  readonly indexOf: Map<string, number>;
}

export const createTable = (capacity = CAPACITY_FIRST): DeviceTable => ({
  columns: columnsOf(capacity),
  capacity,
  ids: [],
  indexOf: new Map(),
});

/** A row for a device that has none yet; its index stays for ever, or until `renameRow`. */
export function addRow(table: DeviceTable, id: string): number {
  const index = table.ids.length;
  if (index === table.capacity) grow(table);
  table.ids.push(id);
  table.indexOf.set(id, index);
  return index;
}

/** Gives the row of an endpoint that made room to another one, empty. */
export function renameRow(table: DeviceTable, index: number, id: string): void {
  const empty = columnsOf(1);
  for (const name of COLUMN_NAMES) table.columns[name].set(empty[name], index * empty[name].length);
  table.indexOf.delete(table.ids[index]!);
  table.ids[index] = id;
  table.indexOf.set(id, index);
}

function grow(table: DeviceTable): void {
  const capacity = Math.max(CAPACITY_FIRST, table.capacity * 2);
  const next = columnsOf(capacity);
  for (const name of COLUMN_NAMES) next[name].set(table.columns[name]);
  table.columns = next;
  table.capacity = capacity;
}

/** Bytes of state per row, so that a benchmark states what is so. */
export function bytesPerDevice(): number {
  const one = columnsOf(1);
  return COLUMN_NAMES.reduce((sum, name) => sum + one[name].byteLength, 0);
}
