/** A device's own band for an hour of the day: medians of the same hour, and deviations, over the last fortnight. */
import { MEASURES, MEASURE_COUNT, NO_VALUE, octavesOf, valueOfOctaves } from './measures.ts';
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
const DAYS = RING_HOURS / HOURS_A_DAY;
const MAD_TO_DEVIATION = 1.4826;
const scratch = new Float64Array(RING_HOURS);

/** Saturday or Sunday, in UTC. 1970-01-01 was a Thursday. */
export const isWeekend = (hour: number): boolean => {
  const day = (Math.floor(hour / HOURS_A_DAY) + 4) % 7;
  return day === 0 || day === 6;
};

/** Where `hour` lies in the ring of a device. */
export const slotOf = (hour: number): number => hour % RING_HOURS;

/** The byte of one measure in one hour of the ring, `NO_VALUE` where nothing may be learned from it. */
function learnedByte(columns: Columns, device: number, at: { hour: number; measure: number }): number {
  const slot = device * RING_HOURS + slotOf(at.hour);
  if (columns.marks[slot]! & (1 << at.measure)) return NO_VALUE;
  return columns.ring[slot * MEASURE_COUNT + at.measure]!;
}

function medianOf(values: Float64Array, count: number): number {
  const sorted = values.subarray(0, count).sort();
  const middle = count >> 1;
  return count % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

interface Centre {
  /** Octaves. */
  readonly median: number;
  readonly days: number;
}

/**
 * Median of one measure at the hour of day of `hour` over the fortnight that ends with `last`, of days like it where enough
 * are known, else of all days.
 */
function centreOf(
  columns: Columns,
  device: number,
  at: { hour: number; last: number; measure: number },
): Centre | null {
  const weekend = isWeekend(at.hour);
  const newest = at.last - ((((at.last - at.hour) % HOURS_A_DAY) + HOURS_A_DAY) % HOURS_A_DAY);
  let own = 0;
  let all = 0;
  for (let day = 0; day < DAYS; day++) {
    const hour = newest - day * HOURS_A_DAY;
    if (hour <= at.last - RING_HOURS || hour < 0) break;
    const byte = learnedByte(columns, device, { hour, measure: at.measure });
    if (byte === NO_VALUE) continue;
    // Days like this one are gathered at the front, the others at the back.
    if (isWeekend(hour) === weekend) {
      scratch[all] = scratch[own]!;
      scratch[own++] = octavesOf(at.measure, byte);
    } else scratch[all] = octavesOf(at.measure, byte);
    all++;
  }
  const days = own >= BAND_OWN_DAYS_MIN ? own : all;
  return days === 0 ? null : { median: medianOf(scratch, days), days };
}

/**
 * Works out, from the fortnight that ends with `last`, how far each measure usually strays from its hour's median; answers
 * false when that was done not long ago.
 */
export function refreshDeviations(columns: Columns, device: number, last: number): boolean {
  if (columns.bandHour[device]! >= 0 && last - columns.bandHour[device]! < BAND_REFRESH_HOURS) return false;
  columns.bandHour[device] = last;
  const strays = new Float64Array(RING_HOURS);
  for (let measure = 0; measure < MEASURE_COUNT; measure++) {
    const centres = centresOfDay(columns, device, { last, measure });
    let count = 0;
    let up = 0;
    let down = 0;
    for (let back = 0; back < RING_HOURS; back++) {
      const hour = last - back;
      const byte = hour < 0 ? NO_VALUE : learnedByte(columns, device, { hour, measure });
      if (byte === NO_VALUE) continue;
      const stray = octavesOf(measure, byte) - centres[(hour % HOURS_A_DAY) + (isWeekend(hour) ? HOURS_A_DAY : 0)]!;
      strays[count++] = Math.abs(stray);
      if (stray > up) up = stray;
      if (-stray > down) down = -stray;
    }
    const at = device * MEASURE_COUNT + measure;
    columns.deviation[at] = count === 0 ? 0 : medianOf(strays, count) * MAD_TO_DEVIATION;
    columns.recordUp[at] = up;
    columns.recordDown[at] = down;
  }
  return true;
}

/** Medians for the 24 hours of a working day, then of a weekend day. */
function centresOfDay(columns: Columns, device: number, at: { last: number; measure: number }): Float64Array {
  const centres = new Float64Array(2 * HOURS_A_DAY);
  const weekendHour = nearestHour(at.last, true);
  const workingHour = nearestHour(at.last, false);
  for (let hour = 0; hour < HOURS_A_DAY; hour++) {
    const place = { last: at.last, measure: at.measure };
    centres[hour] = centreOf(columns, device, { ...place, hour: workingHour + hour })?.median ?? 0;
    centres[HOURS_A_DAY + hour] = centreOf(columns, device, { ...place, hour: weekendHour + hour })?.median ?? 0;
  }
  return centres;
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
  const centre = centreOf(columns, device, at);
  if (centre === null || centre.days < BAND_DAYS_MIN) return null;
  const before = centreOf(columns, device, { ...at, hour: at.hour - 1 }) ?? centre;
  const after = centreOf(columns, device, { ...at, hour: at.hour + 1 }) ?? centre;
  const cell = device * MEASURE_COUNT + at.measure;
  const deviation = Math.max(columns.deviation[cell]!, BAND_DEVIATION_MIN);
  const few = 1 + BAND_FEW_DAYS / centre.days;
  const own = Math.max(BAND_DEVIATIONS * deviation, BAND_RECORD_FACTOR * columns.recordUp[cell]!) * few;
  const up = Math.max(own, BAND_RECORD_FACTOR * at.kindStray);
  const down = Math.max(BAND_DEVIATIONS * deviation, BAND_RECORD_FACTOR * columns.recordDown[cell]!) * few;
  const high = valueOfOctaves(Math.max(centre.median, before.median, after.median) + up);
  const least = Math.min(centre.median, before.median, after.median);
  const low = valueOfOctaves(least) >= SILENCE_EXPECTED_MIN ? valueOfOctaves(least - down) : -1;
  return { low, high: Math.max(high, MEASURES[at.measure]!.floor), usual: valueOfOctaves(centre.median) };
}
