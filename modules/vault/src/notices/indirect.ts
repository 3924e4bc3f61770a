/** Whoever is written about by somebody else hears of it (Privacy Act 2020, principle 3A), once a month for each source and sort. */
import { DAY_MS, dayNumber, startOfDay } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import type { Law } from '../law/law.ts';
import type { Lives } from '../lives/lives.ts';
import type { VaultOptions } from '../needs.ts';
import { addNotices, untold } from './notices.ts';

/** Who was told lately of the same from the same source is not told again. */
const AGAIN_AFTER_MS = 30 * DAY_MS;
const CLAUSE = 'nz-ipp-3a';

/** Where something was stored, by whom and when. */
export interface Collected {
  readonly places: readonly { readonly subject: string; readonly category: string }[];
  readonly by: string;
  readonly at: number;
}

export function tellOfCollection({
  law,
  lives,
  zone,
  papers,
}: Pick<VaultOptions, 'zone'> & {
  readonly law: Law;
  readonly lives: Pick<Lives, 'representatives'>;
  /** What the vault's own desk writes: whom it is about is told of that anyway. */
  readonly papers: ReadonlySet<string>;
}): (tx: Tx, collected: Collected) => Promise<void> {
  const { from } = law.clause(CLAUSE);
  const { kind } = law.duty(CLAUSE, 'notice');
  const inForce = from === null ? 0 : startOfDay(dayNumber(from)!, zone);
  // From the person themself, or from who acts for them, it is not collected behind their back.
  const isBehind = (subject: string, by: string): boolean =>
    by !== subject && !lives.representatives(subject).includes(by);
  return async (tx, { places, by, at }) => {
    if (at < inForce) return;
    const behind = places.filter(({ subject, category }) => !papers.has(category) && isBehind(subject, by));
    if (behind.length === 0) return;
    const asked = behind.map(({ subject, category }) => ({ subject, about: { category, by } }));
    const fresh = await untold(tx, asked, { kind, since: at - AGAIN_AFTER_MS });
    await addNotices(
      tx,
      fresh.map((one) => ({ ...one, kind, at, clauses: [CLAUSE], by })),
    );
  };
}
