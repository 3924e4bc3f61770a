/** A request by law: when it is due, what makes it longer, and what an answer has to say. */
import { startOfDay, type DayNumber } from '@cityward/kernel';
import type { Regime, RequestKind } from '@cityward/contracts';
import { monthsAfter } from '../lives/calendar-sums.ts';
import type { Calendar, Clause, Duty, Span } from './clause.ts';
import { workingDaysAfter } from './working-days.ts';

export interface Clockwork {
  readonly calendar: Calendar;
  readonly zone: string;
}

/** The clause whose clock runs for a request; each kind has exactly one in each regime. */
export const CLOCK_OF: Readonly<Record<Regime, Readonly<Record<RequestKind, string>>>> = {
  nz: { access: 'nz-pa-44', portability: 'nz-pa-44', correction: 'nz-pa-63', erasure: 'nz-pa-63' },
  eu: { access: 'eu-gdpr-12-3', portability: 'eu-gdpr-12-3', correction: 'eu-gdpr-12-3', erasure: 'eu-gdpr-12-3' },
};

const lastDay = (from: DayNumber, span: Span, calendar: Calendar): DayNumber =>
  'workingDays' in span ? workingDaysAfter(calendar, from, span.workingDays) : monthsAfter(from, span.months);

/** The end of the last day, where the city is. The day on which the request came is not counted. */
export const dueAfter = (from: DayNumber, span: Span, { calendar, zone }: Clockwork): number =>
  startOfDay(lastDay(from, span, calendar) + 1, zone);

/** Has the clause a duty of that sort about this kind of request, under this law? */
export function dutyFor<Is extends 'refusal' | 'extension'>(
  clause: Clause,
  { is, kind, regime }: { readonly is: Is; readonly kind: RequestKind; readonly regime: Regime },
): Extract<Duty, { is: Is }> | null {
  if (!clause.id.startsWith(`${regime}-`)) return null;
  const found = clause.duties.find(
    (one): one is Extract<Duty, { is: Is }> => one.is === is && (one.of as readonly string[]).includes(kind),
  );
  return found ?? null;
}
