/** The HTTP face of networks: who is registered, whom each may speak for, codes and the end. */
import { api } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { err, ok, refuse } from '@cityward/kernel';
import type { Devices } from './devices.ts';
import { unknownNetwork } from './networks.ts';

export interface NetworkRouteParts {
  readonly devices: () => Devices;
  readonly estUrl: string | undefined;
}

export function networkRoutes({ devices, estUrl }: NetworkRouteParts): Route[] {
  const networks = () => devices().networks;
  return [
    route(api.listNetworks, () => Promise.resolve(ok({ networks: [...networks().list()] }))),
    route(api.registerNetwork, ({ body }, caller) => networks().add(body, caller.principal.id)),
    route(api.setSpeaksFor, ({ params, body }, caller) =>
      networks().setSpeaksFor(params.id, body, caller.principal.id),
    ),
    route(api.issueNetworkCode, async ({ params }, caller) => {
      const found = networks().get(params.id);
      if (!found) return unknownNetwork('issue code for', params.id);
      if (found.state === 'ended')
        return refuse('conflict', 'NETWORK_ENDED', `issue code for "${params.id}": its identity has ended`);
      const [issued] = await devices().enrolment.issueCodes([params.id], caller.principal.id);
      const { device: network, code, expires } = issued!;
      return ok({ network, code, expires, url: `${estUrl ?? ''}/.well-known/est` });
    }),
    route(api.endNetwork, async ({ params, body }, caller) => {
      if (!networks().get(params.id)) return unknownNetwork('end', params.id);
      const because = { as: 'retired', reason: body.reason, by: caller.principal.id } as const;
      const ended = await devices().standing.end(params.id, because);
      return ended.ok ? ok(networks().get(params.id)!) : err(ended.error);
    }),
  ];
}
