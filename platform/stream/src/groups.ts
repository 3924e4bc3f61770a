/** Consumer groups' offsets: two small slot files each, overwritten in turn and synced, so that a torn one never loses the other. */
import { join } from 'node:path';
import { OFFSET_BYTES, offsetSlot, parseOffsetSlot } from './frame.ts';
import { readAt } from './segments.ts';
import { writeAll } from './recover.ts';
import type { FileLayer } from './types.ts';

const GROUP = /^[a-z][a-z0-9-]{0,62}$/;
const SLOT_FILE = /^group-([a-z][a-z0-9-]{0,62})\.([01])$/;
const SLOTS = [0, 1] as const;

interface Group {
  /** What is on disk. */
  durable: number;
  /** What is asked for; ahead of `durable` while a write is under way. */
  wanted: number;
  sequence: number;
  writing: Promise<void> | null;
}

export interface Groups {
  offset(group: string): number;
  /** Makes the group known to retention, durably; keeps the offset of one that exists. */
  register(group: string): Promise<void>;
  /** Writes the offset; calls that arrive while one write is under way share the next. */
  commit(group: string, position: number): Promise<void>;
  forget(group: string): Promise<void>;
  all(): Readonly<Record<string, number>>;
  /** The offset that retention must not pass; `null` without groups. */
  lowest(): number | null;
  settled(): Promise<void>;
}

export async function openGroups(files: FileLayer, folder: string): Promise<Groups> {
  const groups = await load(files, folder);
  const store: Store = { files, folder, groups };
  return {
    offset: (name) => groups.get(name)?.durable ?? 0,
    register: (name) => register(store, name),
    commit: (name, position) => commit(store, name, position),
    forget: (name) => forget(store, name),
    all: () => Object.fromEntries([...groups].map(([name, group]) => [name, group.durable])),
    lowest: () => (groups.size === 0 ? null : Math.min(...[...groups.values()].map((group) => group.durable))),
    settled: async () => {
      await Promise.allSettled([...groups.values()].map((group) => group.writing));
    },
  };
}

interface Store {
  readonly files: FileLayer;
  readonly folder: string;
  readonly groups: Map<string, Group>;
}

const slotPath = (folder: string, name: string, slot: 0 | 1): string => join(folder, `group-${name}.${slot}`);

async function load(files: FileLayer, folder: string): Promise<Map<string, Group>> {
  const groups = new Map<string, Group>();
  for (const file of await files.list(folder)) {
    const name = SLOT_FILE.exec(file)?.[1];
    if (name === undefined) continue;
    const known = groups.get(name) ?? { durable: 0, wanted: 0, sequence: 0, writing: null };
    const handle = await files.open(join(folder, file), 'r');
    try {
      const slot = parseOffsetSlot(await readAt(handle, 0, OFFSET_BYTES));
      if (slot && slot.sequence > known.sequence) {
        known.sequence = slot.sequence;
        known.durable = known.wanted = slot.position;
      }
    } finally {
      await handle.close();
    }
    groups.set(name, known);
  }
  return groups;
}

async function register(store: Store, name: string): Promise<void> {
  if (!GROUP.test(name)) throw new Error(`consume as "${name}": wanted a group name of a-z, 0-9 and -`);
  if (store.groups.has(name)) return;
  for (const slot of SLOTS) await writeSlot(store, { name, slot, sequence: slot, position: 0 });
  await store.files.syncFolder(store.folder);
  store.groups.set(name, { durable: 0, wanted: 0, sequence: 1, writing: null });
}

async function commit(store: Store, name: string, position: number): Promise<void> {
  const group = store.groups.get(name);
  if (!group) throw new Error(`commit ${position} for group "${name}": wanted a group that has consumed before`);
  group.wanted = position;
  while (group.durable !== group.wanted) {
    group.writing ??= writeWanted(store, name, group).finally(() => (group.writing = null));
    await group.writing;
  }
}

async function writeWanted(store: Store, name: string, group: Group): Promise<void> {
  const position = group.wanted;
  const sequence = group.sequence + 1;
  // The slot that is not the newest: while it is being written, the newest stays whole.
  await writeSlot(store, { name, slot: (sequence % 2) as 0 | 1, sequence, position });
  group.sequence = sequence;
  group.durable = position;
}

interface Slot {
  readonly name: string;
  readonly slot: 0 | 1;
  readonly sequence: number;
  readonly position: number;
}

async function writeSlot(store: Store, { name, slot, sequence, position }: Slot): Promise<void> {
  const path = slotPath(store.folder, name, slot);
  // 'r+' begins at 0 and overwrites in place: the file does not grow, so the sync needs no journal. Missing: made.
  const handle = await openOrMake(store.files, path);
  try {
    await writeAll(handle, [offsetSlot(sequence, position)]);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function openOrMake(files: FileLayer, path: string): ReturnType<FileLayer['open']> {
  try {
    return await files.open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return files.open(path, 'w');
  }
}

async function forget(store: Store, name: string): Promise<void> {
  if (!store.groups.has(name)) return;
  await store.groups.get(name)!.writing?.catch(() => undefined);
  store.groups.delete(name);
  for (const slot of SLOTS) await store.files.unlink(slotPath(store.folder, name, slot));
  await store.files.syncFolder(store.folder);
}
