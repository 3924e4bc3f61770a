/** Whose data was touched, over HTTP. */
import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Exposures } from './exposures.ts';

export function exposureRoutes(exposures: Exposures): Route[] {
  return [
    route(api.listDatasets, ({ query }) => Promise.resolve(ok(exposures.datasets(query)))),
    route(api.askWhoseData, ({ body: { scope, reason } }, { principal }) => exposures.ask(scope, reason, principal.id)),
    route(api.listExposures, async () => ok({ exposures: [...(await exposures.list())] })),
    route(api.listExposed, async ({ params, query }) => {
      const people = await exposures.people(params.id, query.after);
      if (!people.ok) return people;
      return ok({ people: people.value.map((one) => ({ ...one, touches: [...one.touches] })) });
    }),
    route(api.tellExposed, ({ params, body }, { principal }) => exposures.tell(params.id, body.text, principal.id)),
  ];
}
