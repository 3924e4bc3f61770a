/** Audits a whole log as it is served: signature, every entry, every tile, and that it extends what was seen before. */
import { createTree, HASH_BYTES, leafHash } from '@cityward/tlog-tiles';
import { openCheckpoint, type Checkpoint } from '@cityward/tlog-tiles/checkpoint';
import { parseVerifierKey } from '@cityward/tlog-tiles/note';
import { decodeBundle, TILE_WIDTH, tilePath, tilesOf, tileWidth } from '@cityward/tlog-tiles/tile';
import { parseEntry } from './domain/body.ts';

/** Hands out what a log serves at a path such as `checkpoint` or `tile/0/000`; throws when it cannot. */
export type LogReader = (path: string) => Promise<Uint8Array>;

export interface VerifyLogOptions {
  /** The log's key as `name+id+base64`, from outside of what is verified. */
  readonly verifierKey: string;
  /** A signed checkpoint kept from an earlier visit: the log must extend it. */
  readonly oldCheckpoint?: string;
}

export interface LogVerdict {
  readonly ok: boolean;
  readonly sentences: readonly string[];
  readonly faults: readonly string[];
  readonly counts: { readonly entries: number; readonly tiles: number; readonly bundles: number };
  readonly origin: string | null;
  readonly size: number | null;
  readonly root: string | null;
  /** The signed checkpoint that was verified, to be kept for the next visit; `null` unless `ok`. */
  readonly checkpoint: string | null;
}

const READ_AHEAD = 8;
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

class Audit {
  readonly #read: LogReader;
  readonly #levels: Uint8Array[][] = [];
  readonly #tree = createTree((level, hashes) => (this.#levels[level] ??= []).push(hashes));
  readonly counts = { entries: 0, tiles: 0, bundles: 0 };

  constructor(read: LogReader) {
    this.#read = read;
  }
  get root(): Uint8Array {
    return this.#tree.root();
  }

  /** Takes the entries up to `size`; a stop within a bundle lets the root there be compared. */
  async entries(from: number, size: number, served: number): Promise<void> {
    const bundles: number[] = [];
    for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < size; index++) bundles.push(index);
    for (let i = 0; i < bundles.length; i += READ_AHEAD) {
      const part = bundles.slice(i, i + READ_AHEAD);
      const read = await Promise.all(part.map((index) => this.#bundle(index, served)));
      part.forEach((index, k) => {
        const leaves = read[k]!;
        const [low, high] = [
          Math.max(0, from - index * TILE_WIDTH),
          Math.min(leaves.length, size - index * TILE_WIDTH),
        ];
        this.#tree.append(Buffer.concat(leaves.slice(low, high)));
        this.counts.entries += high - low;
      });
    }
  }

  /** Leaf hashes of one bundle, whose entries are all readable. */
  async #bundle(index: number, served: number): Promise<readonly Uint8Array[]> {
    const width = tileWidth('entries', index, served);
    const path = tilePath({ level: 'entries', index, width });
    const entries = decodeBundle(await this.#read(path), width);
    if (!entries.ok) throw new Error(`${path}: ${entries.error}`);
    this.counts.bundles++;
    return entries.value.map((entry, i) => {
      if (!parseEntry(Buffer.from(entry).toString('utf8')))
        throw new Error(`${path}: entry ${index * TILE_WIDTH + i} is not one that Cityward writes`);
      return leafHash(entry);
    });
  }

  /** Compares every served tile with the hashes computed from the entries. */
  async tiles(size: number): Promise<void> {
    const computed = this.#levels.map((hashes) => Buffer.concat(hashes));
    const all = [...tilesOf(size)];
    for (let i = 0; i < all.length; i += READ_AHEAD) {
      await Promise.all(
        all.slice(i, i + READ_AHEAD).map(async (tile) => {
          const from = tile.index * TILE_WIDTH * HASH_BYTES;
          const wanted = computed[tile.level]!.subarray(from, from + tile.width * HASH_BYTES);
          if (!same(await this.#read(tilePath(tile)), wanted))
            throw new Error(`${tilePath(tile)} does not follow from the entries`);
          this.counts.tiles++;
        }),
      );
    }
  }
}

function openGiven(note: Uint8Array | string, options: VerifyLogOptions): Checkpoint {
  const key = parseVerifierKey(options.verifierKey);
  if (!key.ok) throw new Error(key.error);
  const opened = openCheckpoint(note, key.value);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

/** Reads the whole log through `read`. Never throws on what it is served; a reader's own failure is a fault too. */
export async function verifyLog(read: LogReader, options: VerifyLogOptions): Promise<LogVerdict> {
  const audit = new Audit(read);
  let checkpoint: Checkpoint | null = null;
  try {
    const note = await read('checkpoint');
    checkpoint = openGiven(note, options);
    const { size, root } = checkpoint;
    const old = options.oldCheckpoint === undefined ? null : openGiven(options.oldCheckpoint, options);
    if (old && old.size > size) throw new Error(`The log went back: it had ${old.size} entries and now shows ${size}`);
    if (old) await audit.entries(0, old.size, size);
    if (old && !same(audit.root, old.root))
      throw new Error(`The log was rewritten: its first ${old.size} entries are not those seen before`);
    await audit.entries(old?.size ?? 0, size, size);
    if (!same(audit.root, root)) throw new Error('The entries do not give the root that the checkpoint signs');
    await audit.tiles(size);
    return {
      ...summary(audit, checkpoint),
      ok: true,
      faults: [],
      sentences: sayGood(audit, checkpoint, old),
      checkpoint: Buffer.from(note).toString('utf8'),
    };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return {
      ...summary(audit, checkpoint),
      ok: false,
      faults: [fault],
      sentences: ['This log does not verify', fault],
      checkpoint: null,
    };
  }
}

const summary = (audit: Audit, checkpoint: Checkpoint | null) => ({
  counts: { ...audit.counts },
  origin: checkpoint?.origin ?? null,
  size: checkpoint?.size ?? null,
  root: checkpoint ? Buffer.from(checkpoint.root).toString('base64') : null,
});

const sayGood = ({ counts }: Audit, { origin, size }: Checkpoint, old: Checkpoint | null): string[] => [
  `The checkpoint over ${size} entries is signed by ${origin}`,
  `All ${counts.entries} entries give the root that it signs`,
  `All ${counts.tiles} tiles follow from the entries`,
  ...(old ? [`It extends the ${old.size} entries seen before, unchanged`] : []),
];
