/** Opens the log's files: from the last mark where it can, from the first entry where it must, never past its own word. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OperationalFault } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { rootFromTiles } from '@cityward/tlog-tiles';
import { openCheckpoint } from '@cityward/tlog-tiles/checkpoint';
import type { VerifierKey } from '@cityward/tlog-tiles/note';
import type { FileLayer } from './files.ts';
import { readGroup } from './group.ts';
import { IdIndex } from './id-index.ts';
import { readMark, type Mark } from './mark.ts';
import { TreeStore } from './tree-store.ts';
import { recoverWal } from './wal-recover.ts';
import { Wal } from './wal.ts';

/** Where everything lies below the ledger's folder. */
export const placesIn = (folder: string) => ({
  name: join(folder, 'log.json'),
  mark: join(folder, 'mark.json'),
  checkpoint: join(folder, 'checkpoint'),
  witnessed: join(folder, 'witnessed'),
  wal: join(folder, 'wal'),
  tree: join(folder, 'tree'),
  ids: join(folder, 'ids'),
});

export interface OpenLog {
  readonly wal: Wal;
  readonly tree: TreeStore;
  readonly ids: IdIndex;
  /** The place in the outbox of the newest entry that came from there. */
  readonly position: number;
  /** Entries whose derived files are known to be on disk. */
  readonly marked: number;
  readonly published: Published | null;
}

export interface Published {
  readonly size: number;
  readonly root: Uint8Array;
  /** The signed checkpoint. */
  readonly text: string;
  readonly signedAt: number;
}

export interface OpenLogOptions {
  readonly folder: string;
  readonly files: FileLayer;
  readonly log: Log;
  readonly key: VerifierKey;
  readonly segmentMaxBytes?: number;
}

const NOTHING: Mark = { size: 0, entriesBytes: 0, root: '', wal: { segment: 0, offset: 0 }, position: 0 };
/** Groups are derived in memory before they are written out; this bounds it during a rebuild. */
const FLUSH_EVERY_ENTRIES = 50_000;

/** @throws OperationalFault when the files do not hold what was once signed or acknowledged */
export async function openLog(options: OpenLogOptions): Promise<OpenLog> {
  const places = placesIn(options.folder);
  for (const folder of [places.wal, places.tree]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  await options.files.syncFolder(options.folder);
  const mark = readMark(places.mark);
  const derived = (mark && (await openDerived(places, mark).catch(() => null))) ?? null;
  if (mark && !derived) options.log.warn('the derived files of the ledger do not match their mark and are made again');
  if (!derived) rmSync(places.tree, { recursive: true, force: true });
  mkdirSync(places.tree, { recursive: true, mode: 0o700 });
  const from = derived && mark ? mark : NOTHING;
  const { tree, ids } = derived ?? (await openDerived(places, NOTHING));
  try {
    const { wal, position } = await replayWal(options, { from, tree, ids });
    const published = await readPublished(options, tree);
    return { wal, tree, ids, position, marked: from.size, published };
  } catch (error) {
    await Promise.all([tree.close(), ids.close()]);
    throw error;
  }
}

async function openDerived(
  places: ReturnType<typeof placesIn>,
  mark: Mark,
): Promise<{ tree: TreeStore; ids: IdIndex }> {
  const tree = await TreeStore.open(places.tree, mark);
  const ids = await IdIndex.open(places.ids, mark.size).catch(async (error: unknown) => {
    await tree.close();
    throw error;
  });
  const root = Buffer.from(tree.root()).toString('base64');
  if (ids.size === mark.size && (mark.size === 0 || root === mark.root)) return { tree, ids };
  await Promise.all([tree.close(), ids.close()]);
  throw new Error('the derived files differ from their mark');
}

interface Replay {
  readonly from: Mark;
  readonly tree: TreeStore;
  readonly ids: IdIndex;
}

async function replayWal(
  options: OpenLogOptions,
  { from, tree, ids }: Replay,
): Promise<{ wal: Wal; position: number }> {
  const { folder, files, log } = options;
  const wal = placesIn(folder).wal;
  let position = from.position;
  const found = await recoverWal({
    files,
    folder: wal,
    from: from.wal,
    next: from.size,
    onGroup: async (found) => {
      const group = readGroup(found.payload, found.count);
      if (!group)
        throw new OperationalFault(
          `open the ledger: entries from ${found.first} are not readable in segment ${found.segment}`,
        );
      tree.stage(group);
      group.ids.forEach((id, i) => ids.add(id, found.offset + group.starts[i]!));
      position = group.position || position;
      if (tree.size % FLUSH_EVERY_ENTRIES < group.count) await tree.flush();
    },
  });
  if (found.cutBytes > 0)
    log.warn('a last write to the ledger that a crash tore was cut off', { bytes: found.cutBytes });
  await Promise.all([tree.flush(), ids.flush()]);
  const { segments, end } = found;
  const { segmentMaxBytes } = options;
  return {
    wal: new Wal({ folder: wal, files, segments, end, ...(segmentMaxBytes ? { segmentMaxBytes } : {}) }),
    position,
  };
}

/** A log must never sign what contradicts its own word: what was published once has to be in the files, unchanged. */
async function readPublished({ folder, key }: OpenLogOptions, tree: TreeStore): Promise<Published | null> {
  const path = placesIn(folder).checkpoint;
  if (!existsSync(path)) return null;
  const text = readFileSync(path, 'utf8');
  const opened = openCheckpoint(text, key);
  if (!opened.ok)
    throw new OperationalFault(`open the ledger: "${path}" is not a checkpoint of this log (${opened.error})`);
  const { size, root } = opened.value;
  if (size > tree.size)
    throw new OperationalFault(
      `open the ledger: it holds ${tree.size} entries, but ${size} were signed before; restore the missing ones`,
    );
  const now = await rootFromTiles(size, (tile) => tree.tile(tile));
  if (Buffer.compare(now, root) !== 0)
    throw new OperationalFault(
      `open the ledger: its first ${size} entries are not those that were signed before; restore them`,
    );
  return { size, root, text, signedAt: Math.floor(statSync(path).mtimeMs) };
}
