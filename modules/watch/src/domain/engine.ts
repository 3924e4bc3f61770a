/** The fold: one observation at a time over the state, the same for history, live traffic and replays. */
import type { Flow, Observed, Telemetry } from '@cityward/contracts';
import { hash32 } from '@cityward/kernel';
import { judgeBand, judgeSilence } from './band-judge.ts';
import { marksOf } from './findings.ts';
import { addLate, bringTo, hear, hourOf, settle } from './hours.ts';
import { BYTES_IN, BYTES_OUT, CONVERSATIONS, MESSAGES, PEER_BITS } from './measures.ts';
import { CLOCK_AHEAD_MAX_MS, CLOCK_BEHIND_MAX_MS, HOUR_GRACE_MS, RECENT_KEPT } from './parameters.ts';
import { judgePeer, type Meeting } from './peer-judge.ts';
import { judgeScan } from './scan-judge.ts';
import { resolve, type End, type WatchState } from './state.ts';
import { ALWAYS_ON, CLOSED_VALUES, NOW_REAL, NOW_SEEN, NOW_UNAUTHENTICATED } from './table.ts';

type Mode = Meeting['mode'];
interface Taken {
  readonly observed: Observed;
  readonly at: number;
  readonly skewMs: number;
  readonly mode: Mode;
}

const src: End = { row: -1, scope: 'group', name: '' };
const dst: End = { row: -1, scope: 'group', name: '' };

/** Folds a live or replayed observation; one whose position is known already changes nothing. */
export function observe(state: WatchState, observed: Observed): void {
  if (observed.position <= state.position) {
    state.counters.duplicates++;
    return;
  }
  state.position = observed.position;
  settle(state);
  if (observed.received > state.lastReceived) state.lastReceived = observed.received;
  if (observed.replay) {
    fold(state, { observed, at: observed.received, skewMs: 0, mode: 'replay' });
    return;
  }
  const skew = observed.body.at - observed.received;
  const believed = skew <= CLOCK_AHEAD_MAX_MS && skew >= -CLOCK_BEHIND_MAX_MS;
  if (!believed) state.counters.skewed++;
  const at = believed ? observed.body.at : observed.received;
  fold(state, { observed, at, skewMs: believed ? 0 : skew, mode: 'live' });
}

/** Folds an observation of history: it teaches, and raises nothing. */
export function learn(state: WatchState, observed: Observed): void {
  state.settled = false;
  fold(state, { observed, at: observed.body.at, skewMs: 0, mode: 'history' });
}

function fold(state: WatchState, taken: Taken): void {
  state.counters.observed++;
  const { body } = taken.observed;
  if (taken.mode !== 'replay') hear(state, hourOf(taken.at));
  if (body.kind === 'flow') return foldFlow(state, taken, body);
  resolve(state, body.kind === 'command' ? body.src : body.subject, src);
  if (src.row < 0 || taken.mode === 'replay') return;
  if (body.kind === 'telemetry') foldTelemetry(state, taken, body);
  else touch(state, src.row, taken);
}

function foldTelemetry(state: WatchState, taken: Taken, body: Telemetry): void {
  let mark = taken.at | 0;
  for (const name in body.values) mark = Math.imul(mark ^ ((body.values[name]! * 1_000) | 0), 0x01000193);
  if (seenAgain(state, src.row, mark >>> 0)) return;
  const hour = touch(state, src.row, taken);
  add(state, src.row, { hour, measure: MESSAGES, value: body.count ?? 1 });
  if (taken.mode === 'live') judgeBand(state, { row: src.row, at: taken.at, skewMs: taken.skewMs }, MESSAGES);
}

function foldFlow(state: WatchState, taken: Taken, flow: Flow): void {
  resolve(state, flow.src, src);
  resolve(state, flow.dst, dst);
  const row = src.row >= 0 ? src.row : dst.row;
  if (row < 0) return;
  const target = hash32(flow.dst);
  if (seenAgain(state, row, markOf(flow, taken.at, target))) return;
  if (taken.mode !== 'replay') addVolumes(state, taken, { flow, target });
  if (src.scope === 'group' || dst.scope === 'group') return;
  const { observed, at, skewMs, mode } = taken;
  const shared = { flow, at, position: observed.position, skewMs, marks: marksOf(observed), mode };
  const inbound = src.row < 0;
  const first = judgePeer(state, { ...shared, row, peer: inbound ? src : dst, inbound });
  if (mode !== 'history') judgeScan(state, { ...shared, src, dst, first });
}

