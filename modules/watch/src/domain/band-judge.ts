/** off-band: alarms as soon as a running hour is above its band, and on silence once the hour is over. */
import { HOUR_MS } from '@cityward/kernel';
import { bandWhat, grow, keyOf, openFinding, raise, type LiveFinding, type OffBandCause } from './findings.ts';
import { bandNow, valueNow } from './hours.ts';
import { BYTES_IN, BYTES_OUT, CONVERSATIONS, MEASURE_COUNT, PEERS } from './measures.ts';
import {
  BAND_ALARM_OCTAVES,
  BAND_GROWTH_STEP,
  RING_HOURS,
  SILENCE_SHARE_MAX,
  SILENCE_TOGETHER_MIN,
} from './parameters.ts';
import { aboutRow, type Silence, type WatchState } from './state.ts';
import { CLOSED_VALUES, NOW_REAL, NOW_UNAUTHENTICATED } from './table.ts';

interface Moment {
  readonly row: number;
  readonly at: number;
  readonly skewMs: number;
}
const OF_FLOWS = [CONVERSATIONS, BYTES_OUT, BYTES_IN, PEERS] as const;

/** Compares the running hour with its band; `measure` null looks at all that a conversation moves. */
export function judgeBand(state: WatchState, moment: Moment, measure: number | null): void {
  const { columns } = state.table;
  const { row } = moment;
  if (measure !== null) {
    if (columns.sums[row * CLOSED_VALUES + measure]! > columns.high[row * MEASURE_COUNT + measure]!)
      above(state, moment, measure);
    return;
  }
  for (const each of OF_FLOWS) {
    const high = columns.high[row * MEASURE_COUNT + each]!;
    if (high === Infinity) continue;
    if (valueNow(state, row, each) > high) above(state, moment, each);
  }
}

function above(state: WatchState, moment: Moment, measure: number): void {
  const { row } = moment;
  const { columns, ids } = state.table;
  const value = valueNow(state, row, measure);
  const key = keyOf(ids[row]!, 'off-band', bandWhat(measure, false));
  const open = openFinding(state.registry, key, moment.at);
  const again = (columns.above[row]! & (1 << measure)) !== 0;
  columns.high[row * MEASURE_COUNT + measure] = value * BAND_GROWTH_STEP;
  columns.above[row]! |= 1 << measure;
  const now = columns.now[row]!;
  const marks = { replay: false, simulated: !(now & NOW_REAL), authenticated: !(now & NOW_UNAUTHENTICATED) };
  if (open && again) {
    const cause = open.cause as OffBandCause;
    cause.value = value;
    open.severity = severityOf(open.severity, cause);
    return grow(state.registry, open, { at: moment.at, count: 0, marks });
  }
  const band = bandNow(state, row, measure);
  if (!band) return;
  const hour = columns.hour[row]!;
  const cause: OffBandCause = { detector: 'off-band', measure, below: false, hour, value, days: 1, ...band };
  if (open) {
    Object.assign(open.cause, { ...cause, days: (open.cause as OffBandCause).days });
    open.severity = severityOf(open.severity, cause);
    return grow(state.registry, open, { at: moment.at, count: 1, marks });
  }
  const finding = draft(state, { row, key, at: moment.at, skewMs: moment.skewMs, cause, marks });
  raise(state.registry, finding);
  state.registry.grown.add(finding);
}

/** A finding only ever gets worse. */
const severityOf = (was: LiveFinding['severity'], cause: OffBandCause): LiveFinding['severity'] =>
  was === 'alarm' || Math.log2((1 + cause.value) / (1 + cause.high)) >= BAND_ALARM_OCTAVES ? 'alarm' : 'warning';

interface Draft {
  readonly row: number;
  readonly key: string;
  readonly at: number;
  readonly skewMs: number;
  readonly cause: OffBandCause;
  readonly marks: { readonly replay: boolean; readonly simulated: boolean; readonly authenticated: boolean };
}
function draft(state: WatchState, what: Draft): LiveFinding {
  const { key, at, skewMs, cause, marks } = what;
  return {
    // The hour, not the position: whichever observation tips it, it is the same finding.
    id: state.idOf(`${key}|hour ${cause.hour}`),
    key,
    device: state.table.ids[what.row]!,
    about: aboutRow(state, what.row),
    at,
    lastAt: at,
    count: 1,
    severity: cause.below ? 'notice' : severityOf('warning', cause),
    peers: [],
    port: null,
    ...marks,
    skewMs,
    cause,
  };
}

/**
 * Raises silences of hours that are over. Where many fell silent in one hour, the way to us failed: nobody is accused.
 */
export function judgeSilence(state: WatchState, over: { before: number; alwaysOn: number }): void {
  const due = state.silent.filter((silence) => silence.hour < over.before);
  if (due.length === 0) return;
  state.silent = state.silent.filter((silence) => silence.hour >= over.before);
  const byHour = Map.groupBy(due, (silence) => silence.hour);
  for (const silences of byHour.values()) {
    const together = silences.length >= SILENCE_TOGETHER_MIN && silences.length > over.alwaysOn * SILENCE_SHARE_MAX;
    if (together) state.counters.silencedTogether += silences.length;
    else for (const silence of silences) raiseSilence(state, silence);
  }
}

function raiseSilence(state: WatchState, silence: Silence): void {
  const row = state.table.indexOf.get(silence.device);
  if (row === undefined) return;
  const key = keyOf(silence.device, 'off-band', bandWhat(silence.measure, true));
  if (state.registry.known.has(key)) return;
  const at = (silence.hour + 1) * HOUR_MS;
  const { measure, hour, value, low, high, usual } = silence;
  const marks = { replay: false, simulated: silence.simulated, authenticated: true };
  const open = openFinding(state.registry, key, at);
  if (open) {
    Object.assign(open.cause, { hour, value, low, high, usual });
    return grow(state.registry, open, { at, count: 1, marks });
  }
  const cause: OffBandCause = { detector: 'off-band', measure, below: true, hour, value, low, high, usual, days: 1 };
  const finding = draft(state, { row, key, at, skewMs: 0, cause, marks });
  raise(state.registry, finding);
  state.registry.grown.add(finding);
}

/** Hours of this measure that were held back are learned from after all. */
export function allowBand(state: WatchState, finding: LiveFinding): void {
  const cause = finding.cause as OffBandCause;
  const row = state.table.indexOf.get(finding.device);
  if (row === undefined) return;
  const { columns } = state.table;
  const mask = ~(1 << cause.measure) & 0xff;
  for (let slot = row * RING_HOURS; slot < (row + 1) * RING_HOURS; slot++) columns.marks[slot]! &= mask;
  columns.above[row]! &= mask;
  const cell = row * MEASURE_COUNT + cause.measure;
  if (columns.hour[row]! < 0) return;
  const band = bandNow(state, row, cause.measure);
  columns.high[cell] = band?.high ?? Infinity;
  columns.low[cell] = band?.low ?? -1;
  columns.bandHour[row] = -1;
}
