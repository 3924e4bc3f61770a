/** Who and what stands behind the devices of an incident: services, datasets and the people they are about, parties. */
import type { Affected } from '@cityward/contracts';
import type { CityNeeds } from './needs.ts';

/** @param since when each device was first seen to misbehave, milliseconds since 1970 */
export function affectedBy(since: ReadonlyMap<string, number>, city: CityNeeds): Affected {
  const datasets = datasetsBehind(since, city);
  const people = new Set(datasets.flatMap((dataset) => dataset.subjects));
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
  return {
    services,
    datasets: datasets.map(({ subjects, ...dataset }) => ({ ...dataset, people: subjects.length })),
    people: people.size,
    parties: partiesBehind([...since.keys()], city),
  };
}

function datasetsBehind(since: ReadonlyMap<string, number>, city: CityNeeds) {
  const found = new Map<
    string,
    { id: string; name: string; cohort: string; subjects: readonly string[]; devices: string[]; since: number }
  >();
  for (const [device, at] of since) {
    for (const dataset of city.datasetsOf(device)) {
      const before = found.get(dataset.id) ?? { ...dataset, devices: [], since: at };
      before.devices.push(device);
      before.since = Math.min(before.since, at);
      found.set(dataset.id, before);
    }
  }
  return [...found.values()].sort((a, b) => b.subjects.length - a.subjects.length);
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
