/** A device's own band for an hour of the day: medians of the same hour, and deviations, over the last fortnight. */
import { MEASURES, MEASURE_COUNT, NO_VALUE, valueOfOctaves } from './measures.ts';
import {
  BAND_DAYS_MIN,
  BAND_DEVIATIONS,
  BAND_DEVIATION_MIN,
  BAND_FEW_DAYS,
  BAND_OWN_DAYS_MIN,
  BAND_RECORD_FACTOR,
  BAND_REFRESH_HOURS,
  LEARNING_HOURS,
  RING_HOURS,
  SILENCE_EXPECTED_MIN,
} from './parameters.ts';
import type { Columns } from './table.ts';

const HOURS_A_DAY = 24;
const MAD_TO_DEVIATION = 1.4826;
const INSERTION_MAX = 24;
/** Reused, so that nothing is allocated for each device and hour. */
const scratch = new Float64Array(RING_HOURS + 1);
const centres = new Float64Array(2 * HOURS_A_DAY);

/** Saturday or Sunday, in UTC. 1970-01-01 was a Thursday. */
export const isWeekend = (hour: number): boolean => {
  const day = (Math.floor(hour / HOURS_A_DAY) + 4) % 7;
  return day === 0 || day === 6;
};

/** Where `hour` lies in the ring of a device. */
export const slotOf = (hour: number): number => hour % RING_HOURS;

/** Sorts the first `count` values in place and takes the middle; by insertion, since a handful of values is the rule. */
function medianOf(values: Float64Array, count: number): number {
  if (count > INSERTION_MAX) values.subarray(0, count).sort();
  else
    for (let at = 1; at < count; at++) {
      const value = values[at]!;
      let to = at;
      while (to > 0 && values[to - 1]! > value) values[to] = values[--to]!;
      values[to] = value;
    }
  const middle = count >> 1;
  return count % 2 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}

interface CentrePlace {
  readonly hour: number;
  readonly last: number;
  readonly measure: number;
  /** Days like `hour`'s that are enough; below, days of both kinds are taken together. */
  readonly ownDays: number;
}
/** How many days the last `centreOf` rests on. */
let centreDays = 0;

/**
 * Median, in octaves, of one measure at the hour of day of `hour` over the fortnight that ends with `last`: of days like it
 * where enough are known, else of all days. NaN where nothing is known; sets `centreDays`.
 */
function centreOf(columns: Columns, device: number, { hour, last, measure, ownDays }: CentrePlace): number {
  const { ring, marks } = columns;
  const weekend = isWeekend(hour);
  const newest = last - ((((last - hour) % HOURS_A_DAY) + HOURS_A_DAY) % HOURS_A_DAY);
  const steps = MEASURES[measure]!.steps;
  let own = 0;
  let all = 0;
  for (let at = newest; at > last - RING_HOURS && at >= 0; at -= HOURS_A_DAY) {
    const slot = device * RING_HOURS + slotOf(at);
    const byte = ring[slot * MEASURE_COUNT + measure]!;
    if (byte === NO_VALUE || marks[slot]! & (1 << measure)) continue;
    // Days like this one are gathered at the front, the others behind them.
    if (isWeekend(at) === weekend) {
      scratch[all] = scratch[own]!;
      scratch[own++] = byte / steps;
    } else scratch[all] = byte / steps;
    all++;
  }
  centreDays = own >= ownDays ? own : all;
  return centreDays === 0 ? Number.NaN : medianOf(scratch, centreDays);
}

/**
 * Works out, from the fortnight that ends with `last`, how far each measure usually strays from its hour's median; answers
 * false when that was done not long ago.
 */
