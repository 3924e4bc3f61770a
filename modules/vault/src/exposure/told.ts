/** Notices of an incident, with what the person is told of it: kept once for all, so that a notice itself has ids alone. */
import type { Notice, Touch } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { readTold } from './exposure-store.ts';

export async function withExposures(
  sql: Pick<Sql, 'for'>,
  subject: string,
  notices: readonly Notice[],
): Promise<Notice[]> {
  const ids = notices.flatMap(({ kind, about }) => (kind === 'exposed' ? [String(about['exposure'])] : []));
  if (ids.length === 0) return [...notices];
  const told = await readTold(sql, subject, ids);
  return notices.map((notice) => {
    const one = notice.kind === 'exposed' ? told.get(String(notice.about['exposure'])) : undefined;
    if (one === undefined) return notice;
    const { words: text, scope, touches } = one;
    return { ...notice, about: { ...notice.about, text, from: scope.from, to: scope.to, ...touchedOf(touches) } };
  });
}

/** Categories by what was done with them, and the names of datasets. */
function touchedOf(touches: readonly Touch[]): Record<Exclude<Touch['of'], 'dataset'> | 'datasets', string[]> {
  const kinds = (of: Touch['of']): string[] =>
    touches.flatMap((touch) => (touch.of === of && touch.of !== 'dataset' ? [touch.category] : []));
  const datasets = touches.flatMap((touch) => (touch.of === 'dataset' ? [touch.name] : []));
  return { stored: kinds('stored'), viewed: kinds('viewed'), exported: kinds('exported'), datasets };
}
