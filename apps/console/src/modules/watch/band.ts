/** One measure of a device as columns for the plot, and its last value in words. Pure. */
import type { Behaviour } from '@cityward/contracts';
import { formatValue } from '../../ui/format.ts';

export type Measure = Behaviour['measures'][number];

export interface Columns {
  /** Seconds, as uPlot wants them. */
  readonly at: number[];
  readonly value: (number | null)[];
  readonly low: (number | null)[];
  readonly high: (number | null)[];
}

/** The hours within `from`..`to` (milliseconds; all without), as columns. */
export function columnsOf(measure: Measure, from?: number, to?: number): Columns {
  const hours = measure.hours.filter(
    (hour) => (from === undefined || hour.at >= from) && (to === undefined || hour.at <= to),
  );
  return {
    at: hours.map((hour) => hour.at / 1_000),
    value: hours.map((hour) => hour.value),
    low: hours.map((hour) => hour.low),
    high: hours.map((hour) => hour.high),
  };
}

export interface LastWords {
  readonly at: number;
  readonly value: string;
  /** Where it lies; `no-band` while nothing is known for that hour. */
  readonly place: 'inside' | 'above' | 'below' | 'no-band';
  readonly low: string;
  readonly high: string;
}

/** The newest hour that has a value; null when none has. */
export function lastOf(measure: Measure): LastWords | null {
  const hour = measure.hours.findLast((one) => one.value !== null);
  if (!hour || hour.value === null) return null;
  const { low, high, value } = hour;
  const place = low === null || high === null ? 'no-band' : value > high ? 'above' : value < low ? 'below' : 'inside';
  const text = (number: number | null): string => (number === null ? '' : formatValue(number, measure.unit));
  return { at: hour.at, value: text(value), place, low: text(low), high: text(high) };
}

/** Hours outside their band, for marks on the plot. */
export const outside = (columns: Columns): number[] =>
  columns.at.flatMap((_at, i) => {
    const [value, low, high] = [columns.value[i], columns.low[i], columns.high[i]];
    if (
      value === null ||
      value === undefined ||
      low === null ||
      low === undefined ||
      high === null ||
      high === undefined
    )
      return [];
    return value > high || value < low ? [i] : [];
  });
