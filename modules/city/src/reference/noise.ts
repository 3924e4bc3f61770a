/** Stateless noise: a number for each (seed, thing, time), so that any hour can be asked for without the hours before it. */

/** Mixes three 32-bit integers into one (the finaliser of MurmurHash3 over a sum of odd multiples); not for security. */
export function mix(a: number, b: number, c: number): number {
  let h = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Uniform in [0, 1). */
export const uniform = (a: number, b: number, c: number): number => mix(a, b, c) / 4_294_967_296;

/** Near normal with mean 0 and deviation 1, never beyond 3.5: four 8-bit parts of one mix, so it is cheap and bounded. */
export function bell(a: number, b: number, c: number): number {
  const h = mix(a, b, c);
  return ((h & 255) + ((h >>> 8) & 255) + ((h >>> 16) & 255) + (h >>> 24) - 510) / 147.8;
}

/** A smooth field over the plane in [-1, 1]: bilinear between random values on a square lattice of `cell` metres. */
export function field(seed: number, [x, y]: readonly [number, number], cell: number): number {
  const u = x / cell;
  const v = y / cell;
  const i = Math.floor(u);
  const j = Math.floor(v);
  const s = (u - i) * (u - i) * (3 - 2 * (u - i));
  const t = (v - j) * (v - j) * (3 - 2 * (v - j));
  const at = (di: number, dj: number): number => uniform(seed, i + di, j + dj) * 2 - 1;
  return (at(0, 0) * (1 - s) + at(1, 0) * s) * (1 - t) + (at(0, 1) * (1 - s) + at(1, 1) * s) * t;
}
