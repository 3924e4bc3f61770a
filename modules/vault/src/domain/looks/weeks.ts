/** What was done with what is held about somebody, as lines that a person reads: week by week, like with like. */
import type { Look, LookLine, LookWeek } from '@cityward/contracts';
import { LOOK_ENTRIES_SHOWN_MAX } from '@cityward/contracts';
import { DAY_MS, localDate, startOfDay, type LocalDate } from '@cityward/kernel';

const THURSDAY = 4;
const DAYS = 7;
/** ISO 8601: the week of a year's first Thursday is its first. */
const WEEK_ID = /^(\d{4})-W(\d{2})$/;

/** 1 for Monday. */
const weekday = (date: LocalDate): number => new Date(utcOf(date)).getUTCDay() || DAYS;
const utcOf = ({ year, month, day }: LocalDate): number => Date.UTC(year, month - 1, day);
function dateOf(utc: number): LocalDate {
  const at = new Date(utc);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

function weekFrom(monday: number, zone: string): LookWeek {
  const thursday = dateOf(monday + (THURSDAY - 1) * DAY_MS);
  const first = Date.UTC(thursday.year, 0, 1);
  const number = Math.floor((utcOf(thursday) - first) / DAY_MS / DAYS) + 1;
  return {
    id: `${thursday.year}-W${String(number).padStart(2, '0')}`,
    from: startOfDay(dateOf(monday), zone),
    to: startOfDay(dateOf(monday + DAYS * DAY_MS), zone),
  };
}

/** The week that a moment lies in, from Monday's first moment to before the next one's, where the city is. */
export function weekOf(at: number, zone: string): LookWeek {
  const today = localDate(at, zone);
  return weekFrom(utcOf(today) - (weekday(today) - 1) * DAY_MS, zone);
}

/** `null` for what names no week, such as `2026-W54`. */
export function weekNamed(id: string, zone: string): LookWeek | null {
  const [, year, number] = WEEK_ID.exec(id) ?? [];
  if (year === undefined) return null;
  // The fourth of January lies in the first week of its year.
  const fourth = dateOf(Date.UTC(Number(year), 0, 4));
  const monday = utcOf(fourth) - (weekday(fourth) - 1) * DAY_MS + (Number(number) - 1) * DAYS * DAY_MS;
  const week = weekFrom(monday, zone);
  return week.id === id ? week : null;
}

export interface Sorted extends Look {
  /** `null` where it is about no record, or one of which nobody knows any more. */
  readonly category: string | null;
}

/**
 * Newest first. What a machine does a thousand times is one line of its week; what a person does is one line of its day, so that two
 * visits on two days stay two.
 */
export function linesOf(looks: readonly Sorted[], zone: string): LookLine[] {
  const lines = new Map<string, { line: LookLine; records: Set<string> }>();
  for (const look of [...looks].sort((a, b) => b.entry - a.entry)) {
    const { what, by, machine, purpose, category, why, consent, at, entry, record } = look;
    const day = machine ? '' : startOfDay(localDate(at, zone), zone);
    const key = JSON.stringify([what, by, purpose, category, why, consent, day]);
    const known = lines.get(key);
    const records = known?.records ?? new Set<string>();
    if (record !== null) records.add(record);
    const line = known?.line ?? {
      ...{ what, by, machine, purpose, category, why, consent },
      ...{ count: 0, records: 0, first: at, last: at, entries: [] },
    };
    const entries = line.entries.length < LOOK_ENTRIES_SHOWN_MAX ? [...line.entries, entry] : line.entries;
    const times = { first: Math.min(line.first, at), last: Math.max(line.last, at) };
    lines.set(key, { records, line: { ...line, ...times, count: line.count + 1, records: records.size, entries } });
  }
  return [...lines.values()].map(({ line }) => line);
}
