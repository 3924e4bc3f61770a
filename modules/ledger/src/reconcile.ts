/** Compares the database with the ledger's files at start: the files decide, and a difference is said aloud. */
import { rootFromTiles } from '@cityward/tlog-tiles';
import type { Log } from '@cityward/log';
import type { LogCore } from './core.ts';
import type { IndexStore } from './store.ts';

export interface Reconcile {
  readonly core: LogCore;
  readonly store: IndexStore;
  readonly log: Log;
  readonly notes: string[];
}

/** Answers how many entries the index may keep. */
export async function reconcile({ core, store, log, notes }: Reconcile): Promise<number> {
  const [indexed, seen] = [await store.size(), await store.seen()];
  if (seen && seen.size > core.size)
    notes.push(
      `The ledger's files hold ${core.size} entries, but the database has seen ${seen.size}: the files were replaced by older ones. Restore the newest copy`,
    );
  const root = seen && seen.size <= core.size ? await rootFromTiles(seen.size, core.readTile) : null;
  const isSame = !seen || (root !== null && Buffer.from(root).toString('base64') === seen.root);
  if (seen && root && !isSame)
    notes.push("The ledger's files are not those that the database has seen: another ledger was put in their place");
  if (!isSame || indexed > core.size) {
    log.error('the database and the files of the ledger disagree; the index is made again', {
      files: core.size,
      database: indexed,
    });
    await store.clear();
    return 0;
  }
  if (core.size > indexed) log.info('the index of the ledger is being filled', { entries: core.size - indexed });
  return indexed;
}
