/**
 * A page made ready for its marks. Each strip is encoded twice, with either sign of the hidden mark, so that marking a page is
 * choosing; the rows where the visible mark will stand are kept as blocks.
 */
import {
  BLOCK,
  BLOCK_PIXELS,
  BLOCKS_ACROSS,
  BLOCKS_DOWN,
  PAGE_HEIGHT,
  PAGE_WIDTH,
  STRIP_BLOCKS,
  STRIPS_ACROSS,
} from './size.ts';
import { inverseOf, quantise, transform } from './jpeg/blocks.ts';
import { BLOCK_MAX_BYTES, Coder } from './jpeg/coder.ts';
import { CHROMA_ACROSS, CHROMA_DOWN, type Colours } from './jpeg/frame.ts';
import { CHROMA, LUMA } from './jpeg/tables.ts';
import { CHIP, NAME_DEPTH, PLACE_DEPTH, TILE, TILE_CHIPS, type Pattern } from './mark/pattern.ts';

/** What was drawn: light of every pixel, and its colour where there is any. */
export interface Drawn {
  readonly luma: Uint8Array;
  /** Blue and red difference, at half of the size in each direction. */
  readonly chroma: readonly [Uint8Array, Uint8Array] | null;
}

/** Ink is kept off pure black and paper off pure white: the hidden mark needs room on either side. */
const DARKEST = 4;
const LIGHTEST = 249;

/** Every how many rows of blocks the visible mark stands, how many it takes, and where it first does. */
export const LINE_EVERY = 36;
export const LINE_ROWS = 3;
export const LINE_FIRST = 2;
/** Which row of the line it is; -1 where there is none. */
export function lineRow(blockRow: number): number {
  const row = (blockRow - LINE_FIRST) % LINE_EVERY;
  return row >= 0 && row < LINE_ROWS ? row : -1;
}
export const LINE_BLOCKS = LINE_ROWS * BLOCKS_ACROSS;

export interface Prepared {
  readonly colours: Colours;
  /** Where each strip begins in `coded`, with the negative sign and then with the positive one; one more for the end. */
  readonly starts: Uint32Array;
  readonly coded: Uint8Array;
  /** The blocks of the rows with the visible mark, in the same order. */
  readonly blocks: Int16Array;
  /** Two whole scans, one after the other. */
  readonly chroma: readonly [Uint8Array, Uint8Array] | null;
}

const LUMA_INVERSE = inverseOf(LUMA);
const CHROMA_INVERSE = inverseOf(CHROMA);
const MIDDLE = 128;
export const STRIP_COEFFICIENTS = STRIP_BLOCKS * BLOCK_PIXELS;

/** The hidden mark's part of each block of a tile, transformed: with the negative signs, then with the positive ones. */
export type Signed = readonly [Float32Array, Float32Array];
const TILE_BLOCKS = TILE / BLOCK;

export function transformed({ place, name }: Pattern): Signed {
  const tiles: Signed = [new Float32Array(TILE * TILE), new Float32Array(TILE * TILE)];
  for (let at = 0; at < TILE_BLOCKS * TILE_BLOCKS; at++)
    tiles.forEach((tile, which) => {
      for (let i = 0; i < BLOCK_PIXELS; i++) {
        const y = Math.floor(at / TILE_BLOCKS) * BLOCK + (i >> 3);
        const x = (at % TILE_BLOCKS) * BLOCK + (i & 7);
        const chip = Math.floor(y / CHIP) * TILE_CHIPS + Math.floor(x / CHIP);
        block[i] = PLACE_DEPTH * place[chip]! + (which === 0 ? -1 : 1) * NAME_DEPTH * name[chip]!;
      }
      transform(block);
      tile.set(block, at * BLOCK_PIXELS);
    });
  return tiles;
}

