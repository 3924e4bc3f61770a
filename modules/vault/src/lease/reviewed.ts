/** The journal, with whoever shows something asked again before anything is written: what changed in memory is dark at once. */
import type { VaultChange, VaultJournal } from '../vault-journal.ts';
import type { Changed } from './views.ts';

const changedBy = (change: Partial<VaultChange>): Changed => ({
  ...('consent' in change ? { consent: change.consent } : {}),
  ...('subject' in change ? { subject: change.subject } : {}),
  ...('record' in change ? { record: change.record } : {}),
  ...('subject' in change ? { subject: change.subject } : {}),
  ...('event' in change ? { subject: change.event.subject } : {}),
});

export const reviewed = (journal: VaultJournal, review: (changed: Changed) => void): VaultJournal => ({
  ...journal,
  append: (changes) => {
    // A use takes nothing from whoever looks already.
    for (const change of changes) if (change.do !== 'use') review(changedBy(change));
    return journal.append(changes);
  },
});
