/** Whoever answers a request reads what was asked, as long as it waits. */
import { NOTHING_COUNTED, type Ground } from '../viewing/deciding.ts';
import { REQUEST_PAPERS } from '../desk-papers.ts';
import type { Requests } from './requests.ts';

export const toAnswer =
  (requests: Pick<Requests, 'paperOf'>): Ground =>
  ({ principal }, { id, category }) => {
    if (category !== REQUEST_PAPERS || principal.type !== 'Person') return null;
    const asked = requests.paperOf(id);
    if (asked === null || [asked.by, asked.subject].includes(principal.id)) return null;
    return {
      by: 'duty',
      data: { request: asked.request },
      count: NOTHING_COUNTED,
      against: () => (requests.paperOf(id) === null ? 'reviewed' : null),
    };
  };
