/** What was done with what is held about somebody, as lines that a person reads: week by week, like with like. */
import type { Look, LookLine, LookWeek } from '@cityward/contracts';
import { LOOK_ENTRIES_SHOWN_MAX } from '@cityward/contracts';
import { dateOf, dayAt, dayNumber, mondayOf, startOfDay, type DayNumber } from '@cityward/kernel';

const DAYS = 7;
/** A week is of the year that its Thursday is in. */
const THURSDAY_AFTER_MONDAY = 3;
/** ISO 8601: the week of a year's first Thursday is its first. */
const WEEK_ID = /^(\d{4})-W(\d{2})$/;

function weekFrom(monday: DayNumber, zone: string): LookWeek {
  const thursday = monday + THURSDAY_AFTER_MONDAY;
  const year = dateOf(thursday).slice(0, 4);
  const number = Math.floor((thursday - dayNumber(`${year}-01-01`)!) / DAYS) + 1;
  return {
    id: `${year}-W${String(number).padStart(2, '0')}`,
    from: startOfDay(monday, zone),
    to: startOfDay(monday + DAYS, zone),
  };
}

/** The week that a moment lies in, from Monday's first moment to before the next one's, where the city is. */
export const weekOf = (at: number, zone: string): LookWeek => weekFrom(mondayOf(dayAt(at, zone)), zone);

/** `null` for what names no week, such as `2026-W54`. */
export function weekNamed(id: string, zone: string): LookWeek | null {
  const [, year, number] = WEEK_ID.exec(id) ?? [];
  // The fourth of January lies in the first week of its year.
  const fourth = year === undefined ? null : dayNumber(`${year}-01-04`);
  if (fourth === null) return null;
  const week = weekFrom(mondayOf(fourth) + (Number(number) - 1) * DAYS, zone);
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
    const {
      what,
      by,
      machine,
      purpose,
      category,
      why,
      consent,
      emergency,
      at,
      entry,
      record,
      times: stands = 1,
    } = look;
    const day = machine ? '' : dayAt(at, zone);
    const key = JSON.stringify([what, by, purpose, category, why, consent, emergency, day]);
    const known = lines.get(key);
    const records = known?.records ?? new Set<string>();
    if (record !== null) records.add(record);
    const line = known?.line ?? {
      ...{ what, by, machine, purpose, category, why, consent, emergency },
      ...{ count: 0, records: 0, first: at, last: at, entries: [] },
    };
    const entries = line.entries.length < LOOK_ENTRIES_SHOWN_MAX ? [...line.entries, entry] : line.entries;
    const times = { first: Math.min(line.first, at), last: Math.max(line.last, at) };
    lines.set(key, {
      records,
      line: { ...line, ...times, count: line.count + stands, records: records.size, entries },
    });
  }
  return [...lines.values()].map(({ line }) => line);
}
