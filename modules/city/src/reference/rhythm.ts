/** How the day and the week shape what devices do. The city's clock is UTC, so that its hours are those of every band. */
import { DAY_MS, HOUR_MS } from '@cityward/kernel';

const hours = (text: string): readonly number[] => text.split(' ').map(Number);

export interface Rhythm {
  readonly weekday: readonly number[];
  readonly weekend: readonly number[];
}
const same = (text: string): Rhythm => ({ weekday: hours(text), weekend: hours(text) });

/** Factors for the 24 hours of a day; 1 is the hour that the per-hour figures of a profile speak of. */
export const RHYTHMS = {
  flat: same('1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1'),
  /** Lamps: two reports an hour while lit, one by day. */
  night: same('1 1 1 1 1 .8 .5 .5 .5 .5 .5 .5 .5 .5 .5 .5 .5 .6 .9 1 1 1 1 1'),
  /** Pictures compress better at night when nothing moves. */
  scene: {
    weekday: hours('.52 .5 .48 .48 .5 .58 .72 .92 1 .97 .95 .96 1 .98 .96 .98 1 1 .95 .86 .78 .7 .62 .56'),
    weekend: hours('.58 .55 .5 .48 .48 .5 .56 .64 .76 .88 .96 1 1 1 .98 .96 .94 .92 .9 .86 .82 .78 .72 .64'),
  },
  rush: {
    weekday: hours('.12 .08 .06 .06 .1 .25 .55 .95 1 .7 .6 .65 .75 .7 .68 .78 .95 1 .8 .55 .42 .34 .26 .18'),
    weekend: hours('.2 .14 .1 .08 .08 .12 .2 .3 .45 .62 .76 .84 .86 .84 .8 .78 .74 .7 .62 .54 .48 .42 .36 .28'),
  },
  visitors: {
    weekday: hours('.1 .06 .05 .05 .05 .08 .2 .42 .6 .65 .7 .85 1 .95 .85 .85 .9 .95 .85 .7 .55 .42 .3 .18'),
    weekend: hours('.2 .14 .1 .07 .06 .08 .14 .26 .45 .66 .85 .98 1 1 .98 .95 .92 .9 .86 .8 .72 .6 .46 .32'),
  },
  demand: same('.45 .4 .38 .4 .5 .75 1 1 .9 .8 .75 .75 .78 .75 .7 .72 .8 .95 1 .95 .85 .75 .62 .52'),
} as const satisfies Record<string, Rhythm>;
export type RhythmName = keyof typeof RHYTHMS;

/** Hours and days since 1970. */
export const hourOf = (at: number): number => Math.floor(at / HOUR_MS);
export const dayOf = (hour: number): number => Math.floor(hour / 24);
/** 1970-01-01 was a Thursday. */
export const isWeekend = (hour: number): boolean => {
  const day = (dayOf(hour) + 4) % 7;
  return day === 0 || day === 6;
};
export const isSaturday = (day: number): boolean => (day + 4) % 7 === 6;

export const factorAt = (rhythm: RhythmName, hour: number): number =>
  (isWeekend(hour) ? RHYTHMS[rhythm].weekend : RHYTHMS[rhythm].weekday)[hour % 24]!;

/** The factor between two hours runs straight, so that what is measured by the minute does not jump. */
export function smoothFactor(rhythm: RhythmName, at: number): number {
  const hour = hourOf(at);
  const part = (at - hour * HOUR_MS) / HOUR_MS;
  return factorAt(rhythm, hour) * (1 - part) + factorAt(rhythm, hour + 1) * part;
}

const FAIR_EVERY_DAYS = 14;
const FAIR_FROM_HOUR = 18;
/** Every second Saturday evening the harbour has a fair: more people, pictures, presses. */
export const isFair = (hour: number): boolean => {
  const day = dayOf(hour);
  return isSaturday(day) && Math.floor(day / 7) % (FAIR_EVERY_DAYS / 7) === 0 && hour % 24 >= FAIR_FROM_HOUR;
};
export const dayStart = (day: number): number => day * DAY_MS;
