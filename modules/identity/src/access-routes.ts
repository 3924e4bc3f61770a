/** The HTTP face of temporary access: policy is asked about the person it is for. */
import { api, type Resource } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { AccessDesk } from './access-desk.ts';
import type { People } from './people.ts';

const about = (person: string): Resource => ({ type: 'Person', id: person, attributes: {} });

export function accessRoutes(desk: () => AccessDesk, people: () => Pick<People, 'get'>): Route[] {
  /** Nobody's, where there is no such access: policy answers before anybody learns which ids there are. */
  const holder = ({ params }: { readonly params: { readonly id: string } }): Resource =>
    about(desk().get(params.id)?.person ?? 'nobody');
  return [
    route(api.listAccess, () => {
      const access = [...desk().list()];
      const ids = new Set(access.flatMap((one) => [one.person, one.by, one.judged?.by ?? '', one.ended?.by ?? '']));
      const named = [...ids].flatMap((id) => people().get(id) ?? []).map(({ id, handle }) => ({ id, handle }));
      return Promise.resolve(ok({ access, people: named }));
    }),
    route(
      api.myAccess,
      (_input, { principal }) => Promise.resolve(ok({ access: [...desk().list(principal.id)] })),
      (_input, { principal }) => about(principal.id),
    ),
    route(
      api.askAccess,
      ({ body }, { principal }) => desk().ask({ ...body, person: body.person ?? principal.id }, principal.id),
      ({ body }, { principal }) => about(body.person ?? principal.id),
    ),
    route(
      api.judgeAccess,
      ({ params, body }, { principal }) => desk().judge(params.id, { ...body, by: principal.id }),
      holder,
    ),
    route(
      api.endAccess,
      ({ params, body }, { principal }) => desk().end(params.id, { reason: body.reason, by: principal.id }),
      holder,
    ),
  ];
}
