/** The segments around the coded pixels. */
import { BLOCKS_ACROSS, BLOCKS_DOWN, BLOCK, PAGE_HEIGHT, PAGE_WIDTH, STRIP_BLOCKS } from '../size.ts';
import { AC_TABLE, CHROMA, DC_TABLE, LUMA, ZIGZAG, type HuffmanTable } from './tables.ts';

const both = (value: number): [number, number] => [value >> 8, value & 0xff];
const segment = (marker: number, ...data: readonly number[]): number[] => [
  ...[0xff, marker],
  ...both(data.length + 2),
  ...data,
];
const steps = (id: number, table: Uint8Array): number[] => [id, ...Array.from(ZIGZAG, (at) => table[at]!)];
const codes = (kind: number, { counts, symbols }: HuffmanTable): number[] => [kind, ...counts, ...symbols];
const scanOf = (component: number): number[] => segment(0xda, 1, component, 0x00, 0, 63, 0);
const restartsAfter = (blocks: number): number[] => segment(0xdd, ...both(blocks));

export type Colours = 'grey' | 'colour';
/** Colour is kept at half of the size. */
export const CHROMA_ACROSS = Math.ceil(Math.ceil(PAGE_WIDTH / 2) / BLOCK);
export const CHROMA_DOWN = Math.ceil(Math.ceil(PAGE_HEIGHT / 2) / BLOCK);

/** All that comes before the coded luminance, which is a scan of its own. */
export function head(colours: Colours): Uint8Array {
  const parts = colours === 'grey' ? [1, 0x11, 0] : [...[1, 0x22, 0], ...[2, 0x11, 1], ...[3, 0x11, 1]];
  const frame = [8, ...both(PAGE_HEIGHT), ...both(PAGE_WIDTH), parts.length / 3, ...parts];
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xe0, ...[0x4a, 0x46, 0x49, 0x46, 0], ...[1, 1, 1], ...both(150), ...both(150), 0, 0),
    ...segment(0xdb, ...steps(0, LUMA)),
    ...(colours === 'grey' ? [] : segment(0xdb, ...steps(1, CHROMA))),
    ...segment(0xc0, ...frame),
    ...segment(0xc4, ...codes(0x00, DC_TABLE), ...codes(0x10, AC_TABLE)),
    ...restartsAfter(STRIP_BLOCKS),
    ...scanOf(1),
  ]);
}
/** Before a scan of one component of colour. */
export const chromaHead = (component: 2 | 3): Uint8Array =>
  Uint8Array.from([...restartsAfter(0), ...scanOf(component)]);
export const END = Uint8Array.of(0xff, 0xd9);
export const RESTART = 0xd0;
export const LUMA_BLOCKS = BLOCKS_ACROSS * BLOCKS_DOWN;
