/** The ways out over HTTP. */
import { api } from '@cityward/contracts';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import { deviceResource, type DeviceFacts } from './device-resource.ts';
import type { Departures } from './leaving.ts';

export function leavingRoutes({ departures, facts }: { departures: Departures; facts: DeviceFacts }): Route[] {
  const device = deviceResource(facts);
  const { replacements, retirements, thefts } = departures;
  return [
    route(api.getLeaving, ({ params }) => departures.of(params.id), device),
    route(
      api.replaceDevice,
      ({ params, body }, caller) => replacements.replace({ device: params.id, ...body, by: caller.principal.id }),
      device,
    ),
    route(
      api.undoReplacement,
      ({ params, body }, caller) => replacements.undo(params.id, { ...body, by: caller.principal.id }),
      device,
    ),
    route(
      api.retireDevice,
      ({ params, body }, caller) => retirements.retire(params.id, { ...body, by: caller.principal.id }),
      device,
    ),
    route(
      api.closeRetirement,
      ({ params, body }, caller) => retirements.close(params.id, { ...body, by: caller.principal.id }),
      device,
    ),
    route(
      api.getRetirement,
      async ({ params }) => {
        const found = await retirements.files(params.id);
        return found.ok ? ok(new RawAnswer('application/json', found.value.json, `${params.id}-retired.json`)) : found;
      },
      device,
    ),
    route(
      api.getRetirementSignature,
      async ({ params }) => {
        const found = await retirements.files(params.id);
        if (!found.ok) return found;
        return ok(new RawAnswer('application/pkcs7-signature', found.value.signature, `${params.id}-retired.p7s`));
      },
      device,
    ),
    route(
      api.reportStolen,
      ({ params, body }, caller) => thefts.report(params.id, { ...body, by: caller.principal.id }),
      device,
    ),
  ];
}
