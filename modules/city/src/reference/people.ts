/** What the city does for people and which people its data are about: services, datasets with cohorts of random ids. */
import type { Criticality, ServiceKind } from '@cityward/contracts';
import { seeded, type Random } from '@cityward/kernel';
import { CLASS_PROFILES, type Dataset, type Device, type Edge, type Service } from '../domain/model.ts';
import { BUILDINGS, type BuildingName } from './blueprint.ts';
import type { Geography } from './geography.ts';
import type { Inventory } from './inventory.ts';
import { distance, toLonLat } from './plane.ts';
import { feederId, zoneId, aggregationId } from './supply.ts';

export interface People {
  readonly services: readonly Service[];
  readonly datasets: readonly Dataset[];
  readonly edges: readonly Edge[];
}

const CITY_SERVICES: readonly { id: string; name: string; kind: ServiceKind; criticality: Criticality }[] = [
  { id: 'svc-street-lighting', name: 'Street lighting', kind: 'street-lighting', criticality: 'important' },
  { id: 'svc-traffic', name: 'Traffic signals', kind: 'traffic', criticality: 'life-safety' },
  { id: 'svc-crossings', name: 'Pedestrian crossings', kind: 'crossings', criticality: 'life-safety' },
  { id: 'svc-cctv', name: 'Public cameras', kind: 'cctv', criticality: 'important' },
  { id: 'svc-water', name: 'Drinking water', kind: 'water', criticality: 'essential' },
  { id: 'svc-waste', name: 'Waste', kind: 'waste', criticality: 'routine' },
  { id: 'svc-air', name: 'Air quality', kind: 'air-quality', criticality: 'routine' },
  { id: 'svc-parking', name: 'Parking', kind: 'parking', criticality: 'routine' },
  { id: 'svc-wifi', name: 'Public Wi-Fi', kind: 'wifi', criticality: 'routine' },
  { id: 'svc-bus', name: 'Bus information', kind: 'bus-information', criticality: 'routine' },
];

/** Services in a building; `near`: metres within which signals and crossings matter to them. */
const HOUSES: readonly {
  id: string;
  building: BuildingName;
  kind: ServiceKind;
  criticality: Criticality;
  near: number;
  needsWater: boolean;
}[] = [
  {
    id: 'svc-hospital',
    building: 'hospital',
    kind: 'hospital',
    criticality: 'life-safety',
    near: 700,
    needsWater: true,
  },
  {
    id: 'svc-clinic-quay',
    building: 'clinicHarbour',
    kind: 'clinic',
    criticality: 'essential',
    near: 250,
    needsWater: true,
  },
  {
    id: 'svc-clinic-north',
    building: 'clinicNorth',
    kind: 'clinic',
    criticality: 'essential',
    near: 250,
    needsWater: true,
  },
  {
    id: 'svc-dialysis',
    building: 'dialysis',
    kind: 'dialysis',
    criticality: 'life-safety',
    near: 300,
    needsWater: true,
  },
  {
    id: 'svc-fire-harbour',
    building: 'fireHarbour',
    kind: 'fire',
    criticality: 'life-safety',
    near: 500,
    needsWater: true,
  },
  { id: 'svc-fire-east', building: 'fireEast', kind: 'fire', criticality: 'life-safety', near: 500, needsWater: true },
  {
    id: 'svc-police-central',
    building: 'policeCentral',
    kind: 'police',
    criticality: 'essential',
    near: 350,
    needsWater: false,
  },
  {
    id: 'svc-police-port',
    building: 'policePort',
    kind: 'police',
    criticality: 'essential',
    near: 350,
    needsWater: false,
  },
];

const RESIDENTS = 24_000;
/** Of 100 signals in reach only the nearest matter. */
const NEAR_MAX = 12;
/** The way in crosses so many at least, however far. */
const NEAR_MIN = 3;
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

const subjectId = (random: Random): string => {
  let text = '';
  for (let i = 0; i < 12; i++) text += CROCKFORD[random.int(32)];
  return `sub-${text}`;
};

/** Which people a camera sees: those of its ward on foot, in vehicles, or who visit a public building near by. */
const VIEWS = [
  { slug: 'foot', name: 'footpath cameras', purpose: 'Public safety', cohort: 'People on foot in', low: 40, high: 180 },
  {
    slug: 'road',
    name: 'road cameras',
    purpose: 'Traffic flow',
    cohort: 'Vehicle keepers seen in',
    low: 60,
    high: 260,
  },
] as const;
const SENSITIVE: readonly { building: BuildingName; slug: string; name: string; purpose: string; cohort: string }[] = [
  {
    building: 'hospital',
    slug: 'hospital',
    name: 'Hospital approach cameras',
    purpose: 'Safety of patients and staff',
    cohort: 'Visitors and patients of Port Merrow Hospital',
  },
  {
    building: 'dialysis',
    slug: 'dialysis',
    name: 'Dialysis centre approach cameras',
    purpose: 'Safety of patients and staff',
    cohort: 'Patients of Longsands Dialysis Centre',
  },
];
const SENSITIVE_NEAR_M = 300;

