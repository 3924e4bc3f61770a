/** A device that refuses for the time, and whose own time is another than the city's: its words then say that it is the clock. */
import type { JobReport } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@cityward/kernel';

/** A report may be under way for so long. */
const AGREES_MS = 2 * MINUTE_MS;
const REASON_MAX_CHARS = 300;
const ABOUT_TIME = /^(TOO_EARLY|TOO_LATE|OFFICERS_EXPIRED|CLOCK_UNKNOWN)\b/u;

export function withClock<Report extends Pick<JobReport, 'at' | 'reason' | 'state'>>(
  report: Report,
  now: number,
): Report {
  const { at, reason, state } = report;
  const off = at - now;
  if (state !== 'refused' || reason === null || !ABOUT_TIME.test(reason) || Math.abs(off) < AGREES_MS) return report;
  const words = `Its clock is ${spanOf(Math.abs(off))} ${off > 0 ? 'ahead' : 'behind'}: `;
  return { ...report, reason: `${words}${reason}`.slice(0, REASON_MAX_CHARS) };
}

function spanOf(ms: number): string {
  const [size, unit] =
    ms < 2 * HOUR_MS ? [MINUTE_MS, 'minutes'] : ms < 2 * DAY_MS ? [HOUR_MS, 'hours'] : [DAY_MS, 'days'];
  return `${Math.round(ms / size)} ${unit}`;
}
