/** Exports over HTTP. What is handed out is encrypted to its recipient. */
import { api } from '@cityward/contracts';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Exports } from './exports.ts';

export function exportRoutes(exports: () => Exports): Route[] {
  return [
    route(api.askExport, ({ body }, { principal }) => exports().ask(body, principal.id)),
    route(api.listExports, async () => ok({ exports: [...(await exports().list())] })),
    route(api.listExportBudgets, async () => ok({ budgets: await exports().budgets() })),
    route(api.releaseExport, ({ params }, { principal }) => exports().release(params.id, principal)),
    route(api.refuseExport, ({ params, body }, { principal }) =>
      exports().refuse(params.id, { by: principal.id, reason: body.reason }),
    ),
    route(api.fetchExport, async ({ params }, { principal }) => {
      const file = await exports().file(params.id, principal.id);
      return file.ok ? ok(new RawAnswer('application/octet-stream', file.value, `${params.id}.sealed`)) : file;
    }),
    route(api.traceExport, async ({ body }, { principal }) =>
      ok({ traced: [...(await exports().trace(body, principal.id))] }),
    ),
  ];
}
