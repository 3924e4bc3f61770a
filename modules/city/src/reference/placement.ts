/** Where things stand: along streets, at junctions, in plants; every spot lies in a ward and has a street to be named by. */
import { cosine, sine } from './exact.ts';
import { seeded, type Random } from '@cityward/kernel';
import { BUILDINGS } from './blueprint.ts';
import type { Geography, Ward } from './geography.ts';
import { along, contains, distance, type Point } from './plane.ts';
import type { Junction, Street } from './streets.ts';

export interface Spot {
  readonly point: Point;
  /** Index into the geography's wards. */
  readonly ward: number;
  readonly street: string;
  /** Index into the junctions, where it stands at one; else -1. */
  readonly junction: number;
}
export interface Ground {
  readonly geography: Geography;
  readonly streets: readonly Street[];
  readonly junctions: readonly Junction[];
}

const KERB_M = 9;
/** Lamps no closer than this unless the city has more lamps than street. */
const LAMP_SPACING_M = 45;

/** Index of the ward that holds the point; the nearest one for a spot on water (a pier, a bridge). */
export function wardAt(wards: readonly Ward[], point: Point): number {
  const held = wards.findIndex((ward) => contains(ward.outline, point));
  if (held >= 0) return held;
  let best = 0;
  for (let i = 1; i < wards.length; i++) {
    if (distance(wards[i]!.centre, point) < distance(wards[best]!.centre, point)) best = i;
  }
  return best;
}

const beside = (point: Point, direction: Point, metres: number): Point => [
  point[0] - direction[1] * metres,
  point[1] + direction[0] * metres,
];

/** Streets in the order in which they are fitted out: main roads, then the busier wards' long streets. */
function fittingOrder({ geography, streets }: Ground, seed: number): Street[] {
  const weight = new Map(geography.wards.map((ward) => [ward.plan.slug, ward.plan.weight] as const));
  const random = seeded(`${seed}/fitting`);
  return streets
    .map((street) => ({
      street,
      rank: street.rank === 'main' ? 10 : (weight.get(street.ward) ?? 0) * (0.6 + 0.4 * random.next()),
    }))
    .sort((a, b) => b.rank - a.rank)
    .map((entry) => entry.street);
}

/** Equal steps along the streets in their order, on alternate sides; more streets are taken the more spots are wanted. */
function alongStreets(ground: Ground, wanted: number, rest: { spacing: number; order: readonly Street[] }): Spot[] {
  const chosen: Street[] = [];
  let total = 0;
  for (const street of rest.order) {
    const enough = total >= wanted * rest.spacing;
    if (enough && street.rank !== 'main') break;
    chosen.push(street);
    total += street.length;
  }
  const spots: Spot[] = [];
  const step = total / wanted;
  let walked = 0;
  let next = step / 2;
  for (const street of chosen) {
    while (next < walked + street.length && spots.length < wanted) {
      const { point, direction } = along(street.line, next - walked);
      const at = beside(point, direction, spots.length % 2 === 0 ? KERB_M : -KERB_M);
      spots.push({ point: at, ward: wardAt(ground.geography.wards, at), street: street.name, junction: -1 });
      next += step;
    }
    walked += street.length;
  }
  while (spots.length < wanted) spots.push(spots[spots.length - 1]!);
  return spots;
}

/** Junctions in the order in which they get equipment: where main roads meet, then by chance, the busier wards sooner. */
export function rankJunctions(geography: Geography, junctions: readonly Junction[], seed: number): Junction[] {
  const random = seeded(`${seed}/junctions`);
  return junctions
    .map((junction) => {
      const weight = geography.wards[wardAt(geography.wards, junction.point)]!.plan.weight;
      return { junction, rank: junction.weight === 2 ? 10 : (0.6 + junction.weight) * weight * random.next() };
    })
    .sort((a, b) => b.rank - a.rank)
    .map((entry) => entry.junction);
}

/** Junctions, the busiest first; when there are more wanted than junctions, the next round stands at other corners. */
function atJunctions(ground: Ground, wanted: number, rest: { away: number; turn: number }): Spot[] {
  return Array.from({ length: wanted }, (_, i): Spot => {
    const index = i % ground.junctions.length;
    const junction = ground.junctions[index]!;
    const round = Math.floor(i / ground.junctions.length);
    const angle = rest.turn + round * 1.9 + index * 0.7;
    const away = rest.away + round * 3;
    const point: Point = [junction.point[0] + cosine(angle) * away, junction.point[1] + sine(angle) * away];
    const street = ground.streets[junction.streets[0]]!;
    const other = ground.streets[junction.streets[1]]!;
    const name = street.name === other.name ? street.name : `${street.name} at ${other.name}`;
    return { point, ward: wardAt(ground.geography.wards, point), street: name, junction: index };
  });
}

