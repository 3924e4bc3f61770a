/** Pictures of records over HTTP, and whose copy a picture is. */
import { api } from '@cityward/contracts';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import { signInOf } from '../lease/view-routes.ts';
import type { Vault } from '../service.ts';

/** Without a purpose it is one's own record that is asked for. */
const OWN_PURPOSE = 'PATRQT';
const PICTURE = 'image/jpeg';

export function pictureRoutes(vault: Pick<Vault, 'picture' | 'trace'>): Route[] {
  return [
    route(api.viewPage, async ({ params, query }, { principal, sessionToken }) => {
      const { purpose = OWN_PURPOSE, version } = query;
      const look = { record: params.id, version, purpose, principal };
      const session = signInOf(sessionToken);
      const shown = await vault.picture({ look, page: Number(params.page), session });
      return shown.ok ? ok(new RawAnswer(PICTURE, shown.value.jpeg)) : shown;
    }),
    route(api.tracePicture, ({ body }, { principal }) =>
      vault.trace(Buffer.from(body.picture, 'base64'), principal.id),
    ),
  ];
}
