/** One measure of a device as columns for the plot, and its last value in words. Pure. */
import type { Behaviour } from '@cityward/contracts';
import { formatTick, formatValue } from '../../ui/format.ts';

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
  /** Where it lies; `no-band` while nothing is known for that hour, `running` while a low hour has not ended. */
  readonly place: 'inside' | 'above' | 'below' | 'no-band' | 'running';
  readonly low: string;
  readonly high: string;
}

const HOUR_MS = 3_600_000;

/** An hour that has not ended cannot be called low: the rest of it is still to come. */
const stillRuns = (at: number, now: number): boolean => at + HOUR_MS > now;

function placeOf({ at, value, low, high }: Measure['hours'][number], now: number): LastWords['place'] {
  if (value === null || low === null || high === null) return 'no-band';
  if (value > high) return 'above';
  if (value >= low) return 'inside';
  return stillRuns(at, now) ? 'running' : 'below';
}

/** The newest hour that has a value; null when none has. */
export function lastOf(measure: Measure, now: number): LastWords | null {
  const hour = measure.hours.findLast((one) => one.value !== null);
  if (!hour || hour.value === null) return null;
  const text = (number: number | null): string => (number === null ? '' : formatValue(number, measure.unit));
  const place = placeOf(hour, now);
  const isRange = place === 'inside' || place === 'running'; // `148 MB to 1.8 GB per hour`: the unit once
  return {
    at: hour.at,
    value: text(hour.value),
    place,
    low: isRange && hour.low !== null ? formatTick(hour.low, measure.unit) : text(hour.low),
    high: text(hour.high),
  };
}

/** Places of the hours outside their band, for marks on the plot. */
export const outside = (columns: Columns, now: number): number[] =>
  columns.at.flatMap((seconds, i) => {
    const hour = {
      at: seconds * 1_000,
      value: columns.value[i] ?? null,
      low: columns.low[i] ?? null,
      high: columns.high[i] ?? null,
      simulated: false,
    };
    return ['above', 'below'].includes(placeOf(hour, now)) ? [i] : [];
  });
