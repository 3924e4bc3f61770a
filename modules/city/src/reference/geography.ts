/** Land, water, wards, parks and main roads of Port Merrow, built from the blueprint with a little roughness from the seed. */
import { cosine, sine } from './exact.ts';
import {
  BEYOND_M,
  BORDERS,
  COAST_EAST,
  COAST_WEST,
  CORNERS,
  LAKES,
  PARKS,
  PIERS,
  WARDS,
  type BorderName,
  type ParkPlan,
  type WardPlan,
} from './blueprint.ts';
import { field } from './noise.ts';
import { along, centreOf, curve, distance, lengthOf, normalAt, offset, type Line, type Point } from './plane.ts';

const COAST_STEP_M = 28;
const ROAD_STEP_M = 35;
/** Roughness of the shore and of the city limit; roads stay smooth. */
const SHORE_ROUGHNESS_M = 16;
const LIMIT_ROUGHNESS_M = 45;
const WATERFRONT_INLAND_M = 55;
const RIVER_DRIVE_M = 38;
const RIVER_NARROW_M = 34;
const RIVER_WIDE_M = 110;

export interface Ward {
  readonly plan: WardPlan;
  /** Outline, counter-clockwise; neighbours share the very same points. */
  readonly outline: Line;
  /** The part that is built on: up to the waterfront road, the river drive and the border roads. */
  readonly built: Line;
  readonly centre: Point;
}
export interface Road {
  readonly name: string;
  readonly rank: 'main' | 'street';
  readonly line: Line;
}
export interface Geography {
  readonly land: Line;
  readonly sea: Line;
  readonly cityArea: Line;
  readonly river: Line;
  readonly lakes: readonly { readonly name: string; readonly outline: Line }[];
  readonly parks: readonly { readonly name: string; readonly outline: Line }[];
  readonly wards: readonly Ward[];
  readonly mainRoads: readonly Road[];
}

interface Drawn {
  /** The border itself, rough. */
  readonly line: Line;
  /** What is built up to on its left and on its right, running the same way. */
  readonly left: Line;
  readonly right: Line;
}

/** Shakes the inner points by a smooth field; the ends stay, so that borders still meet. */
const rough = (line: Line, by: number, seed: number): Point[] =>
  line.map((point, i) => {
    if (i === 0 || i === line.length - 1) return point;
    const normal = normalAt(line, i);
    const shake = by * (0.65 * field(seed, point, 170) + 0.35 * field(seed + 1, point, 60));
    return [point[0] + normal[0] * shake, point[1] + normal[1] * shake];
  });

/** A wall with piers: rectangles on the seaward (right) side. */
function withPiers(wall: Line): Point[] {
  const out: Point[] = [];
  let walked = 0;
  let next = 0;
  for (let i = 0; i < wall.length; i++) {
    if (i > 0) walked += distance(wall[i]!, wall[i - 1]!);
    const pier = PIERS[next];
    if (pier && walked >= pier.at) {
      const foot = along(wall, pier.at);
      const head = along(wall, pier.at + pier.width);
      const seaward: Point = [foot.direction[1] * pier.out, -foot.direction[0] * pier.out];
      out.push(foot.point, [foot.point[0] + seaward[0], foot.point[1] + seaward[1]]);
      out.push([head.point[0] + seaward[0], head.point[1] + seaward[1]], head.point);
      next++;
    }
    const before = PIERS[next - 1];
    if (!before || walked > before.at + before.width) out.push(wall[i]!);
  }
  return out;
}

function drawBorder(name: BorderName, seed: number): Drawn {
  const border = BORDERS[name];
  const controls: Line = [CORNERS[border.from], ...border.via, CORNERS[border.to]];
  const smooth = curve(controls, border.kind === 'road' ? ROAD_STEP_M : COAST_STEP_M);
  if (border.kind === 'road') return { line: smooth, left: smooth, right: smooth };
  if (border.kind === 'river') {
    const left = offset(smooth, RIVER_DRIVE_M + RIVER_WIDE_M / 4);
    const right = offset(smooth, -(RIVER_DRIVE_M + RIVER_WIDE_M / 4));
    return { line: smooth, left, right };
  }
  if (border.kind === 'limit') {
    const line = rough(smooth, LIMIT_ROUGHNESS_M, seed + 11);
    return { line, left: line, right: line };
  }
  const inland = offset(smooth, WATERFRONT_INLAND_M);
  const line = name === 'docks' ? withPiers(smooth) : rough(smooth, SHORE_ROUGHNESS_M, seed + 23);
  return { line, left: inland, right: inland };
}

/** Runs the borders of a ward one after the other; `side` picks the border itself or what is built up to. */
function runCycle(plan: WardPlan, drawn: ReadonlyMap<BorderName, Drawn>, side: 'line' | 'built'): Point[] {
  const ring: Point[] = [];
  for (const step of plan.cycle) {
    const back = step.startsWith('-');
    const name = (back ? step.slice(1) : step) as BorderName;
    const part = drawn.get(name)!;
    // Cycles run counter-clockwise, so the ward lies to the left of a border run forwards and to the right of one run back.
    const line = side === 'line' ? part.line : back ? part.right : part.left;
    const ordered = back ? [...line].reverse() : line;
    ring.push(...ordered.slice(0, side === 'line' ? -1 : undefined));
  }
  return ring;
}

