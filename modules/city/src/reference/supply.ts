/** Sites, networks and the edges between them: telecom, power and water trees, control, reach. */
import type { Edge, Network, Site } from '../domain/model.ts';
import { BUILDINGS, type BuildingName } from './blueprint.ts';
import type { Geography } from './geography.ts';
import { siteId, type Inventory } from './inventory.ts';
import { distance, toLonLat, type Line, type Point } from './plane.ts';

export interface Supply {
  readonly sites: readonly Site[];
  readonly networks: readonly Network[];
  readonly edges: readonly Edge[];
  /** Trunk lines to draw. */
  readonly trunks: readonly { readonly name: string; readonly kind: Network['kind']; readonly line: Line }[];
}

export const buildingId = (name: BuildingName): string =>
  `site-${name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`;
export const aggregationId = (ward: string): string => `net-agg-${ward}`;
export const feederId = (ward: string): string => `net-feeder-${ward}`;
export const zoneId = (ward: string): string => `net-zone-${ward}`;
const cabinetId = (site: number): string => `net-cabinet-${String(site + 1).padStart(4, '0')}`;

const SUBSTATIONS = ['substationWest', 'substationEast'] as const;

interface Draft {
  readonly networks: Network[];
  readonly edges: Edge[];
  readonly trunks: { name: string; kind: Network['kind']; line: Line }[];
}

const network = (id: string, name: string, rest: { kind: Network['kind']; level: string; at: Point }): Network => {
  const [lon, lat] = toLonLat(rest.at);
  return { id, name, kind: rest.kind, level: rest.level, lon, lat };
};
const edge = (from: string, to: string, rest: { kind: Edge['kind']; note?: string }): Edge => ({
  from,
  to,
  kind: rest.kind,
  note: rest.note ?? '',
});
/** Packets go both ways, so reach is two edges. */
const reachBoth = (a: string, b: string): Edge[] => [edge(a, b, { kind: 'reach' }), edge(b, a, { kind: 'reach' })];

function telecom(geography: Geography, draft: Draft): void {
  const core = BUILDINGS.controlCentre.at;
  draft.networks.push(
    network('net-core', 'City core network', { kind: 'telecom', level: 'core', at: core }),
    network('net-uplink', 'Internet uplink', { kind: 'telecom', level: 'uplink', at: [core[0] + 60, core[1] + 40] }),
  );
  draft.edges.push(...reachBoth('net-core', 'net-uplink'));
  for (const { plan, centre } of geography.wards) {
    const id = aggregationId(plan.slug);
    draft.networks.push(
      network(id, `${plan.name} aggregation`, { kind: 'telecom', level: 'ward-aggregation', at: centre }),
    );
    draft.edges.push(edge(id, 'net-core', { kind: 'telecom', note: `fibre to ${plan.name}` }));
    draft.edges.push(...reachBoth(id, 'net-core'));
    draft.trunks.push({ name: `Fibre to ${plan.name}`, kind: 'telecom', line: [core, centre] });
  }
}

function power(geography: Geography, draft: Draft): void {
  draft.networks.push(
    network('net-grid', 'Regional grid', { kind: 'power', level: 'grid', at: [4400, 5900] }),
    ...SUBSTATIONS.map((name) =>
      network(`net-${buildingId(name).slice(5)}`, BUILDINGS[name].name, {
        kind: 'power',
        level: 'substation',
        at: BUILDINGS[name].at,
      }),
    ),
  );
  for (const name of SUBSTATIONS) {
    draft.edges.push(edge(`net-${buildingId(name).slice(5)}`, 'net-grid', { kind: 'power', note: '66 kV line' }));
    draft.trunks.push({ name: '66 kV line', kind: 'power', line: [[4400, 5900], BUILDINGS[name].at] });
  }
  for (const { plan, centre } of geography.wards) {
    const near = [...SUBSTATIONS].sort(
      (a, b) => distance(BUILDINGS[a].at, centre) - distance(BUILDINGS[b].at, centre),
    )[0]!;
    const id = feederId(plan.slug);
    draft.networks.push(network(id, `${plan.name} feeder`, { kind: 'power', level: 'feeder', at: centre }));
    draft.edges.push(edge(id, `net-${buildingId(near).slice(5)}`, { kind: 'power', note: '11 kV feeder' }));
    draft.trunks.push({ name: `11 kV to ${plan.name}`, kind: 'power', line: [BUILDINGS[near].at, centre] });
  }
}

