/** To see a record as the one who acts for its owner, and who never sees it again. */
import type { Purpose } from '@cityward/contracts';
import { actsFor, isKept } from '../domain/lives/life.ts';
import type { VaultOptions } from '../needs.ts';
import type { RecordHead } from '../records/store.ts';
import { NOTHING_COUNTED, type Bar, type Ground, type Look, type Why } from '../viewing/deciding.ts';
import type { Lives } from './lives.ts';

/** HL7: asked for by family, or by whoever acts for the person. */
const PURPOSE: Purpose = 'FAMRQT';

interface Parts extends Pick<VaultOptions, 'clock'> {
  readonly lives: Pick<Lives, 'of'>;
}

export function byStanding({ lives, clock }: Parts): Ground {
  const asked = (
    look: Look,
    { subject, category }: RecordHead,
  ): { readonly id: string } | { readonly why: Why } | null => {
    const life = lives.of(subject);
    const found = actsFor(life, look.principal.id, clock());
    if (found === null || 'why' in found) return found;
    if (look.purpose !== PURPOSE) return { why: 'another-purpose' };
    return isKept(life, category) ? { why: 'kept-from-representative' } : { id: found.standing.id };
  };
  return (look, head) => {
    if (look.principal.type !== 'Person' || look.principal.id === head.subject) return null;
    const found = asked(look, head);
    if (found === null || 'why' in found) return found;
    return {
      by: 'standing',
      data: { standing: found.id },
      count: NOTHING_COUNTED,
      against: () => {
        const now = asked(look, head);
        return now === null ? 'standing-ended' : 'why' in now ? now.why : null;
      },
    };
  };
}

/** Whoever signs in as somebody who died is not that person. */
export const outlivedBar =
  (lives: Pick<Lives, 'of'>): Bar =>
  ({ subject }, { principal }) =>
    principal.id === subject && lives.of(subject).diedAt !== null ? 'deceased' : null;
