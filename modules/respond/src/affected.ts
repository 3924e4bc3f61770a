/** Who and what stands behind the devices of an incident: services, datasets and the people they are about, parties. */
import type { Affected } from '@cityward/contracts';
import type { CityNeeds } from './needs.ts';

/** @param since when each device was first seen to misbehave, milliseconds since 1970 */
export function affectedBy(since: ReadonlyMap<string, number>, city: CityNeeds): Affected {
  const devices = [...since.keys()];
  const services = city.services().flatMap((service) => {
    const hit = service.devices.filter((device) => since.has(device)).length;
    return hit === 0
      ? []
      : [
          {
            id: service.id,
            name: service.name,
            effect: `${hit} of ${service.devices.length} devices cannot be trusted`,
          },
        ];
  });
  const datasets = city.datasetsOf(devices).map(({ id, name, cohort, people, devices: feeding }) => ({
    id,
    name,
    cohort,
    people,
    devices: [...feeding],
    since: Math.min(...feeding.map((device) => since.get(device)!)),
  }));
  return {
    services,
    datasets: datasets.sort((a, b) => b.people - a.people),
    people: city.peopleBehind(devices),
    parties: partiesBehind(devices, city),
  };
}

const ROLES = ['installer', 'maintainer', 'maker', 'owner'] as const;

function partiesBehind(devices: readonly string[], city: CityNeeds): Affected['parties'] {
  const counts = new Map<string, { id: string; name: string; role: string; devices: number }>();
  for (const id of devices) {
    const device = city.device(id);
    for (const role of ROLES) {
      const party = device?.[role] ? city.party(device[role]) : null;
      if (!party) continue;
      const key = `${party.id} ${role}`;
      const before = counts.get(key) ?? { id: party.id, name: party.name, role, devices: 0 };
      before.devices++;
      counts.set(key, before);
    }
  }
  return [...counts.values()].sort((a, b) => b.devices - a.devices);
}
