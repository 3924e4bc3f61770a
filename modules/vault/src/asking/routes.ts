/** The HTTP face of requests to see records. */
import { api, type AccessRequest, type Resource } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Asking } from './asking.ts';

const person = (id: string): Resource => ({ type: 'Person', id, attributes: {} });
const listed = (requests: readonly AccessRequest[]) => ({
  requests: [...requests],
  open: requests.filter(({ state }) => state === 'open').length,
});

export const askingRoutes = (asking: () => Asking): Route[] => [
  route(api.askForAccess, ({ body }, { principal }) => asking().ask(body, principal.id)),
  route(
    api.listAccessAsked,
    async (_input, { principal }) => ok(listed(await asking().asked(principal.id))),
    (_input, { principal }) => person(principal.id),
  ),
  // Of one's own alone: to anybody else there is none of that id.
  route(
    api.withdrawAccessRequest,
    ({ params }, { principal }) => asking().withdraw(params.id, principal.id),
    (_input, { principal }) => person(principal.id),
  ),
  route(
    api.listAccessRequests,
    async ({ query }, { principal }) => ok(listed(await asking().about(query.subject ?? principal.id))),
    ({ query }, { principal }) => person(query.subject ?? principal.id),
  ),
  route(
    api.answerAccessRequest,
    ({ params, body }, { principal }) => asking().answer(params.id, body, principal.id),
    // The one that policy was asked about is the one whose records it is: read from the request, never from who answers.
    async ({ params }) => person((await asking().subjectOf(params.id)) ?? 'nobody'),
  ),
];
