/** The hours of a device: sums of the running one, its closing into the ring, and the band it is judged by. */
import { HOUR_MS } from '@cityward/kernel';
import { bandAt, refreshDeviations, slotOf, type Band } from './band.ts';
import { bandWhat, grow, keyOf } from './findings.ts';
import {
  BYTES_IN,
  BYTES_OUT,
  CONVERSATIONS,
  decodeValue,
  encodeValue,
  MEASURE_COUNT,
  MESSAGES,
  NO_VALUE,
  PEER_BITS,
  PEERS,
  peersFromBits,
} from './measures.ts';
import { BAND_RECORD_FACTOR, LEARNING_HOURS, RING_HOURS } from './parameters.ts';
import { noteStrays, strayOf } from './peers.ts';
import { kindOfRow, refreshKind, type WatchState } from './state.ts';
import {
  ALWAYS_ON,
  CLOSED_VALUES,
  MARK_SEEN,
  MARK_SIMULATED,
  NOW_BANDED,
  NOW_PARTIAL,
  NOW_REAL,
  NOW_SEEN,
} from './table.ts';

const LEARNED_MAX = 65_535;
const WORDS = PEER_BITS / 32;

export const hourOf = (at: number): number => Math.floor(at / HOUR_MS);

/** Says that something was heard in the hour, from anybody: an hour in which nothing was is not "zero" but "not known". */
export const hear = (state: WatchState, hour: number): void => {
  const slot = slotOf(hour);
  if (state.heard[slot]! < hour) state.heard[slot] = hour;
};
const wasHeard = (state: WatchState, hour: number): boolean => state.heard[slotOf(hour)] === hour;

/** The value of a measure in the running hour. */
export function valueNow(state: WatchState, row: number, measure: number): number {
  const { columns } = state.table;
  if (measure !== PEERS) return columns.sums[row * CLOSED_VALUES + measure]!;
  let ones = 0;
  for (let word = row * WORDS; word < (row + 1) * WORDS; word++) ones += onesIn(columns.peerBits[word]!);
  return peersFromBits(PEER_BITS - ones);
}

