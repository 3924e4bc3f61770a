/** Situations, incidents and containments over HTTP. */
import { api } from '@cityward/contracts';
import { ok, refuse } from '@cityward/kernel';
import { route, type Route } from '@cityward/http';
import type { Containments } from './containments.ts';
import type { Incidents } from './incidents.ts';
import type { Situations } from './situations.ts';

export interface RouteParts {
  readonly situations: Situations;
  readonly incidents: Incidents;
  readonly containments: Containments;
}

export function respondRoutes({ situations, incidents, containments }: RouteParts): readonly Route[] {
  return [
    route(api.listSituations, async ({ query }) => ok({ situations: await situations.list(query.state) })),
    route(api.getSituation, async ({ params }) => {
      const situation = await situations.get(params.id);
      if (!situation) return refuse('not-found', 'SITUATION_NOT_FOUND', `find situation "${params.id}": there is none`);
      return ok({ situation, findings: await situations.findings(params.id) });
    }),
    route(api.dismissSituation, ({ params, body }, caller) =>
      incidents.dismiss(params.id, caller.principal.id, body.reason),
    ),
    route(api.openIncident, ({ params }, caller) => incidents.open(params.id, caller.principal.id)),
    route(api.listIncidents, async () => ok({ incidents: await incidents.list() })),
    route(api.getIncident, ({ params }) => incidents.get(params.id)),
    route(api.noteIncident, ({ params, body }, caller) => incidents.note(params.id, caller.principal.id, body.text)),
    route(api.closeIncident, ({ params, body }, caller) =>
      incidents.close(params.id, caller.principal.id, body.reason),
    ),
    route(api.traceIncident, ({ params }) => incidents.trace(params.id)),
    route(api.affectedBy, ({ params }) => incidents.affected(params.id)),
    route(api.previewContainment, ({ params, body }) => incidents.preview(params.id, body)),
    route(api.applyContainment, ({ params, body }, caller) =>
      incidents.apply(params.id, { hash: body.hash, reason: body.reason, by: caller.principal.id }),
    ),
    route(api.undoContainment, ({ params, body }, caller) =>
      containments.undo(params.id, caller.principal.id, body.reason),
    ),
  ];
}
