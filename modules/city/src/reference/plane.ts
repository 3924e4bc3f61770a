/** Plane geometry in metres for the reference city: curves, offsets, clipping, and the way to WGS 84. */
import type { Position } from '../domain/model.ts';

/** Metres east and north of the south-west corner of the city's frame. */
export type Point = readonly [x: number, y: number];
export type Line = readonly Point[];

/** Open sea east of any land, so that no address of a real person lies under the map. */
const ORIGIN_LON = 175.55;
const ORIGIN_LAT = -46.23;
const METRES_PER_DEGREE_LAT = 111_132;
/** 111,320 m times the cosine of 46.2 degrees, written out so that every machine has the same bytes. */
const METRES_PER_DEGREE_LON = 77_049;
const DEGREE_DIGITS = 1_000_000;

export const toLonLat = ([x, y]: Point): Position => [
  Math.round((ORIGIN_LON + x / METRES_PER_DEGREE_LON) * DEGREE_DIGITS) / DEGREE_DIGITS,
  Math.round((ORIGIN_LAT + y / METRES_PER_DEGREE_LAT) * DEGREE_DIGITS) / DEGREE_DIGITS,
];

export const distance = (a: Point, b: Point): number =>
  Math.sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]));

export function lengthOf(line: Line): number {
  let sum = 0;
  for (let i = 1; i < line.length; i++) sum += distance(line[i - 1]!, line[i]!);
  return sum;
}

/** Twice the signed area would do for orientation; this is the area itself, positive when counter-clockwise. */
export function areaOf(ring: Line): number {
  let sum = 0;
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i]!;
    const b = ring[(i + 1) % ring.length]!;
    sum += a[0] * b[1] - b[0] * a[1];
  }
  return sum / 2;
}

export function centreOf(ring: Line): Point {
  let x = 0;
  let y = 0;
  let area = 0;
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i]!;
    const b = ring[(i + 1) % ring.length]!;
    const cross = a[0] * b[1] - b[0] * a[1];
    x += (a[0] + b[0]) * cross;
    y += (a[1] + b[1]) * cross;
    area += cross;
  }
  return [x / (3 * area), y / (3 * area)];
}

export function contains(ring: Line, [x, y]: Point): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const a = ring[i]!;
    const b = ring[j]!;
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
  }
  return inside;
}

/** Centripetal-like Catmull-Rom curve through the points, a point about every `step` metres; keeps the given ends. */
export function curve(controls: Line, step: number): Point[] {
  const out: Point[] = [controls[0]!];
  for (let i = 0; i + 1 < controls.length; i++) {
    const p0 = controls[Math.max(0, i - 1)]!;
    const p1 = controls[i]!;
    const p2 = controls[i + 1]!;
    const p3 = controls[Math.min(controls.length - 1, i + 2)]!;
    const pieces = Math.max(1, Math.round(distance(p1, p2) / step));
    for (let k = 1; k <= pieces; k++) {
      const t = k / pieces;
      const at = (a: 0 | 1): number =>
        0.5 *
        (2 * p1[a] +
          (p2[a] - p0[a]) * t +
          (2 * p0[a] - 5 * p1[a] + 4 * p2[a] - p3[a]) * t * t +
          (3 * p1[a] - p0[a] - 3 * p2[a] + p3[a]) * t * t * t);
      out.push([at(0), at(1)]);
    }
  }
  out[out.length - 1] = controls[controls.length - 1]!;
  return out;
}

/** Unit normal to the left of the direction of travel at point i. */
export function normalAt(line: Line, i: number): Point {
  const a = line[Math.max(0, i - 1)]!;
  const b = line[Math.min(line.length - 1, i + 1)]!;
  const length = distance(a, b) || 1;
  return [-(b[1] - a[1]) / length, (b[0] - a[0]) / length];
}

/** The line moved to its left by `by` metres (a number, or one for each point); meant for smooth lines. */
export const offset = (line: Line, by: number | ((i: number) => number)): Point[] =>
  line.map((point, i) => {
    const normal = normalAt(line, i);
    const d = typeof by === 'number' ? by : by(i);
    return [point[0] + normal[0] * d, point[1] + normal[1] * d];
  });

/** Where the line is after `at` metres, and which way it runs there (unit vector). */
export function along(line: Line, at: number): { readonly point: Point; readonly direction: Point } {
  let left = Math.max(0, at);
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1]!;
    const b = line[i]!;
    const piece = distance(a, b);
    if (left <= piece || i === line.length - 1) {
      const t = piece === 0 ? 0 : Math.min(1, left / piece);
      const direction: Point = piece === 0 ? [1, 0] : [(b[0] - a[0]) / piece, (b[1] - a[1]) / piece];
      return { point: [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t], direction };
    }
    left -= piece;
  }
  return { point: line[0]!, direction: [1, 0] };
}

const BISECTIONS = 6;

/** The parts of a finely sampled line where `inside` holds; their ends are found to a fraction of a metre. */
export function clip(line: Line, inside: (point: Point) => boolean): Point[][] {
  const parts: Point[][] = [];
  let part: Point[] = [];
  const border = (kept: Point, lost: Point): Point => {
    let a = kept;
    let b = lost;
    for (let i = 0; i < BISECTIONS; i++) {
      const middle: Point = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      if (inside(middle)) a = middle;
      else b = middle;
    }
    return a;
  };
  let before: Point | null = null;
  let beforeInside = false;
  for (const point of line) {
    const now = inside(point);
    if (now && !beforeInside) part = before ? [border(point, before)] : [];
    if (now) part.push(point);
    if (!now && beforeInside && before) {
      part.push(border(before, point));
      parts.push(part);
      part = [];
    }
    before = point;
    beforeInside = now;
  }
  if (part.length > 1) parts.push(part);
  return parts;
}

/** Douglas-Peucker: drops points that lie within `tolerance` metres of the simpler line. */
export function simplify(line: Line, tolerance: number): Point[] {
  if (line.length < 3) return [...line];
  const a = line[0]!;
  const b = line[line.length - 1]!;
  const length = distance(a, b);
  let worst = 0;
  let worstAt = 0;
  for (let i = 1; i < line.length - 1; i++) {
    const p = line[i]!;
    const off =
      length === 0 ? distance(p, a) : Math.abs((b[0] - a[0]) * (a[1] - p[1]) - (a[0] - p[0]) * (b[1] - a[1])) / length;
    if (off > worst) {
      worst = off;
      worstAt = i;
    }
  }
  if (worst <= tolerance) return [a, b];
  return [...simplify(line.slice(0, worstAt + 1), tolerance).slice(0, -1), ...simplify(line.slice(worstAt), tolerance)];
}
