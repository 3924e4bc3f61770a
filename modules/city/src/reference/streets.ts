/** The small streets of each ward, and where streets meet. */
import { cosine, sine } from './exact.ts';
import { seeded, type Random } from '@cityward/kernel';
import { STREET_NAMES, STREET_SUFFIXES } from './blueprint.ts';
import type { Geography, Road, Ward } from './geography.ts';
import { field } from './noise.ts';
import { clip, contains, distance, lengthOf, simplify, type Line, type Point } from './plane.ts';

const SAMPLE_STEP_M = 14;
const SHORTEST_STREET_M = 60;
const STREET_TOLERANCE_M = 1.5;
const BEND_CELL_M = 520;
/** Streets leave this much of the pattern out, so that the city does not look stamped. */
const OMITTED_SHARE = 0.08;

export interface Street extends Road {
  readonly ward: string;
  readonly length: number;
}
export interface Junction {
  readonly point: Point;
  /** Indexes into the streets. */
  readonly streets: readonly [number, number];
  /** 2 where two main roads meet, 1 where one does, 0 else. */
  readonly weight: number;
}

/** Gives each name once; when they run out, `Upper` and then numbers go before them. */
function namer(random: Random): () => string {
  const words = [...STREET_NAMES];
  for (let i = words.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [words[i], words[j]] = [words[j]!, words[i]!];
  }
  const names = words.map((word) => `${word} ${random.pick(STREET_SUFFIXES)}`);
  let next = 0;
  return () => {
    const round = Math.floor(next / names.length);
    const name = names[next++ % names.length]!;
    return round === 0 ? name : round === 1 ? `Upper ${name}` : `${round} ${name}`;
  };
}

interface Weave {
  readonly ward: Ward;
  readonly seed: number;
  readonly random: Random;
  readonly allowed: (point: Point) => boolean;
}

/** One family of parallel, gently bent lines across the ward, clipped to what may be built on. */
function family({ ward, seed, random, allowed }: Weave, turned: boolean): Point[][] {
  const { degrees, along, across, bend } = ward.plan.pattern;
  const angle = ((degrees + (turned ? 90 : 0)) * Math.PI) / 180;
  const ahead: Point = [cosine(angle), sine(angle)];
  const aside: Point = [-ahead[1], ahead[0]];
  const spacing = turned ? along : across;
  const reach = Math.max(...ward.outline.map((point) => distance(point, ward.centre))) + spacing;
  const parts: Point[][] = [];
  for (let v = -Math.ceil(reach / spacing); v <= reach / spacing; v++) {
    if (random.next() < OMITTED_SHARE) continue;
    const line: Point[] = [];
    for (let u = -reach; u <= reach; u += SAMPLE_STEP_M) {
      const x = ward.centre[0] + ahead[0] * u + aside[0] * v * spacing;
      const y = ward.centre[1] + ahead[1] * u + aside[1] * v * spacing;
      line.push([x + bend * field(seed + 51, [x, y], BEND_CELL_M), y + bend * field(seed + 53, [x, y], BEND_CELL_M)]);
    }
    parts.push(...clip(line, allowed));
  }
  return parts.filter((part) => lengthOf(part) >= SHORTEST_STREET_M);
}

const boxOf = (ring: Line): readonly [number, number, number, number] => [
  Math.min(...ring.map((p) => p[0])),
  Math.min(...ring.map((p) => p[1])),
  Math.max(...ring.map((p) => p[0])),
  Math.max(...ring.map((p) => p[1])),
];