function onesIn(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Brings a device to `hour`: closes what was running and fills the hours between. `live` hours are judged by a band; hours of
 * history only teach.
 */
export function bringTo(state: WatchState, row: number, to: { hour: number; live: boolean }): void {
  const { columns } = state.table;
  const running = columns.hour[row]!;
  if (running < 0) {
    columns.firstHour[row] = to.hour;
    columns.now[row] = to.live ? NOW_PARTIAL : 0;
    kindOfRow(state, row).firstHour = Math.max(
      0,
      kindOfRow(state, row).firstHour < 0 ? to.hour : kindOfRow(state, row).firstHour,
    );
    if (to.live) state.learningChanges.push({ device: state.table.ids[row]!, learning: true });
  } else if (running < to.hour) {
    close(state, row);
    fill(state, row, { from: Math.max(running + 1, to.hour - RING_HOURS), to: to.hour });
    columns.now[row] = 0;
  }
  if (running !== to.hour) {
    columns.hour[row] = to.hour;
    columns.sums.fill(0, row * CLOSED_VALUES, (row + 1) * CLOSED_VALUES);
    columns.peerBits.fill(0, row * WORDS, (row + 1) * WORDS);
    columns.above[row] = 0;
    columns.high.fill(Infinity, row * MEASURE_COUNT, (row + 1) * MEASURE_COUNT);
    columns.low.fill(-1, row * MEASURE_COUNT, (row + 1) * MEASURE_COUNT);
  }
  if (to.live && !(columns.now[row]! & NOW_BANDED)) setBands(state, row);
}

/** Works out what the running hour is judged by. */
function setBands(state: WatchState, row: number): void {
  const { columns } = state.table;
  columns.now[row]! |= NOW_BANDED;
  refreshKind(state, row);
  if (columns.learned[row]! < LEARNING_HOURS) return;
  refresh(state, row);
  for (let measure = 0; measure < MEASURE_COUNT; measure++) {
    const band = bandNow(state, row, measure);
    if (!band) continue;
    columns.high[row * MEASURE_COUNT + measure] = band.high;
    columns.low[row * MEASURE_COUNT + measure] = band.low;
  }
}

/** Works out a device's deviations, and tells its kind how far it strayed. */
function refresh(state: WatchState, row: number): void {
  const { columns } = state.table;
  const last = columns.hour[row]! - 1;
  if (!refreshDeviations(columns, row, last)) return;
  const cell = row * MEASURE_COUNT;
  noteStrays(kindOfRow(state, row), last, columns.recordUp.subarray(cell, cell + MEASURE_COUNT));
}

/** After history: nobody can be judged by how far its kind strays before all of the kind have been looked at. */
export function settle(state: WatchState): void {
  if (state.settled) return;
  state.settled = true;
  for (let row = 0; row < state.table.ids.length; row++) if (state.table.columns.hour[row]! > 0) refresh(state, row);
}

/** The band of the running hour, widened by what people said is as it should be. */
export function bandNow(state: WatchState, row: number, measure: number): Band | null {
  const { columns } = state.table;
  const hour = columns.hour[row]!;
  const kindStray = strayOf(kindOfRow(state, row), measure);
  const band = bandAt(columns, row, { hour, last: hour - 1, measure, kindStray });
  if (!band || state.registry.known.size === 0) return band;
  const device = state.table.ids[row]!;
  const up = state.registry.known.get(keyOf(device, 'off-band', bandWhat(measure, false))) ?? 0;
  const down = state.registry.known.has(keyOf(device, 'off-band', bandWhat(measure, true)));
  return { ...band, high: Math.max(band.high, up * BAND_RECORD_FACTOR), low: down ? -1 : band.low };
}

/** Writes the running hour into the ring. */
function close(state: WatchState, row: number): void {
  const { columns } = state.table;
  const hour = columns.hour[row]!;
  const slot = row * RING_HOURS + slotOf(hour);
  const now = columns.now[row]!;
  const silent = silenceOf(state, row);
  if (columns.above[row] !== 0) finishAbove(state, row);
  columns.marks[slot] =
    columns.above[row]! |
    (silent < 0 ? 0 : 1 << silent) |
    (now & NOW_SEEN ? MARK_SEEN : 0) |
    (now & NOW_SEEN && !(now & NOW_REAL) ? MARK_SIMULATED : 0);
  const known = !(now & NOW_PARTIAL) && wasHeard(state, hour);
  for (let measure = 0; measure < MEASURE_COUNT; measure++)
    columns.ring[slot * MEASURE_COUNT + measure] = known
      ? encodeValue(measure, valueNow(state, row, measure))
      : NO_VALUE;
  if (known) learnHours(state, row, 1);
}

/** The last word on measures that were above their band: what the hour came to. */
function finishAbove(state: WatchState, row: number): void {
  const { columns, ids } = state.table;
  for (let measure = 0; measure < MEASURE_COUNT; measure++) {
    if (!(columns.above[row]! & (1 << measure))) continue;
    const open = state.registry.open.get(keyOf(ids[row]!, 'off-band', bandWhat(measure, false)));
    if (open?.cause.detector !== 'off-band' || open.cause.hour !== columns.hour[row]) continue;
    open.cause.value = valueNow(state, row, measure);
    const at = Math.min(columns.lastAt[row]!, (columns.hour[row]! + 1) * HOUR_MS - 1);
    grow(state.registry, open, { at, count: 0, marks: open });
  }
}

/** Hours in which the device said nothing: zero where others were heard, else not known. */
function fill(state: WatchState, row: number, span: { from: number; to: number }): void {
  const { columns } = state.table;
  let heard = 0;
  for (let hour = span.from; hour < span.to; hour++) {
    const slot = row * RING_HOURS + slotOf(hour);
    const known = wasHeard(state, hour);
    columns.ring.fill(known ? 0 : NO_VALUE, slot * MEASURE_COUNT, (slot + 1) * MEASURE_COUNT);
    columns.marks[slot] = 0;
    if (known) heard++;
  }
  learnHours(state, row, heard);
}

function learnHours(state: WatchState, row: number, hours: number): void {
  const { columns } = state.table;
  const before = columns.learned[row]!;
  const after = Math.min(LEARNED_MAX, before + hours);
  columns.learned[row] = after;
  if (before >= LEARNING_HOURS || after < LEARNING_HOURS) return;
  kindOfRow(state, row).settled = true;
  state.learningChanges.push({ device: state.table.ids[row]!, learning: false });
}

/** The measure by which an always-on device fell silent in the hour that closes, or -1; notes it for `judgeSilence`. */
function silenceOf(state: WatchState, row: number): number {
  const { columns } = state.table;
  const now = columns.now[row]!;
  if (!(columns.flags[row]! & ALWAYS_ON) || now & NOW_PARTIAL || !(now & NOW_BANDED)) return -1;
  // An hour in which nobody at all was heard says something about us.
  if (!wasHeard(state, columns.hour[row]!)) return -1;
  for (const measure of [MESSAGES, CONVERSATIONS]) {
    const low = columns.low[row * MEASURE_COUNT + measure]!;
    const value = valueNow(state, row, measure);
    if (low < 0 || value >= low) continue;
    const band = bandNow(state, row, measure);
    if (!band) continue;
    const hour = columns.hour[row]!;
    const before = columns.marks[row * RING_HOURS + slotOf(hour - 1)]!;
    const simulated = now & NOW_SEEN ? !(now & NOW_REAL) : (before & MARK_SIMULATED) !== 0;
    state.silent.push({ device: state.table.ids[row]!, hour, measure, value, ...band, simulated });
    return measure;
  }
  return -1;
}

/** What a late observation adds to an hour that is closed already; too late to alarm by a band, not too late to learn. */
export function addLate(state: WatchState, row: number, late: { hour: number; measure: number; value: number }): void {
  const { columns } = state.table;
  if (columns.hour[row]! - late.hour >= RING_HOURS) return;
  const cell = (row * RING_HOURS + slotOf(late.hour)) * MEASURE_COUNT + late.measure;
  const byte = columns.ring[cell]!;
  if (byte !== NO_VALUE) columns.ring[cell] = encodeValue(late.measure, decodeValue(late.measure, byte) + late.value);
}

/** The measures that are sums, in the order in which `sums` holds them. */
export const SUMMED = [CONVERSATIONS, BYTES_OUT, BYTES_IN, MESSAGES] as const;
