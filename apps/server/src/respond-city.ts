/** The city as respond sees it: which switch a device hangs on, what rests on it, whom its data is about. */
import { CLASS_PROFILES, type City, type CityGraph } from '@cityward/city';
import { EDGE_KINDS } from '@cityward/contracts';
import type { CityNeeds, RespondDevice } from '@cityward/respond';

const TELECOM = EDGE_KINDS.indexOf('telecom');
const CONTROL = EDGE_KINDS.indexOf('control');
const DEPENDANTS_SHOWN_MAX = 5;

/** Neighbours of a node over edges of one kind. */
function neighbours(graph: CityGraph, id: string, way: { kind: number; direction: 'forward' | 'backward' }): string[] {
  const node = graph.indexOf(id);
  if (node === -1) return [];
  const { offsets, targets, kinds } = graph[way.direction];
  const found: string[] = [];
  for (let arc = offsets[node]!; arc < offsets[node + 1]!; arc++)
    if (kinds[arc] === way.kind) found.push(graph.ids[targets[arc]!]!);
  return found;
}

/** The site switch that carries a device; null where it hangs on none of ours. */
export function switchOf(city: City, id: string): string | null {
  const above = neighbours(city.graph(), id, { kind: TELECOM, direction: 'forward' });
  return above.find((one) => city.record(one)?.class === 'site-switch') ?? null;
}

export function respondCity(city: City): CityNeeds {
  return {
    device: (id) => respondDevice(city, id),
    behind: (id) =>
      neighbours(city.graph(), id, { kind: TELECOM, direction: 'backward' }).filter((one) => city.record(one)),
    services: () =>
      city
        .services()
        .map(({ id, name, kind, criticality }) => ({ id, name, kind, criticality, devices: city.devicesOf(id) })),
    datasetsOf: (devices) => city.datasetsOf(devices),
    peopleBehind: (devices) => city.peopleBehind(devices),
    party: (id) => city.parties().find((party) => party.id === id) ?? null,
    dependants: (id) => dependantsOf(city, id),
    mark: (device, mark) => city.setFacet(device, { respond: mark }),
  };
}

function respondDevice(city: City, id: string): RespondDevice | null {
  const device = city.device(id);
  if (!device) return null;
  const ward = device.ward ? city.site(device.ward) : null;
  return {
    ...device,
    ward: ward ? { id: ward.id, name: ward.name } : null,
    through: device.class === 'site-switch' ? device.id : switchOf(city, id),
  };
}

/** Devices that it steers lose their controller. */
function dependantsOf(city: City, id: string): string[] {
  const steered = neighbours(city.graph(), id, { kind: CONTROL, direction: 'backward' }).flatMap(
    (one) => city.record(one) ?? [],
  );
  const shown = steered
    .slice(0, DEPENDANTS_SHOWN_MAX)
    .map((device) => `${device.name} loses its controller and ${CLASS_PROFILES[device.class].failSafe}`);
  return steered.length > shown.length
    ? [...shown, `${steered.length - shown.length} more lose their controller`]
    : shown;
}
