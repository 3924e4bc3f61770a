/** The HTTP face of what goes with a consent. */
import { api, type HeldRecord, type Resource } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Grants } from './grants-face.ts';
import { recordsReached } from './reached.ts';

const person = (id: string): Resource => ({ type: 'Person', id, attributes: {} });

export const grantRoutes = (
  grants: Grants,
  recordsOf: (subject: string) => Promise<readonly HeldRecord[]>,
): Route[] => [
  route(
    api.previewConsent,
    ({ body }, { principal }) => Promise.resolve(ok(grants.preview(body, principal.id))),
    ({ body }) => person(body.subject),
  ),
  route(api.handOnConsent, ({ params, body }, { principal }) => grants.handOn(params.id, body, principal.id)),
  route(
    api.listGranted,
    async (_input, { principal }) => {
      const consents = [...(await grants.to(principal.id))];
      return ok({ consents, records: await recordsReached(consents, recordsOf) });
    },
    (_input, { principal }) => person(principal.id),
  ),
];
