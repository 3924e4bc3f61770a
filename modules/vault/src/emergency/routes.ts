/** The HTTP face of care and emergencies. */
import { api, type Principal } from '@cityward/contracts';
import { route, type Route } from '@cityward/http';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { CareRegister } from './care-register.ts';
import type { Emergencies } from './emergencies.ts';

interface Parts {
  readonly care: () => CareRegister;
  readonly emergencies: () => Emergencies;
}

/** A system speaks for the organisation that it was registered for, and for no other. */
function systemOf({ type, id, attributes }: Principal): Result<{ by: string; organisation: string }, Refusal> {
  const { owner } = attributes;
  return type === 'Service' && typeof owner === 'string'
    ? ok({ by: id, organisation: owner })
    : refuse('forbidden', 'NO_CLINIC', `speak of care as "${id}": wanted the registered system of a clinic`);
}

export function emergencyRoutes({ care, emergencies }: Parts): Route[] {
  return [
    route(api.reportCare, async ({ body }, { principal }) => {
      const system = systemOf(principal);
      return system.ok ? care().report(body, system.value) : system;
    }),
    route(api.endCare, async ({ params }, { principal }) => {
      const system = systemOf(principal);
      return system.ok ? care().end(params.id, system.value) : system;
    }),
    route(api.breakGlass, ({ body }, { principal }) => emergencies().break(body, principal)),
    route(api.listOwnGlass, (_, { principal }) => Promise.resolve(ok({ glasses: emergencies().of(principal.id) }))),
    route(api.listGlassRecords, async ({ params }, { principal }) => {
      const records = await emergencies().recordsFor(params.id, principal.id);
      return records.ok ? ok({ records: [...records.value] }) : records;
    }),
    route(api.endGlass, ({ params }, { principal }) => emergencies().end(params.id, principal.id)),
    route(api.listGlassReviews, () => Promise.resolve(ok({ glasses: emergencies().waiting() }))),
    route(api.reviewGlass, ({ params, body }, { principal }) =>
      emergencies().review(params.id, body.outcome, principal.id),
    ),
  ];
}
