/** The HTTP face of receipts. */
import { api } from '@cityward/contracts';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Grants } from '../consents/grants-face.ts';
import { person } from '../whom.ts';
import type { Receipts } from './receipts.ts';

export const receiptRoutes = (receipts: () => Receipts, grants: Pick<Grants, 'partiesOf'>): Route[] => [
  route(
    api.getReceipt,
    async ({ params, query }) => {
      const file = await receipts().of(params.id, query.event);
      if (!file.ok) return file;
      const name = `receipt-${params.id}-${file.value.signed.receipt.events.at(-1)!.event_state}.json`;
      return ok(new RawAnswer('application/ld+json', Buffer.from(JSON.stringify(file.value)), name));
    },
    async ({ params }, { principal }) => person((await grants.partiesOf(params.id))?.subject ?? principal.id),
  ),
];
