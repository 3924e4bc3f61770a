/** The HTTP face of trust: how far devices, networks and people are trusted, and taking back that a device lied. */
import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { err, ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { personUnknown } from './domain/people.ts';
import { deviceResource } from './enrolment-routes.ts';
import type { RouteParts } from './session-answer.ts';

export function trustRoutes({ options, devices, people, trust }: RouteParts): Route[] {
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
        return found.ok ? trust().restore(id, { reason, by: principal.id }) : err(found.error);
      },
      device,
    ),
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
