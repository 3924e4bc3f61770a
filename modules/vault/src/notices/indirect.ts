/** Whoever is written about by somebody else hears of it (Privacy Act 2020, principle 3A), once a month for each source and sort. */
import { DAY_MS, dayNumber, startOfDay } from '@cityward/kernel';
import type { Tx } from '@cityward/sql';
import type { Law } from '../law/law.ts';
import type { Lives } from '../lives/lives.ts';
import type { VaultOptions } from '../needs.ts';
import { addNotice, wasTold } from './notices.ts';

/** Who was told lately of the same from the same source is not told again. */
const AGAIN_AFTER_MS = 30 * DAY_MS;
const CLAUSE = 'nz-ipp-3a';

export interface Collected {
  readonly subject: string;
  readonly category: string;
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
  return async (tx, { subject, category, by, at }) => {
    // From the person themself, or from who acts for them, it is not collected behind their back.
    if (at < inForce || papers.has(category) || by === subject || lives.representatives(subject).includes(by)) return;
    const about = { category, by };
    if (await wasTold(tx, { subject, kind, about, since: at - AGAIN_AFTER_MS })) return;
    await addNotice(tx, { subject, kind, at, about, clauses: [CLAUSE], by });
  };
}
