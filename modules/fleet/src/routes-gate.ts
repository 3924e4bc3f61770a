/** The commissioning gate over HTTP. */
import { api } from '@cityward/contracts';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { CommissioningGate } from './gate.ts';
import type { Handovers } from './handovers.ts';
import { deviceResource, type DeviceFacts } from './device-resource.ts';

export interface GateRouteParts {
  readonly gate: CommissioningGate;
  readonly handovers: Handovers;
  readonly facts: DeviceFacts;
}

export const gateRoutes = (parts: GateRouteParts): readonly Route[] => [
  ...checkRoutes(parts),
  ...handoverRoutes(parts),
  ...trackRoutes(parts),
];

function checkRoutes({ gate, facts }: GateRouteParts): Route[] {
  const device = deviceResource(facts);
  return [
    route(api.listGates, async () => ok({ gates: [...(await gate.list())] })),
    route(api.getGate, ({ params }) => gate.of(params.id), device),
    route(api.testGate, ({ params }, caller) => gate.test(params.id, caller.principal.id), device),
    route(
      api.exceptGateCheck,
      ({ params, body }, caller) =>
        gate.except({ device: params.id, check: params.check, ...body, by: caller.principal.id }),
      device,
    ),
    route(
      api.withdrawGateException,
      ({ params, body }, caller) =>
        gate.withdraw({ device: params.id, check: params.check, reason: body.reason, by: caller.principal.id }),
      device,
    ),
  ];
}

function handoverRoutes({ handovers, facts }: GateRouteParts): Route[] {
  const device = deviceResource(facts);
  return [
    route(
      api.draftHandover,
      ({ params, body }, caller) => handovers.draft({ device: params.id, ...body, by: caller.principal.id }),
      device,
    ),
    route(
      api.handOver,
      ({ params, body }, caller) => handovers.sign({ device: params.id, ...body, by: caller.principal.id }),
      device,
    ),
    route(api.listHandovers, async ({ params }) => ok({ handovers: [...(await handovers.list(params.id))] }), device),
    route(api.getHandover, async ({ params }) => {
      const found = await handovers.files(params.id);
      return found.ok ? ok(new RawAnswer('application/json', found.value.json, `${params.id}.json`)) : found;
    }),
    route(api.getHandoverSignature, async ({ params }) => {
      const found = await handovers.files(params.id);
      return found.ok
        ? ok(new RawAnswer('application/pkcs7-signature', found.value.signature, `${params.id}.p7s`))
        : found;
    }),
    route(api.getHandoverPdf, async ({ params }) => {
      const made = await handovers.pdf(params.id);
      return made.ok ? ok(new RawAnswer('application/pdf', made.value, `${params.id}.pdf`)) : made;
    }),
  ];
}

const trackRoutes = ({ gate }: GateRouteParts): Route[] => [
  route(api.listTracks, async () => ok({ tracks: [...(await gate.tracks())] })),
  route(api.setTrack, ({ params, body }, caller) =>
    gate.setTrack({ class: params.class, ...body, by: caller.principal.id }),
  ),
];
