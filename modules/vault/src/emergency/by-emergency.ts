/** To see a record in an emergency: of the one patient, for that purpose, until it is over; and the words of its reason, to review it. */
import type { Purpose } from '@cityward/contracts';
import type { Lives } from '../lives/lives.ts';
import { NOTHING_COUNTED, type Ground, type Look, type Why } from '../viewing/deciding.ts';
import type { RecordHead } from '../records/store.ts';
import { DESK_PAPERS, GLASS_PAPERS } from '../desk-papers.ts';
import type { Emergencies } from './emergencies.ts';
import type { StoredGlass } from './glass-store.ts';

const PURPOSE: Purpose = 'ETREAT';

interface Parts {
  readonly emergencies: Pick<Emergencies, 'openFor' | 'against'>;
  readonly lives: Pick<Lives, 'of'>;
}

export function byEmergency({ emergencies, lives }: Parts): Ground {
  const kept = ({ subject, category }: RecordHead): Why | null =>
    DESK_PAPERS.has(category) || lives.of(subject).excluded.includes(category) ? 'excluded' : null;
  return (look, head) => {
    if (look.principal.type !== 'Person') return null;
    const found = emergencies.openFor(head.subject, look.principal.id);
    if (found === null || 'why' in found) return found;
    if (look.purpose !== PURPOSE) return { why: 'another-purpose' };
    const why = kept(head);
    if (why !== null) return { why };
    const { glass } = found;
    return {
      by: 'emergency',
      data: { glass: glass.id },
      until: glass.until,
      count: NOTHING_COUNTED,
      against: () => emergencies.against(glass) ?? kept(head),
    };
  };
}

/** Whoever reviews broken glass reads the reason, as long as it waits for them. */
export const toReview =
  (emergencies: Pick<Emergencies, 'ofPaper'>): Ground =>
  (look: Look, { id, category }: RecordHead) => {
    if (category !== GLASS_PAPERS || look.principal.type !== 'Person') return null;
    const waits = (glass: StoredGlass | null): boolean =>
      glass !== null && glass.review === null && glass.by !== look.principal.id;
    const glass = emergencies.ofPaper(id);
    if (!waits(glass)) return null;
    return {
      by: 'duty',
      data: { glass: glass!.id },
      count: NOTHING_COUNTED,
      against: () => (waits(emergencies.ofPaper(id)) ? null : 'reviewed'),
    };
  };