function cohortFrom(residents: readonly string[], random: Random, size: number): string[] {
  const chosen = new Set<string>();
  while (chosen.size < size) chosen.add(residents[random.int(residents.length)]!);
  return [...chosen].sort();
}

function makeDatasets(geography: Geography, seed: string): Dataset[] {
  const random = seeded(`${seed}/people`);
  const residents = Array.from({ length: RESIDENTS }, () => subjectId(random));
  const wards = geography.wards.flatMap(({ plan }) =>
    VIEWS.map((view): Dataset => ({
      id: `data-${view.slug}-${plan.slug}`,
      name: `${plan.name} ${view.name}`,
      purpose: view.purpose,
      cohort: `${view.cohort} ${plan.name}`,
      subjects: cohortFrom(residents, random, view.low + random.int(view.high - view.low)),
    })),
  );
  const houses = SENSITIVE.map((entry): Dataset => ({
    id: `data-${entry.slug}`,
    name: entry.name,
    purpose: entry.purpose,
    cohort: entry.cohort,
    subjects: cohortFrom(residents, random, 30 + random.int(40)),
  }));
  const visitors: Dataset = {
    id: 'data-wifi',
    name: 'Public Wi-Fi sign-ins',
    purpose: 'Network operation',
    cohort: 'Visitors of public Wi-Fi',
    subjects: cohortFrom(residents, random, 600),
  };
  return [...wards, ...houses, visitors];
}

function feeds(geography: Geography, inventory: Inventory): Edge[] {
  const edges: Edge[] = [];
  inventory.devices.forEach((device, i) => {
    const feed = (to: string): void => {
      edges.push({ from: device.id, to, kind: 'data-flow', note: '' });
    };
    if (device.class === 'wifi-access-point') feed('data-wifi');
    if (device.class !== 'camera') return;
    const slug = geography.wards[inventory.wiring.wardOf[i]!]!.plan.slug;
    feed(`data-${inventory.wiring.signalOf[i]! >= 0 ? 'road' : 'foot'}-${slug}`);
    for (const entry of SENSITIVE) {
      if (distance(BUILDINGS[entry.building].at, inventory.points[i]!) < SENSITIVE_NEAR_M) feed(`data-${entry.slug}`);
    }
  });
  return edges;
}

const serviceKindOf = (device: Device): ServiceKind | null =>
  device.class === 'plant-controller' && device.owner === 'party-roads'
    ? 'traffic'
    : CLASS_PROFILES[device.class].service;

function houseEdges(geography: Geography, inventory: Inventory): Edge[] {
  const guides = [...inventory.devices.keys()].filter((i) =>
    ['signal', 'crossing'].includes(inventory.devices[i]!.class),
  );
  return HOUSES.flatMap((house) => {
    const { at, ward } = BUILDINGS[house.building];
    const near = guides
      .map((i) => ({ id: inventory.devices[i]!.id, away: distance(inventory.points[i]!, at) }))
      .sort((a, b) => a.away - b.away)
      .filter((entry, place) => entry.away <= house.near || place < NEAR_MIN)
      .slice(0, NEAR_MAX);
    const edges: Edge[] = [
      { from: house.id, to: feederId(ward), kind: 'power', note: 'own generator for 8 hours' },
      { from: house.id, to: aggregationId(ward), kind: 'telecom', note: '' },
      ...near.map((entry): Edge => ({ from: house.id, to: entry.id, kind: 'service', note: 'way in for ambulances' })),
    ];
    if (house.needsWater) edges.push({ from: house.id, to: zoneId(ward), kind: 'water', note: '' });
    return edges;
  });
}

/** Services and datasets with what they need and who feeds them. */
export function peopleOf(geography: Geography, inventory: Inventory, seed: string): People {
  const idOf = new Map(CITY_SERVICES.map((service) => [service.kind, service.id] as const));
  const services: Service[] = [
    ...CITY_SERVICES.map((service): Service => ({ ...service, lon: null, lat: null })),
    ...HOUSES.map(({ id, building, kind, criticality }): Service => {
      const [lon, lat] = toLonLat(BUILDINGS[building].at);
      return { id, name: BUILDINGS[building].name, kind, criticality, lon, lat };
    }),
  ];
  const needs = inventory.devices.flatMap((device): Edge[] => {
    const kind = serviceKindOf(device);
    const service = kind ? idOf.get(kind) : undefined;
    return service ? [{ from: service, to: device.id, kind: 'service', note: '' }] : [];
  });
  return {
    services,
    datasets: makeDatasets(geography, seed),
    edges: [...needs, ...houseEdges(geography, inventory), ...feeds(geography, inventory)],
  };
}
