/** To look at a sealed record: whoever two officers opened it for, at nothing but a view of it, until it is over. */
import type { Purpose } from '@cityward/contracts';
import { NOTHING_COUNTED, type Ground, type Why } from '../viewing/deciding.ts';
import type { Unsealings } from './unsealings.ts';

/** What the city does by law, not what somebody is treated for. */
const PURPOSE: Purpose = 'HOPERAT';

export const byUnsealing =
  (unsealings: Pick<Unsealings, 'openFor' | 'against'>): Ground =>
  ({ principal, right, purpose }, { id: record }) => {
    if (principal.type !== 'Person') return null;
    const found = unsealings.openFor(record, principal.id);
    if (found === null) return null;
    const { id, until } = found;
    const against = (): Why | null => unsealings.against(id, record);
    if (right !== 'view') return { why: 'right-not-given' };
    const why = purpose === PURPOSE ? against() : 'another-purpose';
    if (why !== null) return { why };
    return {
      by: 'unsealing',
      lifts: 'sealed',
      data: { unsealing: id },
      until: until!,
      count: NOTHING_COUNTED,
      against,
    };
  };
