/** Where in a picture of unknown size and cut a mark is, and whose. */
import { OperationalFault } from '@cityward/kernel';
import { believedFrom, fitTo, saidIn, type Said } from './name.ts';
import type { Pattern } from './pattern.ts';
import { evened, folded, placeIn, placeSpectrum, SAMPLE, tileOf, type Folded } from './place.ts';
import { halved, middleOf, type Plane } from './plane.ts';

/** Pictures are looked at between these sizes, 1 being that of the page as it was served. */
export const SIZE_MIN = 0.3;
export const SIZE_MAX = 3;
/** From one size to the next: less than the mark bears over a first look. */
const SIZE_STEP = 1.01;
/** As it was served, at half and at double: looked at whole. */
const SERVED = [1, 0.5, 2];
/** What screens and people use besides. */
const USUAL = [0.75, 1.5, 1.25, 2 / 3, 0.8, 0.6, 0.9, 1.75, 1.1, 0.4];
/** Around a size that was found. */
const NEARBY = [0.997, 0.9985, 1.0015, 1.003];
/** Places this strong come about by chance in one of some 10,000 pictures; without one, the next sizes are tried. */
const SURE = 9;
/** So strong a place is at the right size: there is no better one nearby. */
const PLAIN = 20;
/** Weaker than this nothing is worth reading. */
const WEAK = 5.5;
/** Places that are read in one picture; the bound on false names counts with so many. */
export const PLACES_MAX = 16;
/** Of so many pictures at most one may be said to be of somebody it is not of. */
export const ODDS = 10_000;
const FOUND_MAX = 10;
/** Samples each way that are looked at: enough for two pages, and for a first look. */
const WHOLE_SAMPLES = 1_400;
const PIECE_SAMPLES = 256;
/** Pixels that a sample covers, each way. */
const SAMPLE_PIXELS_MIN = 1.25;

interface Read {
  readonly strength: number;
  readonly said: Said;
}

/**
 * What the places say that may hold a mark; empty where there is none. With `scan`, sizes that nothing speaks for are tried too,
 * which takes seconds.
 */
export function placesIn(picture: Plane, pattern: Pattern, scan = true): Said[] {
  const wanted = placeSpectrum(pattern.place);
  const smaller = [picture];
  const tileAt = (size: number, samples: number): Folded => {
    // From a picture no larger than it need be: each sample covers one pixel and a quarter at least.
    const level = Math.max(0, Math.floor(Math.log2((SAMPLE * size) / SAMPLE_PIXELS_MIN)));
    while (smaller.length <= level) smaller.push(halved(smaller.at(-1)!));
    const at = size / 2 ** level;
    return folded(middleOf(smaller[level]!, samples * SAMPLE * at), at);
  };
  const read = (size: number): Read => {
    const even = evened(tileAt(size, WHOLE_SAMPLES));
    const place = placeIn(even, wanted);
    return { strength: place.strength, said: saidIn(tileOf(even), pattern, place) };
  };
  const isLikely = (size: number): boolean => placeIn(evened(tileAt(size, PIECE_SAMPLES)), wanted).strength >= WEAK;
  const reads: Read[] = [];
  for (const size of likely(isLikely, scan)) {
    const one = read(size);
    reads.push(one);
    if (one.strength < SURE) continue;
    if (one.strength >= PLAIN) break;
    for (const factor of NEARBY) reads.push(read(size * factor));
    break;
  }
  return strongest(reads).map(({ said }) => said);
}

function* likely(isLikely: (size: number) => boolean, scan: boolean): Generator<number> {
  yield* SERVED;
  for (const size of USUAL) if (isLikely(size)) yield size;
  if (!scan) return;
  for (let size = SIZE_MIN; size <= SIZE_MAX; size *= SIZE_STEP) if (isLikely(size)) yield size;
}

const strongest = (reads: readonly Read[]): Read[] =>
  reads
    .filter(({ strength }) => strength >= WEAK)
    .sort((a, b) => b.strength - a.strength)
    .slice(0, PLACES_MAX);

export interface Found<Name> {
  readonly name: Name;
  /** At least what is needed to be believed. */
  readonly fit: number;
}
export interface Search<Name> {
  try(name: Name, word: Uint8Array): void;
  /** Those that are believed after all that were tried, the best fit first: two where two people put their copies together. */
  found(): Found<Name>[];
  /** The fit that is needed by now. */
  needed(): number;
}

export function searchIn<Name>(places: readonly Said[]): Search<Name> {
  if (places.length > PLACES_MAX)
    throw new OperationalFault(`read a mark: ${places.length} places, wanted at most ${PLACES_MAX}`);
  const fits = places.map(fitTo);
  let tried = 0;
  let best: Found<Name>[] = [];
  const needed = (): number => believedFrom({ names: tried, places: PLACES_MAX, odds: ODDS });
  return {
    try: (name, word) => {
      tried++;
      let fit = 0;
      for (const one of fits) fit = Math.max(fit, one(word));
      if (best.length === FOUND_MAX && fit <= best.at(-1)!.fit) return;
      best = [...best, { name, fit }].sort((a, b) => b.fit - a.fit).slice(0, FOUND_MAX);
    },
    found: () => best.filter(({ fit }) => fit >= needed()),
    needed,
  };
}