/** Random spots on streets of the wards that carry the most of it. */
function scattered(ground: Ground, wanted: number, rest: { random: Random; liking: (ward: string) => number }): Spot[] {
  const likings = ground.streets.map((street) => rest.liking(street.ward) * street.length);
  const sums: number[] = [];
  let sum = 0;
  for (const liking of likings) sums.push((sum += liking));
  return Array.from({ length: wanted }, (): Spot => {
    const pick = rest.random.next() * sum;
    const index = Math.min(lowerBound(sums, pick), ground.streets.length - 1);
    const street = ground.streets[index]!;
    const { point, direction } = along(street.line, rest.random.next() * street.length);
    const at = beside(point, direction, rest.random.next() < 0.5 ? KERB_M : -KERB_M);
    return { point: at, ward: wardAt(ground.geography.wards, at), street: street.name, junction: -1 };
  });
}

function lowerBound(sums: readonly number[], value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows of bays: groups of eight beside one another. */
function bays(ground: Ground, wanted: number, random: Random): Spot[] {
  const group = 8;
  const bay = 6;
  const starts = scattered(ground, Math.ceil(wanted / group), {
    random,
    liking: (ward) => (['harbour', 'old-town', 'station', 'longsands'].includes(ward) ? 1 : 0),
  });
  const byName = new Map(ground.streets.map((street) => [street.name, street] as const));
  return Array.from({ length: wanted }, (_, i): Spot => {
    const start = starts[Math.floor(i / group)]!;
    const street = byName.get(start.street)!;
    const room = Math.max(0, street.length - group * bay);
    const offset = ((Math.floor(i / group) * 0.618) % 1) * room + (i % group) * bay;
    const { point, direction } = along(street.line, offset);
    const at = beside(point, direction, KERB_M - 2);
    return { point: at, ward: wardAt(ground.geography.wards, at), street: street.name, junction: -1 };
  });
}

/** Pump stations, tanks and control rooms: round the waterworks and one place in each ward. */
function plants(ground: Ground, wanted: number, random: Random): Spot[] {
  return Array.from({ length: wanted }, (_, i): Spot => {
    const atWorks = i % 3 === 0;
    const ward = atWorks
      ? ground.geography.wards.findIndex((w) => w.plan.slug === BUILDINGS.waterworks.ward)
      : i % ground.geography.wards.length;
    const centre = atWorks ? BUILDINGS.waterworks.at : ground.geography.wards[ward]!.centre;
    const spread = atWorks ? 70 : 260;
    const point: Point = [centre[0] + (random.next() - 0.5) * spread, centre[1] + (random.next() - 0.5) * spread];
    const name = ground.geography.wards[ward]!.plan.name;
    return {
      point,
      ward: wardAt(ground.geography.wards, point),
      street: atWorks ? BUILDINGS.waterworks.name : `${name} pump station`,
      junction: -1,
    };
  });
}

/** Spots for `wanted` devices of the class with this short name; the same seed and number give the same spots. */
export function placeClass(ground: Ground, seed: number, what: { short: string; wanted: number }): Spot[] {
  const { short, wanted } = what;
  const random = seeded(`${seed}/place/${short}`);
  const weightOf = (ward: string): number =>
    ground.geography.wards.find((entry) => entry.plan.slug === ward)?.plan.weight ?? 1.2;
  const streetsFirst = fittingOrder(ground, seed);
  const anywhere = (liking: (ward: string) => number): Spot[] => scattered(ground, wanted, { random, liking });
  switch (short) {
    case 'lamp':
      return alongStreets(ground, wanted, { spacing: LAMP_SPACING_M, order: streetsFirst });
    case 'sign':
      return alongStreets(ground, wanted, { spacing: 320, order: streetsFirst });
    case 'signal':
      return atJunctions(ground, wanted, { away: 12, turn: 0.8 });
    case 'crossing':
      return atJunctions(ground, wanted, { away: 24, turn: 2.4 });
    case 'cam': {
      const corners = atJunctions(ground, Math.ceil(wanted / 2), { away: 15, turn: 4.1 });
      const rest = scattered(ground, wanted - corners.length, {
        random,
        liking: (ward) => weightOf(ward) * weightOf(ward),
      });
      return [...corners, ...rest];
    }
    case 'park':
      return bays(ground, wanted, random);
    case 'pump':
    case 'tank':
    case 'plant':
      return plants(ground, wanted, random);
    case 'bin':
      return anywhere((ward) => (ward === '' ? 3 : weightOf(ward)));
    case 'wifi':
      return anywhere((ward) => (['harbour', 'old-town', 'station', ''].includes(ward) ? 2 : 0.2));
    default:
      return anywhere(() => 1);
  }
}
