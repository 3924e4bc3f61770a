/** Times as people read them: local with UTC on hover; an age that counts up. */
import type { ReactNode } from 'react';
import { useNow } from '../live/hooks.ts';
import { formatAge, formatMoment, formatSeconds, formatSpan, formatUntil, formatUtc } from './format.ts';

interface At {
  readonly at: number;
}
const iso = (at: number): string => new Date(at).toISOString();

export const Moment = ({ at }: At): ReactNode => (
  <time dateTime={iso(at)} title={formatUtc(at)}>
    {formatMoment(at)}
  </time>
);

export const ClockTime = ({ at }: At): ReactNode => (
  <time dateTime={iso(at)} title={formatUtc(at)}>
    {formatSeconds(at)}
  </time>
);

export function Age({ at }: At): ReactNode {
  const now = useNow();
  return (
    <time dateTime={iso(at)} title={`${formatMoment(at)} · ${formatUtc(at)}`}>
      {formatAge(at, now)}
    </time>
  );
}

export function Until({ at }: At): ReactNode {
  const now = useNow();
  return (
    <time dateTime={iso(at)} title={`${formatMoment(at)} · ${formatUtc(at)}`}>
      {formatUntil(at, now)}
    </time>
  );
}

/** How long something has held: `3 h`. */
export function Held({ since }: { readonly since: number }): ReactNode {
  const now = useNow();
  return (
    <time dateTime={iso(since)} title={`${formatMoment(since)} · ${formatUtc(since)}`}>
      {formatSpan(now - since)}
    </time>
  );
}

const sameDay = (a: number, b: number): boolean => new Date(a).toDateString() === new Date(b).toDateString();

/** The time of day with seconds today, the date and time of day otherwise. */
export function Brief({ at }: At): ReactNode {
  const now = useNow(60_000);
  return sameDay(at, now) ? <ClockTime at={at} /> : <Moment at={at} />;
}
