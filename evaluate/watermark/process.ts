/** One of the processes of `evaluate watermark`: marks pages, does to them what people do, and looks whose they are. */
import { createHash } from 'node:crypto';
import { seeded, type Random } from '@cityward/kernel';
import {
  averaged,
  createMarker,
  damaged,
  halves,
  likeness,
  unmarked,
  type Damage,
  type Marker,
} from '@cityward/pictures/testing';
import { answer } from '../../bench/ingest/plan.ts';
import { pageAt } from './pages.ts';

export interface Trial {
  readonly kind: string;
  readonly attack: string;
  /** Whose copies it is made of. */
  readonly of: readonly string[];
  readonly found: readonly string[];
}
export interface Tried {
  readonly trials: readonly Trial[];
  /** Decibels; `null` where it was not measured. */
  readonly likeness: number | null;
}

const CROP_AREA = 0.25;
const UNMARKED_EVERY = 20;
const COLLUSION_EVERY = 5;
let marker: Marker;
let sessions: string[];
let words: Buffer[];

function begin({ candidates }: { candidates: number }): number {
  marker = createMarker(createHash('sha256').update('evaluate/watermark').digest());
  sessions = Array.from({ length: candidates }, (_, at) => `ses-${String(at).padStart(6, '0')}`);
  words = sessions.map((session) => marker.word(session));
  return words.length;
}

/** A quarter of the area, of any shape from narrow to wide. */
function cropFor(random: Random): NonNullable<Damage['crop']> {
  const width = CROP_AREA ** random.next();
  const height = CROP_AREA / width;
  return { width, height, x: random.next() * (1 - width), y: random.next() * (1 - height) };
}

async function whose(picture: Uint8Array): Promise<string[]> {
  const search = await marker.search<string>(picture);
  for (const [at, word] of words.entries()) search.try(sessions[at]!, word);
  return search.found().map(({ name }) => name);
}

async function tryPage({ at }: { at: number }): Promise<Tried> {
  const random = seeded(`evaluate/watermark/trial/${at}`);
  const { kind, media, content } = await pageAt(at);
  const page = await marker.page({ media, content: Buffer.from(content), page: 1 });
  const [one, other] = [random.pick(sessions), random.pick(sessions)];
  const copy = marker.hidden(page, one);
  const crop = cropFor(random);
  const attacks: readonly (readonly [name: string, damage: Damage])[] = [
    ['jpeg', { quality: 70 }],
    ['crop', { crop }],
    ['resize', { size: 0.5 }],
    ['all', { crop, size: 0.5, quality: 70 }],
  ];
  const trials: Trial[] = [];
  for (const [attack, damage] of attacks)
    trials.push({ kind, attack, of: [one], found: await whose(await damaged(copy, damage)) });
  if (at % COLLUSION_EVERY === 0) {
    const size = random.between(0.35, 1.6);
    trials.push({
      kind,
      attack: 'any size',
      of: [one],
      found: await whose(await damaged(copy, { size, quality: 70 })),
    });
    const theirs = marker.hidden(page, other);
    for (const [attack, joined] of [
      ['average', await averaged(copy, theirs)],
      ['halves', await halves(copy, theirs)],
    ] as const)
      trials.push({ kind, attack, of: [one, other], found: await whose(await damaged(joined, { quality: 70 })) });
  }
  if (at % UNMARKED_EVERY !== 0) return { trials, likeness: null };
  const plain = await unmarked({ media, content: Buffer.from(content), page: 1 });
  trials.push({ kind, attack: 'no mark', of: [], found: await whose(await damaged(plain, { quality: 70 })) });
  return { trials, likeness: await likeness(copy, plain) };
}

answer({ begin, tryPage });
