import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Custody } from './custody.ts';

export const custodyRoutes = (custody: Custody): Route[] => [
  route(api.vaultStanding, async () => ok(await custody.standing())),
  route(api.backUpVault, ({ body }, { principal }) => custody.backUp({ ...body, by: principal.id })),
  route(api.restoreVault, ({ body }, { principal }) => custody.restore({ ...body, by: principal.id })),
  route(api.vaultOpening, () => custody.opening()),
  route(api.openVault, ({ body }) => custody.open(body.opening, body.signatures)),
  route(api.eraseVault, ({ body }, { principal }) => custody.erase({ ...body, by: principal.id })),
];
