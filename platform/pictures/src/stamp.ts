/** The last step before a page is shown: both marks, and the bytes of one picture. It waits for nothing. */
import { BLOCK_PIXELS, BLOCKS_ACROSS, BLOCKS_DOWN, STRIP_BLOCKS, STRIPS_ACROSS } from './size.ts';
import { BLOCK_MAX_BYTES, Coder } from './jpeg/coder.ts';
import { chromaHead, END, head, RESTART } from './jpeg/frame.ts';
import { LUMA } from './jpeg/tables.ts';
import { signAt, TILE_STRIPS_ACROSS, TILE_STRIPS_DOWN } from './mark/pattern.ts';
import { LINE_BLOCKS, lineRow, STRIP_COEFFICIENTS, type Prepared } from './prepare.ts';

/** The visible mark as quantised blocks, added to what is on the page. */
export type Line = Int16Array;
export const LINE_COEFFICIENTS = LINE_BLOCKS * BLOCK_PIXELS;

export interface Stamp {
  /** The code word of the hidden mark. */
  readonly word: Uint8Array;
  readonly line: Line;
}

const HEADS = { grey: head('grey'), colour: head('colour') };
/** Where a picture is put together; overwritten after each. */
let room = new Uint8Array();

export function stamp(page: Prepared, { word, line }: Stamp): Buffer {
  if (room.length < sizeOf(page)) room = new Uint8Array(sizeOf(page));
  const out = new Coder(room);
  const lines = new Lines(page, line);
  copy(HEADS[page.colours], out);
  for (let row = 0, at = 0; row < BLOCKS_DOWN; row++)
    for (let across = 0; across < STRIPS_ACROSS; across++, at++) {
      if (at > 0) {
        out.bytes[out.length++] = 0xff;
        out.bytes[out.length++] = RESTART + ((at - 1) & 7);
      }
      const sign = signAt(word, (row % TILE_STRIPS_DOWN) * TILE_STRIPS_ACROSS + (across % TILE_STRIPS_ACROSS));
      const which = sign > 0 ? 1 : 0;
      if (lineRow(row) >= 0) lines.next(out, { row: lineRow(row), across, which });
      else copyStrip(page.coded, [page.starts[at * 2 + which]!, page.starts[at * 2 + which + 1]!], out);
    }
  page.chroma?.forEach((scan, at) => {
    copy(chromaHead(at === 0 ? 2 : 3), out);
    copy(scan, out);
  });
  copy(END, out);
  lines.wipe();
  const picture = Buffer.from(room.subarray(0, out.length));
  room.fill(0, 0, out.length);
  return picture;
}

/** By hand: a strip is so short that a call into the engine costs more. */
function copyStrip(from: Uint8Array, [begin, end]: readonly [number, number], out: Coder): void {
  const { bytes } = out;
  let to = out.length;
  for (let at = begin; at < end; at++) bytes[to++] = from[at]!;
  out.length = to;
}
function copy(from: Uint8Array, out: Coder): void {
  out.bytes.set(from, out.length);
  out.length += from.length;
}

/** Mean light, of 255, below which the visible mark is written in white. */
const DARK = 96;
const DARK_DC = ((DARK - 128) * 8) / LUMA[0]!;

/** The strips with the visible mark, one after the other: the page's blocks and those of the mark together. */
class Lines {
  readonly #page: Prepared;
  readonly #line: Line;
  readonly #strip = new Int16Array(STRIP_COEFFICIENTS);
  #at = 0;

  constructor(page: Prepared, line: Line) {
    this.#page = page;
    this.#line = line;
  }

  next(
    out: Coder,
    { row, across, which }: { readonly row: number; readonly across: number; readonly which: 0 | 1 },
  ): void {
    const [strip, blocks, line] = [this.#strip, this.#page.blocks, this.#line];
    const from = this.#at + which * STRIP_COEFFICIENTS;
    const added = (row * BLOCKS_ACROSS + across * STRIP_BLOCKS) * BLOCK_PIXELS;
    for (let at = 0; at < STRIP_COEFFICIENTS; at += BLOCK_PIXELS) {
      const ink = blocks[from + at]! < DARK_DC ? -1 : 1;
      for (let k = at; k < at + BLOCK_PIXELS; k++) strip[k] = clamped(blocks[from + k]! + ink * line[added + k]!);
      out.block(strip, at);
    }
    out.end();
    this.#at += STRIP_COEFFICIENTS * 2;
  }

  wipe(): void {
    this.#strip.fill(0);
  }
}

/** More than 10 bits have no code. */
const clamped = (value: number): number => (value > 1_023 ? 1_023 : value < -1_023 ? -1_023 : value);

const sizeOf = ({ coded, blocks, chroma }: Prepared): number => {
  const lines = (blocks.length / 2 / BLOCK_PIXELS) * BLOCK_MAX_BYTES;
  return (
    lines + coded.length + (chroma ? chroma[0].length + chroma[1].length : 0) + STRIPS_ACROSS * BLOCKS_DOWN * 2 + 4_096
  );
};
