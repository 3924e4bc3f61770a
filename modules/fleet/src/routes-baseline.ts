/** The baseline and rotations over HTTP. */
import { api } from '@cityward/contracts';
import { ok } from '@cityward/kernel';
import { route, type Route } from '@cityward/http';
import type { Baseline } from './baseline.ts';

const PAGE_DEFAULT = 100;

export function baselineRoutes(baseline: Baseline): readonly Route[] {
  const { scans, exceptions, rotations } = baseline;
  return [
    route(api.getBaseline, () => Promise.resolve(ok(baseline.summary()))),
    route(api.getControl, ({ params }) => Promise.resolve(baseline.control(params.id))),
    route(api.listBaselineDevices, ({ query }) => {
      const { class: kind, site, limit = PAGE_DEFAULT, ...rest } = query;
      const wanted = { classes: kind ? [kind] : [], sites: site ? [site] : [], devices: [] };
      return Promise.resolve(ok(baseline.devices({ ...rest, wanted, limit })));
    }),
    route(api.getDeviceBaseline, ({ params }) => baseline.device(params.id)),
    route(api.startBaselineScan, ({ body }, caller) => scans.start(body, caller.principal.id)),
    route(api.getBaselineScan, ({ params }) => Promise.resolve(scans.get(params.id))),
    route(api.listBaselineExceptions, () => Promise.resolve(ok({ exceptions: exceptions.list() }))),
    route(api.addBaselineException, ({ body }, caller) => exceptions.add({ ...body, by: caller.principal.id })),
    route(api.endBaselineException, ({ params, body }, caller) =>
      exceptions.end(params.id, caller.principal.id, body.reason),
    ),
    route(api.previewBaselineFix, ({ body }) => baseline.previewFix(body)),
    route(api.addBaselineFix, ({ body }, caller) => baseline.addFix(body, caller.principal.id)),
    route(api.getRotation, async ({ query }) => ok(await rotations.view(query))),
    route(api.addRotation, async ({ body }, caller) => {
      const added = await rotations.plan(body, caller.principal.id);
      return added.ok ? ok({ changes: added.value }) : added;
    }),
  ];
}
