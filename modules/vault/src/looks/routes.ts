/** Who looked, over HTTP. */
import { api } from '@cityward/contracts';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok, refuse } from '@cityward/kernel';
import { person, whom } from '../whom.ts';
import type { Looks } from './looks.ts';

export function looksRoutes(looks: Looks): Route[] {
  return [
    route(
      api.listLooks,
      async ({ query }, { principal }) => ok({ looks: [...(await looks.list(whom(query, principal), query))] }),
      ({ query }, { principal }) => person(whom(query, principal)),
    ),
    route(
      api.looksOfWeek,
      ({ query }, { principal }) => looks.week(whom(query, principal), query.week),
      ({ query }, { principal }) => person(whom(query, principal)),
    ),
    route(
      api.proveLooks,
      async ({ query }, { principal }) => {
        const subject = whom(query, principal);
        const pack = await looks.prove(subject, query.week, principal.id);
        if (!pack.ok) return pack;
        if (pack.value === null)
          return refuse(
            'not-found',
            'NOBODY_LOOKED',
            `prove what was done with what is held about "${subject}": nothing was, that week`,
          );
        return ok(new RawAnswer('application/zip', pack.value, 'who-looked.zip'));
      },
      ({ query }, { principal }) => person(whom(query, principal)),
    ),
  ];
}
