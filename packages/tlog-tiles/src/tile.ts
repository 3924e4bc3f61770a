/** Tiles and entry bundles as c2sp.org/tlog-tiles serves them: coordinates, paths and bytes. */
import { HASH_BYTES } from './hash.ts';
import { bad, good, parseDecimal, quoted, type Parsed } from './parsed.ts';

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
export const TILE_LEVEL_MAX = 63;
/** An entry's length is a 16-bit number: store large things elsewhere and log their hash. */
export const ENTRY_MAX_BYTES = 65_535;
const LENGTH_BYTES = 2;

/** A tile of hashes at a level, or a bundle of entries (`level: 'entries'`). `width` is 256 for a full one. */
export interface Tile {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

function indexPath(index: number): string {
  let path = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  return path;
}

/** The path below the log's prefix, e.g. `tile/0/x001/x234/067` or `tile/entries/273.p/112`. */
export const tilePath = ({ level, index, width }: Tile): string =>
  `tile/${level}/${indexPath(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`;

const TILE_PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/;

/** Reads a tile's path; refuses every spelling but the canonical one. */
export function parseTilePath(path: string): Parsed<Tile> {
  const wanted = 'tile/<level>/<index>[.p/<width>]';
  const match = TILE_PATH.exec(path);
  if (!match) return bad(`read a tile path: ${quoted(path)} is not of the form ${wanted}`);
  const [, levelText = '', indexText = '', widthText] = match;
  const level = levelText === 'entries' ? 'entries' : parseDecimal(levelText);
  const index = Number(indexText.replaceAll(/[x/]/g, ''));
  const width = widthText === undefined ? TILE_WIDTH : parseDecimal(widthText);
  const levelKnown = level === 'entries' || (level !== null && level <= TILE_LEVEL_MAX);
  if (!levelKnown || width === null || width < 1 || !Number.isSafeInteger(index))
    return bad(`read a tile path: ${quoted(path)} is outside levels 0 to ${TILE_LEVEL_MAX} and widths 1 to 255`);
  const tile: Tile = { level, index, width };
  if (widthText === String(TILE_WIDTH) || width > TILE_WIDTH || tilePath(tile) !== path)
    return bad(`read a tile path: ${quoted(path)} is not spelt canonically, wanted ${wanted}`);
  return good(tile);
}

/** How many hashes (or entries) the tile at this place holds in a tree of `size` leaves; 0 when there is no such tile. */
export function tileWidth(level: number | 'entries', index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level));
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Every tile of hashes of a tree of `size` leaves, lowest level first, partial ones last in their level. */
export function* tilesOf(size: number): Generator<Tile & { readonly level: number }> {
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH))
    for (let index = 0; index * TILE_WIDTH < hashes; index++)
      yield { level, index, width: tileWidth(level, index, size) };
}

/** Splits a tile into its hashes; refuses any length but `width` hashes. */
export function decodeTile(bytes: Uint8Array, width: number): Parsed<readonly Uint8Array[]> {
  if (bytes.length !== width * HASH_BYTES)
    return bad(`read a tile: it has ${bytes.length} bytes, wanted ${width * HASH_BYTES}`);
  return good(Array.from({ length: width }, (_, i) => bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)));
}

/** Entries as a bundle: each after its length in two bytes, big-endian. Throws on an entry above 65,535 bytes. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const total = entries.reduce((sum, entry) => sum + LENGTH_BYTES + entry.length, 0);
  const bundle = Buffer.allocUnsafe(total);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > ENTRY_MAX_BYTES)
      throw new Error(`write a bundle: an entry has ${entry.length} bytes, at most ${ENTRY_MAX_BYTES} are allowed`);
    at = bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at);
    at += entry.length;
  }
  return bundle;
}

/** Splits a bundle into its entries; refuses one that does not hold exactly `width` of them and nothing more. */
export function decodeBundle(bytes: Uint8Array, width: number): Parsed<readonly Uint8Array[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (entries.length < width) {
    if (at + LENGTH_BYTES > bytes.length)
      return bad(`read a bundle: it ends after ${entries.length} of ${width} entries`);
    const end = at + LENGTH_BYTES + view.getUint16(at);
    if (end > bytes.length) return bad(`read a bundle: entry ${entries.length} is cut off at byte ${bytes.length}`);
    entries.push(bytes.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  if (at !== bytes.length) return bad(`read a bundle: ${bytes.length - at} bytes follow its ${width} entries`);
  return good(entries);
}
