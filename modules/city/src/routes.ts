/** The city over HTTP. */
import { api as endpoints, THE_CITY, type Resource } from '@cityward/contracts';
import { RawAnswer, route, type Route } from '@cityward/http';
import { ok, refuse } from '@cityward/kernel';
import type { Imports } from './imports.ts';
import type { CityParts } from './service.ts';
import { detailOf, nowOf, rowOf } from './views.ts';

const QUIET = { observationsPerSecond: 0, openSituations: 0, openIncidents: 0, history: '' };
const JSON_TYPE = 'application/json; charset=utf-8';

export function cityRoutes(parts: CityParts, imports: Imports): readonly Route[] {
  return [...mapRoutes(parts), ...deviceRoutes(parts), ...importRoutes(imports)];
}

function mapRoutes(parts: CityParts): Route[] {
  const { needs, mapText } = parts;
  return [
    route(endpoints.cityNow, () =>
      Promise.resolve(
        ok({ name: parts.city?.name ?? '', at: needs.clock(), ...nowOf(parts), ...(needs.pulse?.() ?? QUIET) }),
      ),
    ),
    route(endpoints.cityMap, () => Promise.resolve(ok(new RawAnswer(JSON_TYPE, mapText.map())))),
    route(endpoints.devicePoints, () => Promise.resolve(ok(new RawAnswer(JSON_TYPE, mapText.points())))),
    route(endpoints.listParties, () => Promise.resolve(ok({ parties: partiesOf(parts) }))),
  ];
}

/** How many devices each party makes, owns, keeps or has installed. */
function partiesOf({ inventory }: CityParts) {
  const counts = new Map<string, number>();
  for (let slot = 0; slot < inventory.size; slot++) {
    const device = inventory.deviceAt(slot);
    if (!device) continue;
    const concerned = new Set([device.maker, device.owner, device.maintainer, device.installer]);
    for (const party of concerned) if (party !== null) counts.set(party, (counts.get(party) ?? 0) + 1);
  }
  return [...inventory.parties.values()].map(({ id, name, kind }) => ({
    id,
    name,
    kind,
    devices: counts.get(id) ?? 0,
  }));
}

function deviceRoutes(parts: CityParts): Route[] {
  const { inventory, list, needs } = parts;
  const deviceResource = ({ params }: { readonly params: { readonly id: string } }): Resource => {
    const device = inventory.device(params.id);
    if (!device) return { type: 'Device', id: params.id, attributes: {} };
    const attributes = { class: device.class, site: device.site ?? '' };
    return { type: 'Device', id: device.id, attributes };
  };
  return [
    route(endpoints.listDevices, ({ query }) => {
      const found = list.query(query);
      const rows = found.slots.map((slot) => rowOf(parts, slot));
      return Promise.resolve(ok({ total: found.total, offset: found.offset, rows, facets: found.facets }));
    }),
    route(
      endpoints.getDevice,
      async ({ params }, { principal }) => {
        if (!inventory.device(params.id))
          return refuse(
            'not-found',
            'DEVICE_NOT_FOUND',
            `show device "${params.id}": the city has none, an id of its list wanted`,
          );
        const timeline = (await needs.timeline?.(params.id)) ?? [];
        const detail = detailOf(parts, inventory.slotOf(params.id));
        const neighbours = needs.readable?.(principal, detail.neighbours) ?? detail.neighbours;
        return ok({ ...detail, neighbours: [...neighbours], timeline: [...timeline] });
      },
      deviceResource,
    ),
  ];
}

function importRoutes(imports: Imports): Route[] {
  return [
    route(endpoints.previewImport, ({ query, body }, caller) =>
      imports.preview({ ...query, text: body, by: caller.principal.id }),
    ),
    route(endpoints.listImports, async () => ok({ imports: await imports.list() })),
    route(endpoints.getImport, ({ params }) => imports.get(params.id)),
    route(endpoints.getImportFile, async ({ params }) => {
      const found = await imports.file(params.id);
      return found.ok ? ok(new RawAnswer('application/octet-stream', found.value.bytes, found.value.name)) : found;
    }),
    route(endpoints.commitImport, ({ params }, caller) => imports.commit(params.id, caller.principal.id)),
    route(
      endpoints.undoImport,
      ({ params, body }, caller) => imports.undo(params.id, { reason: body.reason, by: caller.principal.id }),
      () => THE_CITY,
    ),
  ];
}
