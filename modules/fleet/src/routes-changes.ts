/** Changes, desired state and drift over HTTP. */
import { api } from '@cityward/contracts';
import { ok } from '@cityward/kernel';
import { route, type Route } from '@cityward/http';
import type { Changes } from './changes.ts';
import type { DesiredState } from './desired.ts';
import type { Steering } from './domain/rollout/gates.ts';

export interface ChangeRouteParts {
  readonly changes: Changes;
  readonly desired: DesiredState;
}

export function changeRoutes({ changes, desired }: ChangeRouteParts): readonly Route[] {
  const steered = (
    endpoint: typeof api.pauseChange | typeof api.resumeChange | typeof api.stopChange | typeof api.rollBackChange,
    how: Steering,
  ): Route =>
    route(endpoint as typeof api.pauseChange, ({ params, body }, caller) =>
      changes.steer(params.id, { how, reason: body.reason, by: caller.principal.id }),
    );
  return [
    route(api.listChanges, async () => ok({ changes: [...(await changes.list())] })),
    route(api.getChange, ({ params }) => changes.get(params.id)),
    route(api.planChange, ({ body }) => Promise.resolve(changes.plan(body))),
    route(api.addChange, async ({ body }, caller) => {
      const added = await changes.add(body, caller.principal.id);
      return added.ok ? ok({ changes: [...added.value] }) : added;
    }),
    route(api.startChange, ({ params, body }, caller) => changes.begin(params.id, caller.principal.id, body.reason)),
    steered(api.pauseChange, 'pause'),
    steered(api.resumeChange, 'resume'),
    steered(api.stopChange, 'stop'),
    steered(api.rollBackChange, 'roll-back'),
    route(api.listAttempts, ({ params, query }) => changes.attempts(params.id, query)),
    route(api.listChangeDevices, ({ params, query }) => changes.devices(params.id, query)),
    route(api.listDesired, () => Promise.resolve(ok({ parts: [...desired.parts()] }))),
    route(api.setDesired, ({ params, body }, caller) => desired.set({ ...params, ...body, by: caller.principal.id })),
    route(api.getDesired, ({ params }) => desired.of(params.id)),
    route(api.listDrift, async () => ok(await desired.drift())),
  ];
}
