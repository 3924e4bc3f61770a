/** The JSON part of a snapshot and its version. */
import type { LiveFinding } from './findings.ts';
import type { Kind } from './peers.ts';
import type { Counters, Silence } from './state.ts';
import { COLUMN_NAMES, type ColumnName } from './table.ts';

/** Grows with every change of the state's shape: an older snapshot is then folded anew from the stream. */
export const SNAPSHOT_VERSION = 1;

type Names = readonly string[];
export interface SnapshotHead {
  readonly version: number;
  readonly position: number;
  readonly lastReceived: number;
  readonly closedTo: number;
  readonly taught: boolean;
  readonly settled: boolean;
  readonly ids: Names;
  readonly kinds: readonly (Omit<Kind, 'peers'> & { readonly peers: readonly (readonly [number, number])[] })[];
  readonly nodes: string[];
  readonly unlisted: readonly number[];
  readonly aliases: readonly (readonly [string, number])[];
  readonly heard: readonly number[];
  readonly silent: Silence[];
  readonly counters: Counters;
  readonly known: readonly (readonly [string, number])[];
  readonly open: readonly LiveFinding[];
  readonly tracks: readonly (readonly [string, number, Names, Names, Names, Names])[];
  readonly columns: readonly (readonly [ColumnName, number])[];
}

/** The head, or why it cannot be used. The bytes have passed a checksum: only another version's shape is looked for. */
export function parseSnapshotHead(text: string): SnapshotHead | string {
  let head: SnapshotHead;
  try {
    head = JSON.parse(text) as SnapshotHead;
  } catch {
    return 'its head is not JSON';
  }
  if (head.version !== SNAPSHOT_VERSION) return `it has version ${head.version}, ${SNAPSHOT_VERSION} is wanted`;
  const columns = head.columns.map(([name]) => name).join();
  return columns === COLUMN_NAMES.join() ? head : 'it has other columns';
}