const COAST_ORDER: readonly BorderName[] = ['cliff', 'fishQuay', 'quay', 'stationQuay', 'docks', 'head', 'beach'];
const LIMIT_ORDER: readonly BorderName[] = [
  'limitSea',
  'limitEast',
  'limitNorth',
  'limitMill',
  'limitLake',
  'limitHills',
  'limitWest',
];

function blob(plan: ParkPlan, seed: number): Point[] {
  const turn = (plan.degrees * Math.PI) / 180;
  const points = 44;
  return Array.from({ length: points }, (_, i): Point => {
    const angle = (i / points) * 2 * Math.PI;
    const rim: Point = [cosine(angle), sine(angle)];
    const size = 1 + 0.16 * field(seed, [plan.centre[0] + rim[0] * 400, plan.centre[1] + rim[1] * 400], 260);
    const x = rim[0] * plan.radii[0] * size;
    const y = rim[1] * plan.radii[1] * size;
    return [plan.centre[0] + x * cosine(turn) - y * sine(turn), plan.centre[1] + x * sine(turn) + y * cosine(turn)];
  });
}

/** The stream from the hills to the harbour, growing wider; it starts beyond the city and ends in open water. */
function drawRiver(drawn: ReadonlyMap<BorderName, Drawn>): Point[] {
  const upstream = curve([CORNERS.N1, [3420, 6700], [3050, 7500], [3300, 8800], [2900, 10_500]], COAST_STEP_M);
  const middle = [
    ...[...upstream].reverse(),
    ...[...drawn.get('upperRiver')!.line].reverse().slice(1),
    ...[...drawn.get('lowerRiver')!.line].reverse().slice(1),
    [3925, 3080] as Point,
  ];
  const width = (i: number): number => {
    const part = i / middle.length;
    return RIVER_NARROW_M + (RIVER_WIDE_M - RIVER_NARROW_M) * part * part * part;
  };
  return [...offset(middle, (i) => width(i) / 2), ...offset(middle, (i) => -width(i) / 2).reverse()];
}

function mainRoads(drawn: ReadonlyMap<BorderName, Drawn>): Road[] {
  const roads: Road[] = [];
  for (const [name, part] of drawn) {
    const border = BORDERS[name];
    if (border.kind === 'road') roads.push({ name: border.road, rank: 'main', line: part.line });
    if (border.kind === 'coast') roads.push({ name: border.road, rank: 'main', line: part.left });
    if (border.kind !== 'river') continue;
    roads.push({ name: `${border.road} East`, rank: 'main', line: part.right });
    roads.push({ name: `${border.road} West`, rank: 'main', line: part.left });
  }
  const end = (name: BorderName, last: boolean): Point => {
    const line = drawn.get(name)!.left;
    return last ? line[line.length - 1]! : line[0]!;
  };
  roads.push({ name: 'Quay Bridge', rank: 'main', line: [end('quay', true), end('stationQuay', false)] });
  const [east, west] = [drawn.get('upperRiver')!.right, drawn.get('upperRiver')!.left];
  const span = Math.floor(east.length * 0.55);
  roads.push({ name: 'Mill Bridge', rank: 'main', line: [west[span]!, east[span]!] });
  return roads;
}

/** @param seed a 32-bit number; only roughness depends on it, never the plan of the city */
export function drawGeography(seed: number): Geography {
  const names = Object.keys(BORDERS) as BorderName[];
  const drawn = new Map(names.map((name) => [name, drawBorder(name, seed)] as const));
  const shore = COAST_ORDER.flatMap((name) => drawn.get(name)!.line.slice(0, -1));
  const limit = LIMIT_ORDER.flatMap((name) => drawn.get(name)!.line.slice(0, -1));
  const farWest = rough(curve([...COAST_WEST, CORNERS.A0], 90), 60, seed + 5);
  const farEast = rough(curve([CORNERS.A7, ...COAST_EAST], 90), 60, seed + 7);
  const coast = [...farWest.slice(0, -1), ...shore, ...farEast];
  const [west, east] = [coast[0]!, coast[coast.length - 1]!];
  const wards = WARDS.map((plan): Ward => {
    const outline = runCycle(plan, drawn, 'line');
    return { plan, outline, built: runCycle(plan, drawn, 'built'), centre: centreOf(outline) };
  });
  return {
    land: [...coast, [east[0], 6000 + BEYOND_M], [west[0], 6000 + BEYOND_M]],
    sea: [...coast, [east[0], -BEYOND_M], [west[0], -BEYOND_M]].reverse() as Point[],
    cityArea: [...shore, ...limit],
    river: drawRiver(drawn),
    lakes: LAKES.map((plan) => ({ name: plan.name, outline: blob(plan, seed + 31) })),
    parks: PARKS.map((plan) => ({ name: plan.name, outline: blob(plan, seed + 37) })),
    wards,
    mainRoads: mainRoads(drawn).filter((road) => lengthOf(road.line) > 1),
  };
}