function markOf(flow: Flow, at: number, target: number): number {
  let mark = Math.imul(at ^ target, 0x01000193);
  mark = Math.imul(mark ^ flow.dst_port ^ (flow.outcome.length << 17), 0x01000193);
  mark = Math.imul(mark ^ flow.bytes_out, 0x01000193);
  return Math.imul(mark ^ flow.bytes_in ^ ((flow.count ?? 1) << 8), 0x01000193) >>> 0;
}

/** A broker or gateway that was not sure delivers twice: the same content at the same instant is the same observation. */
function seenAgain(state: WatchState, row: number, mark: number): boolean {
  const { recent, recentNext } = state.table.columns;
  const from = row * RECENT_KEPT;
  for (let at = from; at < from + RECENT_KEPT; at++)
    if (recent[at] === mark) {
      state.counters.duplicates++;
      return true;
    }
  recent[from + recentNext[row]!] = mark;
  recentNext[row] = (recentNext[row]! + 1) % RECENT_KEPT;
  return false;
}

/** The device is there at this hour; answers the hour. */
function touch(state: WatchState, row: number, taken: Taken): number {
  const { columns } = state.table;
  const hour = hourOf(taken.at);
  if (hour >= columns.hour[row]!) bringTo(state, row, { hour, live: taken.mode === 'live' });
  else state.counters.late++;
  const { simulated, authenticated } = taken.observed;
  columns.now[row]! |= NOW_SEEN | (simulated ? 0 : NOW_REAL) | (authenticated ? 0 : NOW_UNAUTHENTICATED);
  if (taken.at > columns.lastAt[row]!) columns.lastAt[row] = taken.at;
  return hour;
}

function add(state: WatchState, row: number, what: { hour: number; measure: number; value: number }): void {
  if (what.value === 0) return;
  if (what.hour === state.table.columns.hour[row]!)
    state.table.columns.sums[row * CLOSED_VALUES + what.measure]! += what.value;
  else addLate(state, row, what);
}

/** Bytes leave a device also when it answers; conversations and peers are those it began itself. */
function addVolumes(state: WatchState, taken: Taken, seen: { flow: Flow; target: number }): void {
  const { flow } = seen;
  const live = taken.mode === 'live';
  if (src.row >= 0) {
    const hour = touch(state, src.row, taken);
    add(state, src.row, { hour, measure: CONVERSATIONS, value: flow.count ?? 1 });
    add(state, src.row, { hour, measure: BYTES_OUT, value: flow.bytes_out });
    add(state, src.row, { hour, measure: BYTES_IN, value: flow.bytes_in });
    if (dst.scope !== 'group' && hour === state.table.columns.hour[src.row]) countPeer(state, src.row, seen.target);
    if (live) judgeBand(state, { row: src.row, at: taken.at, skewMs: taken.skewMs }, null);
  }
  if (dst.row >= 0 && dst.row !== src.row) {
    const hour = touch(state, dst.row, taken);
    add(state, dst.row, { hour, measure: BYTES_OUT, value: flow.bytes_in });
    add(state, dst.row, { hour, measure: BYTES_IN, value: flow.bytes_out });
    if (live) judgeBand(state, { row: dst.row, at: taken.at, skewMs: taken.skewMs }, null);
  }
}

function countPeer(state: WatchState, row: number, target: number): void {
  const bit = (target ^ (target >>> 11)) & (PEER_BITS - 1);
  state.table.columns.peerBits[row * (PEER_BITS / 32) + (bit >>> 5)]! |= 1 << (bit & 31);
}

/** Closes the hours that are over at `now` for devices that say nothing, and judges who fell silent. */
export function advance(state: WatchState, now: number): void {
  const hour = hourOf(now - HOUR_GRACE_MS);
  if (hour <= state.closedTo) return;
  state.closedTo = hour;
  const { columns, ids } = state.table;
  let alwaysOn = 0;
  for (let row = 0; row < ids.length; row++) {
    if (columns.hour[row]! >= 0 && columns.hour[row]! < hour) bringTo(state, row, { hour, live: true });
    if (columns.flags[row]! & ALWAYS_ON) alwaysOn++;
  }
  judgeSilence(state, { before: hour, alwaysOn });
}