/** Main roads first (in the blueprint's order), then each ward's own streets. */
export function layStreets(geography: Geography, seed: number): Street[] {
  const streets: Street[] = geography.mainRoads.map((road) => ({ ...road, ward: '', length: lengthOf(road.line) }));
  const nameNext = namer(seeded(`${seed}/street-names`));
  for (const ward of geography.wards) {
    const box = boxOf(ward.built);
    const allowed = (point: Point): boolean =>
      point[0] > box[0] &&
      point[1] > box[1] &&
      point[0] < box[2] &&
      point[1] < box[3] &&
      contains(ward.built, point) &&
      !geography.parks.some((park) => contains(park.outline, point));
    const weave = { ward, seed, random: seeded(`${seed}/streets/${ward.plan.slug}`), allowed };
    for (const turned of [false, true]) {
      for (const part of family(weave, turned)) {
        const line = simplify(part, STREET_TOLERANCE_M);
        streets.push({ name: nameNext(), rank: 'street', line, ward: ward.plan.slug, length: lengthOf(line) });
      }
    }
  }
  return streets;
}

/** Where two segments cross, or null. */
function crossing(a: Point, b: Point, [c, d]: readonly [Point, Point]): Point | null {
  const det = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0]);
  if (Math.abs(det) < 1e-9) return null;
  const t = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / det;
  const u = ((c[0] - a[0]) * (b[1] - a[1]) - (c[1] - a[1]) * (b[0] - a[0])) / det;
  const slack = 0.02;
  if (t < -slack || t > 1 + slack || u < -slack || u > 1 + slack) return null;
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
}

const CELL_M = 120;
const SAME_JUNCTION_M = 22;

interface Segment {
  readonly street: number;
  readonly ends: readonly [Point, Point];
}

/** Cuts every street into pieces by grid cell, so that only near ones are compared. */
function gridOf(streets: readonly Street[]): Map<number, Segment[]> {
  const cells = new Map<number, Segment[]>();
  streets.forEach((street, index) => {
    for (let i = 1; i < street.line.length; i++) {
      const [a, b] = [street.line[i - 1]!, street.line[i]!];
      const pieces = Math.max(1, Math.ceil(distance(a, b) / (CELL_M / 2)));
      const keys = new Set<number>();
      for (let k = 0; k <= pieces; k++) {
        const x = a[0] + ((b[0] - a[0]) * k) / pieces;
        const y = a[1] + ((b[1] - a[1]) * k) / pieces;
        keys.add(Math.floor(x / CELL_M) * 4096 + Math.floor(y / CELL_M));
      }
      for (const key of keys) {
        const list = cells.get(key);
        if (list) list.push({ street: index, ends: [a, b] });
        else cells.set(key, [{ street: index, ends: [a, b] }]);
      }
    }
  });
  return cells;
}

/** Every crossing of two streets, the busiest first; crossings closer than a junction's width are one. */
export function findJunctions(streets: readonly Street[]): Junction[] {
  const found: Junction[] = [];
  for (const segments of gridOf(streets).values()) {
    for (let i = 0; i < segments.length; i++) {
      for (let j = i + 1; j < segments.length; j++) {
        const [p, q] = [segments[i]!, segments[j]!];
        if (p.street === q.street) continue;
        const point = crossing(p.ends[0], p.ends[1], q.ends);
        if (!point) continue;
        const weight = [p, q].filter((s) => streets[s.street]!.rank === 'main').length;
        found.push({ point, streets: p.street < q.street ? [p.street, q.street] : [q.street, p.street], weight });
      }
    }
  }
  found.sort((a, b) => b.weight - a.weight || a.point[0] - b.point[0] || a.point[1] - b.point[1]);
  return thin(found);
}

function thin(found: readonly Junction[]): Junction[] {
  const taken = new Map<number, Junction[]>();
  const key = (x: number, y: number): number =>
    Math.floor(x / SAME_JUNCTION_M) * 65_536 + Math.floor(y / SAME_JUNCTION_M);
  return found.filter((junction) => {
    const [x, y] = junction.point;
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        const near = taken.get(key(x + dx * SAME_JUNCTION_M, y + dy * SAME_JUNCTION_M)) ?? [];
        if (near.some((other) => distance(other.point, junction.point) < SAME_JUNCTION_M)) return false;
      }
    }
    const own = key(x, y);
    const list = taken.get(own);
    if (list) list.push(junction);
    else taken.set(own, [junction]);
    return true;
  });
}
