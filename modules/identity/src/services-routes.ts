/** The HTTP face of cloud services: who is registered, with what reach, and the end. */
import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import { CERTIFY_PATH, type Cloud } from './cloud.ts';
import { OAUTH_PATHS } from './oauth.ts';

export function servicesRoutes(cloud: () => Cloud): Route[] {
  const services = () => cloud().services;
  return [
    route(api.listServices, () => Promise.resolve(ok({ services: services().list(), issuer: cloud().issuer }))),
    route(api.registerService, ({ body }, { principal }) => services().add(body, principal.id)),
    route(api.setServiceReach, ({ params, body }, { principal }) => services().setReach(params.id, body, principal.id)),
    route(api.setServiceKey, ({ params, body }, { principal }) =>
      services().setKey(params.id, body.publicKey, principal.id),
    ),
    route(api.issueServiceSecret, async ({ params }, { principal }) => {
      const secret = await services().issueSecret(params.id, principal.id);
      if (!secret.ok) return secret;
      return ok({ service: params.id, secret: secret.value, tokenUrl: `${cloud().issuer}${OAUTH_PATHS.token}` });
    }),
    route(api.issueServiceCode, async ({ params }, { principal }) => {
      const issued = await services().issueCode(params.id, principal.id);
      if (!issued.ok) return issued;
      return ok({ service: params.id, ...issued.value, url: `${cloud().issuer}${CERTIFY_PATH}` });
    }),
    route(api.endService, ({ params, body }, { principal }) =>
      services().end(params.id, { reason: body.reason, by: principal.id }),
    ),
  ];
}
