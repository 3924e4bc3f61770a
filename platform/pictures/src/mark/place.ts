/** Where in a picture a tile of the mark begins, at a given size. */
import { createFourier, type Spectrum } from './fourier.ts';
import { faint, resampled, type Plane } from './plane.ts';
import { CHIP, TILE, TILE_CHIPS } from './pattern.ts';

/** Samples across a tile. */
export const SIDE = 128;
/** Pixels of the page that a sample covers, each way. */
export const SAMPLE = TILE / SIDE;
const fourier = createFourier(SIDE);

/** All tiles of a picture laid over one another. */
export type Folded = Float64Array;

/** `size`: pixels of the picture for one of the page. */
export function folded(picture: Plane, size: number): Folded {
  const { width, height, light } = faint(resampled(picture, SAMPLE * size));
  const sums = new Float64Array(SIDE * SIDE);
  const counts = new Uint32Array(SIDE * SIDE);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y % SIDE) * SIDE + (x % SIDE);
      sums[at]! += light[y * width + x]!;
      counts[at]!++;
    }
  return sums.map((sum, at) => (counts[at]! > 0 ? sum / Math.sqrt(counts[at]!) : 0));
}

/** The half of the pattern that says where, as a spectrum; made once for a key. */
export function placeSpectrum(place: Int8Array): Spectrum {
  const spectrum = { re: sampled(place), im: new Float64Array(SIDE * SIDE) };
  fourier.forward(spectrum);
  return spectrum;
}

/** The squares of a pattern as the samples of a tile see them. */
function sampled(chips: Int8Array): Float64Array {
  const light = new Float32Array(TILE * TILE);
  for (let y = 0; y < TILE; y++)
    for (let x = 0; x < TILE; x++)
      light[y * TILE + x] = chips[Math.floor(y / CHIP) * TILE_CHIPS + Math.floor(x / CHIP)]!;
  return Float64Array.from(resampled({ width: TILE, height: TILE, light }, SAMPLE).light);
}

export interface Place {
  /** Where the tile begins, in samples. */
  readonly x: number;
  readonly y: number;
  /** How far it stands out of all other places, in their standard deviations. */
  readonly strength: number;
}

/** The spectrum of a tile with all frequencies alike, so that lines of text do not drown the pattern. */
export function evened(tile: Folded): Spectrum {
  const even = { re: Float64Array.from(tile), im: new Float64Array(SIDE * SIDE) };
  fourier.forward(even);
  for (let at = 0; at < SIDE * SIDE; at++) {
    const size = Math.sqrt(even.re[at]! ** 2 + even.im[at]! ** 2) || 1;
    even.re[at]! /= size;
    even.im[at]! /= size;
  }
  return even;
}

/** Where the tile begins most likely. */
export function placeIn(even: Spectrum, wanted: Spectrum): Place {
  const fit = { re: new Float64Array(SIDE * SIDE), im: new Float64Array(SIDE * SIDE) };
  for (let at = 0; at < SIDE * SIDE; at++) {
    const [a, b, c, d] = [even.re[at]!, even.im[at]!, wanted.re[at]!, wanted.im[at]!];
    fit.re[at] = a * c + b * d;
    fit.im[at] = b * c - a * d;
  }
  fourier.inverse(fit);
  return best(fit.re);
}

/** The tile of an evened spectrum; the spectrum is used up. */
export function tileOf(even: Spectrum): Folded {
  fourier.inverse(even);
  return even.re;
}

function best(fits: Float64Array): Place {
  let at = 0;
  let squares = 0;
  for (let i = 0; i < fits.length; i++) {
    squares += fits[i]! ** 2;
    if (fits[i]! > fits[at]!) at = i;
  }
  const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
  const fit = (dx: number, dy: number): number => fits[((y + dy + SIDE) % SIDE) * SIDE + ((x + dx + SIDE) % SIDE)]!;
  const strength = fits[at]! / Math.sqrt(squares / fits.length);
  return {
    x: x + between(fit(-1, 0), fit(0, 0), fit(1, 0)),
    y: y + between(fit(0, -1), fit(0, 0), fit(0, 1)),
    strength,
  };
}

/** Where the top of a parabola through three neighbours lies. */
function between(before: number, top: number, after: number): number {
  const bend = before - 2 * top + after;
  return bend < 0 ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend))) : 0;
}