/** Reservoir, pumps, tanks, zones: a zone depends on the tanks, a tank on its pumps, a pump on the reservoir. */
function water(geography: Geography, inventory: Inventory, draft: Draft): void {
  const { devices } = inventory;
  draft.networks.push(
    network('net-reservoir', 'Merrow Reservoir', { kind: 'water', level: 'reservoir', at: [880, 4980] }),
  );
  const pumps = devices.filter((device) => device.class === 'water-pump');
  const tanks = devices.filter((device) => device.class === 'water-tank');
  for (const pump of pumps) draft.edges.push(edge(pump.id, 'net-reservoir', { kind: 'water', note: 'raw water main' }));
  pumps.forEach((pump, i) => {
    draft.edges.push(edge(tanks[i % tanks.length]!.id, pump.id, { kind: 'water', note: 'rising main' }));
  });
  for (let i = pumps.length; i < tanks.length; i++) {
    draft.edges.push(edge(tanks[i]!.id, pumps[i % pumps.length]!.id, { kind: 'water', note: 'rising main' }));
  }
  geography.wards.forEach(({ plan, centre }, w) => {
    const id = zoneId(plan.slug);
    draft.networks.push(network(id, `${plan.name} water zone`, { kind: 'water', level: 'zone', at: centre }));
    const own = tanks.filter((_, t) => t % geography.wards.length === w || t === w % tanks.length);
    for (const tank of own) draft.edges.push(edge(id, tank.id, { kind: 'water', note: 'gravity main' }));
    draft.trunks.push({ name: `Main to ${plan.name}`, kind: 'water', line: [BUILDINGS.waterworks.at, centre] });
  });
}

function siteSupply(geography: Geography, inventory: Inventory, draft: Draft): void {
  const { devices, wiring } = inventory;
  inventory.sites.forEach((group, s) => {
    const slug = geography.wards[group.ward]!.plan.slug;
    const own = devices[group.members[group.members.length - 1]!]!;
    const cabinet = cabinetId(s);
    draft.networks.push(
      network(cabinet, `Cabinet ${s + 1}, ${group.street}`, { kind: 'power', level: 'cabinet', at: group.point }),
    );
    draft.edges.push(edge(cabinet, feederId(slug), { kind: 'power' }));
    draft.edges.push(edge(own.id, aggregationId(slug), { kind: 'telecom' }), ...reachBoth(own.id, aggregationId(slug)));
    for (const member of group.members) {
      const device = devices[member]!;
      // Bins run on a battery that the sun fills.
      if (device.class !== 'waste-bin') draft.edges.push(edge(device.id, cabinet, { kind: 'power' }));
      if (device.id === own.id) continue;
      draft.edges.push(edge(device.id, own.id, { kind: 'telecom' }), ...reachBoth(device.id, own.id));
      const controller = wiring.controllerOf[member]!;
      if (controller >= 0) draft.edges.push(edge(device.id, devices[controller]!.id, { kind: 'control' }));
      const signal = wiring.signalOf[member]!;
      if (device.class === 'crossing' && signal >= 0) {
        draft.edges.push(edge(device.id, devices[signal]!.id, { kind: 'control', note: 'asks for green' }));
      }
    }
  });
}

/** Builds the supply trees of the city; directions follow the model: `from` depends on or answers to `to`. */
export function supplyCity(geography: Geography, inventory: Inventory): Supply {
  const draft: Draft = { networks: [], edges: [], trunks: [] };
  telecom(geography, draft);
  power(geography, draft);
  water(geography, inventory, draft);
  siteSupply(geography, inventory, draft);
  const place = (at: Point): { lon: number; lat: number } => {
    const [lon, lat] = toLonLat(at);
    return { lon, lat };
  };
  const sites: Site[] = [
    ...geography.wards.map(({ plan, centre }): Site => ({
      id: `ward-${plan.slug}`,
      name: plan.name,
      kind: 'ward',
      ward: null,
      ...place(centre),
    })),
    ...(Object.keys(BUILDINGS) as BuildingName[]).map((name): Site => {
      const { name: called, at, ward } = BUILDINGS[name];
      return { id: buildingId(name), name: called, kind: 'building', ward: `ward-${ward}`, ...place(at) };
    }),
    ...inventory.sites.map((group, s): Site => ({
      id: siteId(s),
      name: `Cabinet ${s + 1}, ${group.street}`,
      kind: 'cabinet',
      ward: `ward-${geography.wards[group.ward]!.plan.slug}`,
      ...place(group.point),
    })),
  ];
  return { sites, networks: draft.networks, edges: draft.edges, trunks: draft.trunks };
}
