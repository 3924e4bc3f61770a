/** The whole state as bytes and back: a JSON head and the raw columns. Whether the bytes are whole is the file's business. */
import { parseSnapshotHead, SNAPSHOT_VERSION, type SnapshotHead } from './snapshot-head.ts';
import { compactNodes } from './peers.ts';
import { createState, type WatchState } from './state.ts';
import { COLUMN_NAMES, createTable } from './table.ts';

/**
 * Pieces to be written one after the other: the head's length (4 bytes, big-endian), the head, the columns. The columns are
 * views of live memory: nothing may be folded until they are written.
 */
export function encodeState(state: WatchState): Uint8Array[] {
  compactNodes(state.nodes, state.table, state.kinds);
  const { table } = state;
  const head: SnapshotHead = {
    version: SNAPSHOT_VERSION,
    position: state.position,
    lastReceived: state.lastReceived,
    closedTo: state.closedTo,
    taught: state.taught,
    settled: state.settled,
    ids: table.ids,
    kinds: state.kinds.list.map((kind) => ({ ...kind, peers: [...kind.peers] })),
    nodes: state.nodes.names,
    unlisted: [...state.unlisted],
    aliases: [...state.aliases],
    heard: [...state.heard],
    silent: state.silent,
    counters: state.counters,
    known: [...state.registry.known],
    open: [...state.registry.open.values()],
    tracks: [...state.scans.tracks].map(([line, track]) => [
      line,
      track.window,
      [...track.current.failed],
      [...track.current.answered],
      [...track.before.failed],
      [...track.before.answered],
    ]),
    columns: COLUMN_NAMES.map((name) => [name, widthOf(state, name)]),
  };
  const text = new TextEncoder().encode(JSON.stringify(head));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, text.length);
  const pieces: Uint8Array[] = [length, text];
  for (const name of COLUMN_NAMES) {
    const column = table.columns[name];
    const used = table.ids.length * widthOf(state, name) * column.BYTES_PER_ELEMENT;
    pieces.push(new Uint8Array(column.buffer, column.byteOffset, used));
  }
  return pieces;
}

const widthOf = (state: WatchState, name: (typeof COLUMN_NAMES)[number]): number =>
  state.table.columns[name].length / state.table.capacity;

/** Reads what `encodeState` wrote; a string says why these bytes cannot be used. */
export function decodeState(bytes: Uint8Array, needs: Pick<WatchState, 'kindOf' | 'idOf'>): WatchState | string {
  if (bytes.length < 4) return 'it is too short';
  const headLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (headLength > bytes.length - 4) return 'its head is cut off';
  const head = parseSnapshotHead(new TextDecoder().decode(bytes.subarray(4, 4 + headLength)));
  if (typeof head === 'string') return head;
  const state = createState(needs);
  const table = createTable(Math.max(1, head.ids.length));
  let from = 4 + headLength;
  for (const [name, width] of head.columns) {
    const column = table.columns[name];
    if (column.length / table.capacity !== width) return `its column "${name}" has another width`;
    const length = head.ids.length * width * column.BYTES_PER_ELEMENT;
    if (from + length > bytes.length) return `its column "${name}" is cut off`;
    new Uint8Array(column.buffer, 0, length).set(bytes.subarray(from, from + length));
    from += length;
  }
  head.ids.forEach((id, index) => {
    table.ids.push(id);
    table.indexOf.set(id, index);
  });
  return restore({ ...state, table }, head);
}

function restore(state: WatchState, head: SnapshotHead): WatchState {
  for (const kind of head.kinds) {
    const whole = { ...kind, peers: new Map(kind.peers) };
    state.kinds.list.push(whole);
    state.kinds.byName.set(kind.name, whole);
  }
  state.nodes.names = head.nodes;
  state.nodes.index = new Map(head.nodes.slice(1).map((name, at) => [name, at + 1]));
  for (const row of head.unlisted) state.unlisted.add(row);
  for (const [alias, row] of head.aliases) state.aliases.set(alias, row);
  state.heard.set(head.heard);
  for (const [key, level] of head.known) state.registry.known.set(key, level);
  for (const finding of head.open) state.registry.open.set(finding.key, finding);
  for (const [line, window, failed, answered, failedBefore, answeredBefore] of head.tracks)
    state.scans.tracks.set(line, {
      window,
      current: { failed: new Set(failed), answered: new Set(answered) },
      before: { failed: new Set(failedBefore), answered: new Set(answeredBefore) },
    });
  state.silent = head.silent;
  state.position = head.position;
  state.lastReceived = head.lastReceived;
  state.closedTo = head.closedTo;
  state.taught = head.taught;
  state.settled = head.settled;
  Object.assign(state.counters, head.counters);
  return state;
}