export function refreshDeviations(columns: Columns, device: number, last: number): boolean {
  if (columns.bandHour[device]! >= 0 && last - columns.bandHour[device]! < BAND_REFRESH_HOURS) return false;
  columns.bandHour[device] = last;
  const { ring, marks } = columns;
  for (let measure = 0; measure < MEASURE_COUNT; measure++) {
    setCentresOfDay(columns, device, { last, measure });
    const steps = MEASURES[measure]!.steps;
    let count = 0;
    let up = 0;
    let down = 0;
    for (let hour = last; hour > last - RING_HOURS && hour >= 0; hour--) {
      const slot = device * RING_HOURS + slotOf(hour);
      const byte = ring[slot * MEASURE_COUNT + measure]!;
      if (byte === NO_VALUE || marks[slot]! & (1 << measure)) continue;
      const stray = byte / steps - centres[(hour % HOURS_A_DAY) + (isWeekend(hour) ? HOURS_A_DAY : 0)]!;
      scratch[count++] = Math.abs(stray);
      if (stray > up) up = stray;
      if (-stray > down) down = -stray;
    }
    const cell = device * MEASURE_COUNT + measure;
    columns.deviation[cell] = count === 0 ? 0 : medianOf(scratch, count) * MAD_TO_DEVIATION;
    columns.recordUp[cell] = up;
    columns.recordDown[cell] = down;
  }
  return true;
}

/** Medians for the 24 hours of a working day, then of a weekend day. */
function setCentresOfDay(columns: Columns, device: number, at: { last: number; measure: number }): void {
  const { last, measure } = at;
  const working = nearestHour(last, false);
  const weekend = nearestHour(last, true);
  for (let hour = 0; hour < HOURS_A_DAY; hour++) {
    centres[hour] = centreOf(columns, device, { last, measure, hour: working + hour, ownDays: 1 });
    centres[HOURS_A_DAY + hour] = centreOf(columns, device, { last, measure, hour: weekend + hour, ownDays: 1 });
  }
}

/** The first hour of some day near `last` that is, or is not, of a weekend. */
function nearestHour(last: number, weekend: boolean): number {
  let day = Math.floor(last / HOURS_A_DAY);
  while (isWeekend(day * HOURS_A_DAY) !== weekend) day++;
  return day * HOURS_A_DAY;
}

export interface Band {
  /** Values, not octaves; `low` is -1 where nothing is too little. */
  readonly low: number;
  readonly high: number;
  /** The middle of what was seen at this hour of day. */
  readonly usual: number;
}

export interface BandPlace {
  readonly hour: number;
  readonly last: number;
  readonly measure: number;
  /** How far any device of the kind strayed upwards, in octaves: firmware comes to one camera after the other. */
  readonly kindStray: number;
}

/**
 * The band of one measure at `hour`, from the fortnight that ends with `last`; null while too little is known. One hour to
 * either side belongs to it, since dusk wanders and clocks are put back.
 */
export function bandAt(columns: Columns, device: number, at: BandPlace): Band | null {
  if (columns.learned[device]! < LEARNING_HOURS) return null;
  const { hour, last, measure } = at;
  const place = { hour, last, measure, ownDays: BAND_OWN_DAYS_MIN };
  const centre = centreOf(columns, device, place);
  const days = centreDays;
  if (days < BAND_DAYS_MIN) return null;
  const before = centreOf(columns, device, { ...place, hour: hour - 1 });
  const after = centreOf(columns, device, { ...place, hour: hour + 1 });
  const cell = device * MEASURE_COUNT + measure;
  const deviation = Math.max(columns.deviation[cell]!, BAND_DEVIATION_MIN);
  const few = 1 + BAND_FEW_DAYS / days;
  const own = Math.max(BAND_DEVIATIONS * deviation, BAND_RECORD_FACTOR * columns.recordUp[cell]!) * few;
  const up = Math.max(own, BAND_RECORD_FACTOR * at.kindStray);
  const down = Math.max(BAND_DEVIATIONS * deviation, BAND_RECORD_FACTOR * columns.recordDown[cell]!) * few;
  const high = valueOfOctaves(Math.max(centre, orElse(before, centre), orElse(after, centre)) + up);
  const least = Math.min(centre, orElse(before, centre), orElse(after, centre));
  const low = valueOfOctaves(least) >= SILENCE_EXPECTED_MIN ? valueOfOctaves(least - down) : -1;
  return { low, high: Math.max(high, MEASURES[measure]!.floor), usual: valueOfOctaves(centre) };
}

const orElse = (value: number, other: number): number => (Number.isNaN(value) ? other : value);
