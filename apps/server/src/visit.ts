/** What a visitor's own page shows: the devices that temporary access reaches now, each by policy's own word. */
import { api, TEMPORARY_ROLES, THE_CITY, VISITED_DEVICES_MAX } from '@cityward/contracts';
import type { EntityAttributes, Neighbour, Principal, Resource, VisitedDevice } from '@cityward/contracts';
import type { City } from '@cityward/city';
import { route, type Route } from '@cityward/http';
import { ok } from '@cityward/kernel';
import type { Access } from './access.ts';

/** Somebody who is here by temporary access alone. */
export const isVisitor = ({ type, roles }: Principal): boolean =>
  type === 'Person' && roles.length > 0 && roles.every((role) => (TEMPORARY_ROLES as readonly string[]).includes(role));

interface VisitParts {
  readonly city: City;
  readonly access: Access;
}

type Known = NonNullable<ReturnType<City['record']>>;
/** A device as policy is asked about it: where it stands counts. */
export const deviceResource = ({ id, class: kind, site }: Pick<Known, 'id' | 'class' | 'site'>): Resource => ({
  type: 'Device',
  id,
  attributes: { class: kind, site: site ?? '' },
});

/** Whoever may see the city sees all that stands beside a device; a visitor only other devices that they were given. */
export function readableNeighbours(
  { city, access }: VisitParts,
  reader: Principal,
  neighbours: readonly Neighbour[],
): readonly Neighbour[] {
  if (access.may(reader, 'readCity', THE_CITY).ok) return neighbours;
  return neighbours.filter(({ id, node }) => {
    const record = node === 'device' ? city.record(id) : null;
    return record != null && access.may(reader, 'readDevice', deviceResource(record)).ok;
  });
}

const listed = (attributes: EntityAttributes, what: 'Sites' | 'Devices'): ReadonlySet<unknown> =>
  new Set(TEMPORARY_ROLES.flatMap((role) => (attributes[`${role}${what}`] as readonly string[] | undefined) ?? []));

export function visitRoutes({ city, access }: VisitParts): readonly Route[] {
  const reached = (principal: Principal): readonly string[] => {
    const [sites, devices] = [listed(principal.attributes, 'Sites'), listed(principal.attributes, 'Devices')];
    if (sites.size + devices.size === 0) return [];
    return city.deviceIds().filter((id) => {
      const record = city.record(id)!;
      if (!devices.has(id) && !sites.has(record.site)) return false;
      return access.may(principal, 'readDevice', deviceResource(record)).ok;
    });
  };
  const faceOf = (id: string): VisitedDevice => {
    const { name, class: kind, site, state } = city.device(id)!;
    const place = site === null ? null : city.site(site);
    return { id, name, class: kind, state, site: place ? { id: place.id, name: place.name } : null };
  };
  return [
    route(
      api.myDevices,
      (_input, { principal }) => {
        const ids = reached(principal);
        return Promise.resolve(ok({ total: ids.length, devices: ids.slice(0, VISITED_DEVICES_MAX).map(faceOf) }));
      },
      (_input, { principal }) => ({ type: 'Person', id: principal.id, attributes: {} }),
    ),
  ];
}
