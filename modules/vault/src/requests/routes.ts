/** The HTTP face of requests by law, the register and the law itself. */
import { api, type Resource } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Law } from '../law/law.ts';
import type { VaultOptions } from '../needs.ts';
import { person, whom } from '../whom.ts';
import { lawShown, registerOf } from './register.ts';
import type { Requests } from './requests.ts';

interface Parts extends Pick<VaultOptions, 'sql' | 'clock' | 'retention'> {
  readonly requests: () => Requests;
  readonly law: Law;
}

export function requestRoutes({ sql, clock, retention, requests, law }: Parts): Route[] {
  return [
    route(
      api.makeRequest,
      ({ body }, { principal }) => requests().make(body, principal.id),
      ({ body }): Resource => person(body.subject),
    ),
    route(
      api.listRequests,
      async ({ query }, { principal }) => ok({ requests: await requests().of(whom(query, principal)) }),
      ({ query }, { principal }) => person(whom(query, principal)),
    ),
    route(
      api.withdrawRequest,
      ({ params }, { principal }) => requests().withdraw(params.id, principal.id),
      // One that nobody made is nobody's: whoever asks is told so.
      async ({ params }, { principal }) => person((await requests().subjectOf(params.id)) ?? principal.id),
    ),
    route(api.listOpenRequests, async () => ok({ requests: await requests().waiting() })),
    route(api.extendRequest, ({ params, body }, { principal }) => requests().extend(params.id, body, principal.id)),
    route(api.answerRequest, ({ params, body }, { principal }) => requests().answer(params.id, body, principal.id)),
    route(api.getRegister, async () => ok(await registerOf({ sql, law, retention }, clock()))),
    route(api.getLaw, () => Promise.resolve(ok(lawShown(law)))),
  ];
}
