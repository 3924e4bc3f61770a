/** The HTTP face of opening what is sealed. */
import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Unsealings } from './unsealings.ts';

export const unsealingRoutes = (unsealings: () => Unsealings): Route[] => [
  route(api.listUnsealings, ({ query }) => Promise.resolve(ok({ unsealings: [...unsealings().list(query.subject)] }))),
  route(api.listOwnUnsealings, (_, { principal }) =>
    Promise.resolve(ok({ unsealings: [...unsealings().of(principal.id)] })),
  ),
  route(api.askUnsealing, ({ body }, { principal }) => unsealings().ask(body, principal.id)),
  route(api.approveUnsealing, ({ params }, { principal }) => unsealings().approve(params.id, principal.id)),
  route(api.endUnsealing, ({ params }, { principal }) => unsealings().end(params.id, principal.id)),
];
