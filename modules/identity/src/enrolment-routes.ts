/** The HTTP face of the ways in and out: makers' roots, who waits, who was kept out, and the end of an identity. */
import { api, type EntityAttributes, type Resource } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { err, ok, refuse } from '@cityward/kernel';
import type { Devices } from './devices.ts';
import type { Directory } from './needs.ts';

export interface EnrolmentRouteParts {
  readonly directory: Directory;
  readonly devices: () => Devices;
}

/** Asked of policy about a device: what it is and where it stands. */
export const deviceResource =
  (directory: Directory) =>
  ({ params }: { readonly params: { readonly id: string } }): Resource => {
    const known = directory.device(params.id);
    const attributes: EntityAttributes = { class: known?.class ?? 'other', site: known?.site ?? '' };
    return { type: 'Device', id: params.id, attributes };
  };

export const enrolmentRoutes = (parts: EnrolmentRouteParts): Route[] => [
  ...makerRoutes(parts),
  ...waitingRoutes(parts),
  ...endRoutes(parts),
];

function makerRoutes({ devices }: EnrolmentRouteParts): Route[] {
  const list = () => ({ roots: [...devices().makers.list()] });
  return [
    route(api.listMakerRoots, () => Promise.resolve(ok(list()))),
    route(api.pinMakerRoot, ({ body }, caller) =>
      devices().makers.pin({ ...body, approval: body.approval ?? 'automatic' }, caller.principal.id),
    ),
    route(api.removeMakerRoot, async ({ params }, caller) => {
      const removed = await devices().makers.remove(params.fingerprint, caller.principal.id);
      return removed.ok ? ok(list()) : err(removed.error);
    }),
  ];
}

function waitingRoutes({ devices }: EnrolmentRouteParts): Route[] {
  return [
    route(api.listEnrolments, () => Promise.resolve(ok({ enrolments: [...devices().approvals.list()] }))),
    route(api.approveEnrolment, ({ params, body }, caller) =>
      devices().approvals.approve(params.id, caller.principal.id, body.reason),
    ),
    route(api.refuseEnrolment, ({ params, body }, caller) =>
      devices().approvals.refuse(params.id, caller.principal.id, body.reason),
    ),
    route(api.listDiscoveries, () => Promise.resolve(ok({ discoveries: [...devices().discoveries.list()] }))),
    route(api.dismissDiscovery, ({ params, body }, caller) =>
      devices().discoveries.dismiss(params.id, caller.principal.id, body.reason),
    ),
  ];
}

function endRoutes({ directory, devices }: EnrolmentRouteParts): Route[] {
  return [
    route(
      api.endIdentity,
      async ({ params, body }, caller) => {
        if (!directory.device(params.id))
          return refuse('not-found', 'DEVICE_UNKNOWN', `end identity of "${params.id}": the city has no such device`);
        const ended = await devices().standing.end(params.id, { ...body, by: caller.principal.id });
        return ended.ok ? ok({ device: params.id, state: 'ended' as const }) : err(ended.error);
      },
      deviceResource(directory),
    ),
  ];
}
