/** What goes beyond what was asked: a person who agrees may give less, and a page in between cannot make it more. */
import type { AccessAnswer, AccessRequest } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';

type Agreed = Extract<AccessAnswer, { answer: 'agree' }>;

export function beyondAsked(
  asked: Pick<AccessRequest, 'scope' | 'rights' | 'days'>,
  { scope, rights, from, until }: Agreed,
  now: number,
): readonly string[] {
  const faults: string[] = [];
  const extra = rights.filter((right) => !asked.rights.includes(right));
  if (extra.length > 0) faults.push(`rights "${extra.join(', ')}": wanted none that were not asked for`);
  if (!isWithin(scope, asked.scope)) faults.push('scope: wanted within what was asked for');
  // Whole days as people count them: the last one to its end.
  if (until > Math.max(from, now) + (asked.days + 1) * DAY_MS)
    faults.push(`end: wanted within the ${asked.days} days that were asked for`);
  return faults;
}

function isWithin(given: Agreed['scope'], asked: Agreed['scope']): boolean {
  const wanted: readonly string[] = asked.of === 'categories' ? asked.categories : asked.records;
  const listed: readonly string[] = given.of === 'categories' ? given.categories : given.records;
  return given.of === asked.of && listed.every((one) => wanted.includes(one));
}