export function prepare({ luma, chroma }: Drawn, signed: Signed): Prepared {
  const strips = STRIPS_ACROSS * BLOCKS_DOWN;
  const starts = new Uint32Array(strips * 2 + 1);
  const coder = new Coder(new Uint8Array(luma.length));
  const lines = Array.from({ length: BLOCKS_DOWN }, (_, row) => row).filter((row) => lineRow(row) >= 0).length;
  const blocks = new Int16Array(lines * BLOCKS_ACROSS * 2 * BLOCK_PIXELS);
  const plain = new Float32Array(STRIP_COEFFICIENTS);
  const quantised = new Int16Array(STRIP_COEFFICIENTS);
  let kept = 0;
  for (let at = 0; at < strips; at++) {
    const [row, first] = [Math.floor(at / STRIPS_ACROSS), (at % STRIPS_ACROSS) * STRIP_BLOCKS];
    for (let i = 0; i < STRIP_BLOCKS; i++) {
      load(luma, row, first + i);
      transform(block);
      plain.set(block, i * BLOCK_PIXELS);
    }
    signed.forEach((tile, which) => {
      starts[at * 2 + which] = coder.length;
      for (let i = 0; i < STRIP_BLOCKS; i++) {
        const mark = ((row % TILE_BLOCKS) * TILE_BLOCKS + ((first + i) % TILE_BLOCKS)) * BLOCK_PIXELS;
        for (let k = 0; k < BLOCK_PIXELS; k++) block[k] = plain[i * BLOCK_PIXELS + k]! + tile[mark + k]!;
        quantise(block, LUMA_INVERSE, [quantised, i * BLOCK_PIXELS]);
      }
      if (lineRow(row) < 0) return encodeStrip(coder, quantised);
      blocks.set(quantised, kept);
      kept += quantised.length;
    });
  }
  starts[strips * 2] = coder.length;
  for (const used of [plain, quantised, block]) used.fill(0);
  const coded = cut(coder);
  if (!chroma) return { colours: 'grey', starts, coded, blocks, chroma: null };
  return { colours: 'colour', starts, coded, blocks, chroma: [encodeChroma(chroma[0]), encodeChroma(chroma[1])] };
}

const block = new Float32Array(BLOCK_PIXELS);

/** Light of one block around the middle; below the page its last row goes on. */
function load(luma: Uint8Array, row: number, column: number): void {
  for (let y = 0; y < BLOCK; y++) {
    const from = Math.min(row * BLOCK + y, PAGE_HEIGHT - 1) * PAGE_WIDTH + column * BLOCK;
    for (let x = 0; x < BLOCK; x++)
      block[y * BLOCK + x] = DARKEST + (luma[from + x]! * (LIGHTEST - DARKEST)) / 255 - MIDDLE;
  }
}

/** What was written, and the rest overwritten. */
function cut(coder: Coder): Uint8Array {
  const coded = coder.bytes.slice(0, coder.length);
  coder.bytes.fill(0);
  return coded;
}

function encodeStrip(coder: Coder, strip: Int16Array): void {
  const wanted = coder.length + STRIP_BLOCKS * BLOCK_MAX_BYTES;
  if (wanted > coder.bytes.length) {
    const larger = new Uint8Array(Math.max(wanted, coder.bytes.length * 2));
    larger.set(coder.bytes);
    coder.bytes.fill(0);
    coder.bytes = larger;
  }
  for (let at = 0; at < strip.length; at += BLOCK_PIXELS) coder.block(strip, at);
  coder.end();
}

function encodeChroma(plane: Uint8Array): Uint8Array {
  const [width, height] = [PAGE_WIDTH / 2, PAGE_HEIGHT / 2];
  const coder = new Coder(new Uint8Array(CHROMA_ACROSS * CHROMA_DOWN * BLOCK_MAX_BYTES));
  const quantised = new Int16Array(BLOCK_PIXELS);
  for (let row = 0; row < CHROMA_DOWN; row++)
    for (let column = 0; column < CHROMA_ACROSS; column++) {
      for (let at = 0; at < BLOCK_PIXELS; at++) {
        const y = Math.min(row * BLOCK + (at >> 3), height - 1);
        const x = Math.min(column * BLOCK + (at & 7), width - 1);
        block[at] = plane[y * width + x]! - MIDDLE;
      }
      transform(block);
      quantise(block, CHROMA_INVERSE, [quantised, 0]);
      coder.block(quantised, 0);
    }
  coder.end();
  return cut(coder);
}

const buffersOf = ({ starts, coded, blocks, chroma }: Prepared): readonly (Uint8Array | Int16Array | Uint32Array)[] => [
  starts,
  coded,
  blocks,
  ...(chroma ?? []),
];
export const sizeInMemory = (page: Prepared): number =>
  buffersOf(page).reduce((sum, { byteLength }) => sum + byteLength, 0);
/** Nothing of the page is left in memory. */
export function wipe(page: Prepared): void {
  for (const buffer of buffersOf(page)) buffer.fill(0);
}
