/** Taking one's data along, over HTTP. */
import { api } from '@cityward/contracts';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import { person } from '../whom.ts';
import type { TakeOut } from './takeout.ts';

export const takeoutRoutes = (takeOut: TakeOut): Route[] => [
  route(
    api.takeOut,
    async ({ query }, { principal }) => {
      const zip = await takeOut(principal, query.after);
      return zip.ok ? ok(new RawAnswer('application/zip', zip.value, 'my-data.zip')) : zip;
    },
    (_, { principal }) => person(principal.id),
  ),
];
