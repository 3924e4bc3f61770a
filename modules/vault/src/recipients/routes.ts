/** Recipients over HTTP. */
import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Recipients } from './recipients.ts';

export const recipientRoutes = (recipients: () => Recipients): Route[] => [
  route(api.listRecipients, async () => ok({ recipients: [...(await recipients().list())] })),
  route(api.keepRecipient, ({ body }, { principal }) => recipients().keep(body, principal.id)),
  route(api.noteRecipientCopy, ({ params, body }, { principal }) =>
    recipients().note(params.id, { ...body, by: principal.id }),
  ),
  route(api.listRecipientRequests, async ({ query }) => ok({ requests: await recipients().requests(query.state) })),
  route(api.getRecipientRequest, ({ params }) => recipients().file(params.id)),
  route(api.takeReceipt, ({ params, body }, { principal }) => recipients().take(params.id, body, principal.id)),
];
