/** The HTTP face of trust: how far devices, networks, services and people are trusted, and what a person takes back. */
import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { err, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { personUnknown } from './domain/people.ts';
import { serviceUnknown } from './domain/services.ts';
import { deviceResource } from './enrolment-routes.ts';
import type { RouteParts } from './session-answer.ts';

export function trustRoutes({ options, devices, people, trust, cloud }: RouteParts): Route[] {
  const { directory } = options;
  const device = deviceResource(directory);
  const known = (id: string): Result<void, Refusal> =>
    directory.device(id)
      ? ok(undefined)
      : refuse('not-found', 'DEVICE_UNKNOWN', `find device "${id}": the city has no such device`);
  return [
    route(
      api.getDeviceTrust,
      ({ params: { id } }) => {
        const found = known(id);
        return Promise.resolve(found.ok ? ok(trust().viewOf({ kind: 'device', id })) : err(found.error));
      },
      device,
    ),
    route(
      api.restoreDeviceTrust,
      async ({ params: { id }, body: { reason } }, { principal }) => {
        const found = known(id);
        return found.ok ? trust().restore({ kind: 'device', id }, { reason, by: principal.id }) : err(found.error);
      },
      device,
    ),
    ...serviceTrustRoutes({ trust, cloud }),
    route(api.getNetworkTrust, ({ params: { id } }) => {
      const found = devices().networks.get(id) !== null;
      const unknown = refuse('not-found', 'NETWORK_UNKNOWN', `find network "${id}": there is none with this id`);
      return Promise.resolve(found ? ok(trust().viewOf({ kind: 'network', id })) : unknown);
    }),
    route(api.getPersonTrust, ({ params: { id } }) => {
      const found = people().get(id);
      return Promise.resolve(found ? ok(trust().viewOf({ kind: 'person', id })) : personUnknown(id));
    }),
  ];
}

function serviceTrustRoutes({ trust, cloud }: Pick<RouteParts, 'trust' | 'cloud'>): Route[] {
  const known = (id: string): boolean => cloud().services.has(id);
  return [
    route(api.getServiceTrust, ({ params: { id } }) =>
      Promise.resolve(known(id) ? ok(trust().viewOf({ kind: 'service', id })) : serviceUnknown(id)),
    ),
    route(api.restoreServiceTrust, async ({ params: { id }, body: { reason } }, { principal }) => {
      if (!known(id)) return serviceUnknown(id);
      const restored = await trust().restore({ kind: 'service', id }, { reason, by: principal.id });
      if (restored.ok) cloud().conduct.forgiven(id);
      return restored;
    }),
  ];
}
