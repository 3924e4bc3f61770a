/** Maintenance windows: weekly, in local minutes, with the next opening computed from nothing but the time. */
import { DAY_MS, MINUTE_MS } from '@cityward/kernel';

const DAY_MINUTES = DAY_MS / MINUTE_MS;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** Clocks that jump leave at most two hours in which a window cannot begin. */
const JUMP_MINUTES_MAX = 121;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export interface Window {
  /** 0 is Sunday. */
  readonly days: readonly number[];
  /** Minute of the day it opens, and the first minute it is closed again; `to` at or before `from` is the day after. */
  readonly from: number;
  readonly to: number;
}
/** No window at all means always open. `zone` is an IANA name such as `Pacific/Auckland`. */
export interface Schedule {
  readonly windows: readonly Window[];
  readonly zone: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  return format;
}

/** Local minutes since the beginning of Sunday. */
export function minuteOfWeek(now: number, zone: string): number {
  const part: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(now)) part[type] = value;
  return DAYS.indexOf(part['weekday']!) * DAY_MINUTES + Number(part['hour']) * 60 + Number(part['minute']);
}

const lengthOf = ({ from, to }: Window): number => (to > from ? to - from : to - from + DAY_MINUTES);
const isWithin = (windows: readonly Window[], minute: number): boolean =>
  windows.some((window) =>
    window.days.some((day) => {
      const since = (minute - (day * DAY_MINUTES + window.from) + WEEK_MINUTES) % WEEK_MINUTES;
      return since < lengthOf(window);
    }),
  );

export const isOpen = ({ windows, zone }: Schedule, now: number): boolean =>
  windows.length === 0 || isWithin(windows, minuteOfWeek(now, zone));

/** The first moment from now on at which it is open; `now` itself when it is. */
export function nextOpening(schedule: Schedule, now: number): number {
  if (isOpen(schedule, now)) return now;
  const minute = minuteOfWeek(now, schedule.zone);
  const whole = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  let best = Infinity;
  for (const window of schedule.windows)
    for (const day of window.days) {
      const start = day * DAY_MINUTES + window.from;
      const ahead = (start - minute + WEEK_MINUTES) % WEEK_MINUTES;
      best = Math.min(best, settled(schedule, whole + ahead * MINUTE_MS, start));
    }
  return best;
}

/** A clock that is put forward or back between now and then moves the moment. */
function settled(schedule: Schedule, guess: number, wanted: number): number {
  const half = WEEK_MINUTES / 2;
  const off = ((minuteOfWeek(guess, schedule.zone) - wanted + WEEK_MINUTES + half) % WEEK_MINUTES) - half;
  let at = guess - off * MINUTE_MS;
  for (let tries = 0; tries < JUMP_MINUTES_MAX && !isOpen(schedule, at); tries++) at += MINUTE_MS;
  return at;
}
