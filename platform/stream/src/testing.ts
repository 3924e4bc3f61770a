/** A disk in memory for tests: it loses what was not synced when its power is cut, tears writes, and fills up. */
import { basename, dirname, join } from 'node:path';
import type { FileHandleLike, FileLayer } from './types.ts';

export interface MemoryDiskOptions {
  /** Bytes of all files together before a write is short and the next one fails with ENOSPC. */
  readonly capacityBytes?: number;
  /** The power goes with this operation (1 = the first); it and all later ones fail. */
  readonly cutAt?: number;
  /** A disk that says "synced" and is not: what a stream without its fdatasync would have. */
  readonly liesAboutSync?: boolean;
  /** A writev takes at most this many bytes. */
  readonly writeMaxBytes?: number;
}

export interface MemoryDisk {
  readonly files: FileLayer;
  setCapacity(bytes: number): void;
  /** The next writev keeps this many bytes and then fails with EIO. */
  tearNextWrite(bytes: number): void;
  /** The next datasync fails with EIO. */
  failNextSync(): void;
  /** Operations so far, for choosing where to cut. */
  readonly operations: number;
  /** True once the power is gone. */
  readonly dead: boolean;
  /**
   * Cuts the power and answers a fresh disk with what survived: all that was synced, and of each unsynced 512-byte sector, length
   * and name either the old or the new, as `chance()` in [0, 1) says. `() => 1` keeps nothing unsynced, `() => 0` all of it.
   */
  powerCut(chance: () => number): MemoryDisk;
  /** Changes one byte, as bit rot would. */
  flip(path: string, offset: number): void;
  /** What a file holds now; empty for a missing one. */
  contents(path: string): Buffer;
}

/** A growing run of bytes. */
interface Bytes {
  data: Buffer;
  length: number;
}
interface File {
  readonly now: Bytes;
  readonly durable: Bytes;
  /** What the two differ in at most, beside their lengths. */
  dirtyFrom: number;
  dirtyTo: number;
}
type Names = Map<string, File>;

interface Disk {
  options: MemoryDiskOptions;
  names: Names;
  durableNames: Names;
  operations: number;
  dead: boolean;
  tearAfter: number | null;
  syncFails: boolean;
  locked: boolean;
}

const SECTOR_BYTES = 512;

export function createMemoryDisk(options: MemoryDiskOptions = {}): MemoryDisk {
  return wrap({
    options,
    names: new Map(),
    durableNames: new Map(),
    operations: 0,
    dead: false,
    tearAfter: null,
    syncFails: false,
    locked: false,
  });
}

function wrap(disk: Disk): MemoryDisk {
  return {
    files: layer(disk),
    setCapacity(capacityBytes) {
      disk.options = { ...disk.options, capacityBytes };
    },
    tearNextWrite(bytes) {
      disk.tearAfter = bytes;
    },
    failNextSync() {
      disk.syncFails = true;
    },
    get operations() {
      return disk.operations;
    },
    get dead() {
      return disk.dead;
    },
    powerCut(chance) {
      disk.dead = true;
      return survivors(disk, chance);
    },
    flip(path, offset) {
      for (const bytes of [disk.names.get(path)!.now, disk.names.get(path)!.durable]) bytes.data[offset]! ^= 0x10;
    },
    contents(path) {
      const now = disk.names.get(path)?.now;
      return now ? Buffer.from(now.data.subarray(0, now.length)) : Buffer.alloc(0);
    },
  };
}

function fault(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`memory disk: ${code}`), { code });
}

/** Every call takes a turn of the event loop, as a disk does, and is a place where the power may go. */
async function operate(disk: Disk): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (++disk.operations === disk.options.cutAt) disk.dead = true;
  if (disk.dead) throw fault('EPOWER');
}

function layer(disk: Disk): FileLayer {
  return {
    async lock(folder) {
      if (disk.locked) throw new Error(`open stream "${folder}": this process holds it`);
      disk.locked = true;
      await Promise.resolve();
      return async () => {
        disk.locked = false;
        await Promise.resolve();
      };
    },
    async open(path, flags) {
      await operate(disk);
      let file = disk.names.get(path);
      if (!file && (flags === 'r' || flags === 'r+')) throw fault('ENOENT');
      if (!file) disk.names.set(path, (file = emptyFile()));
      if (flags === 'w') setLength(file, 0);
      return openHandle(disk, file, flags === 'a');
    },
    async rename(from, to) {
      await operate(disk);
      const file = disk.names.get(from);
      if (!file) throw fault('ENOENT');
      disk.names.delete(from);
      disk.names.set(to, file);
    },
    async unlink(path) {
      await operate(disk);
      if (!disk.names.delete(path)) throw fault('ENOENT');
    },
    async list(folder) {
      await operate(disk);
      return [...disk.names.keys()].filter((path) => dirname(path) === join(folder)).map((path) => basename(path));
    },
    async syncFolder() {
      await operate(disk);
      if (!disk.options.liesAboutSync) disk.durableNames = new Map(disk.names);
    },
  };
}

function openHandle(disk: Disk, file: File, appends: boolean): FileHandleLike {
  let place = 0;
  return {
    async writev(buffers) {
      const cutsNow = disk.operations + 1 === disk.options.cutAt;
      if (!cutsNow) await operate(disk);
      const wanted = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
      const allowed = Math.min(wanted, disk.options.writeMaxBytes ?? wanted, room(disk), disk.tearAfter ?? wanted);
      const at = appends ? file.now.length : place;
      put(file, at, Buffer.concat(buffers).subarray(0, allowed));
      place = at + allowed;
      if (cutsNow) await operate(disk); // the write was on its way when the power went
      if (disk.tearAfter !== null) {
        disk.tearAfter = null;
        throw fault('EIO');
      }
      if (allowed === 0 && wanted > 0) throw fault('ENOSPC');
      return allowed;
    },
    async read(buffer, position) {
      await operate(disk);
      const end = Math.min(file.now.length, position + buffer.length);
      return position >= end ? 0 : file.now.data.copy(buffer, 0, position, end);
    },
    async truncate(length) {
      await operate(disk);
      setLength(file, length);
    },
    async datasync() {
      await operate(disk);
      if (disk.syncFails) {
        disk.syncFails = false;
        throw fault('EIO');
      }
      if (!disk.options.liesAboutSync) sync(file);
    },
    async size() {
      await operate(disk);
      return file.now.length;
    },
    close: () => Promise.resolve(),
  };
}

const emptyBytes = (): Bytes => ({ data: Buffer.alloc(0), length: 0 });
const emptyFile = (): File => ({ now: emptyBytes(), durable: emptyBytes(), dirtyFrom: Infinity, dirtyTo: 0 });

function reserve(bytes: Bytes, length: number): void {
  if (bytes.data.length >= length) return;
  const grown = Buffer.alloc(Math.max(length, bytes.data.length * 2, 4_096));
  bytes.data.copy(grown, 0, 0, bytes.length);
  bytes.data = grown;
}

function touch(file: File, from: number, to: number): void {
  file.dirtyFrom = Math.min(file.dirtyFrom, from);
  file.dirtyTo = Math.max(file.dirtyTo, to);
}

function put(file: File, at: number, data: Uint8Array): void {
  reserve(file.now, at + data.length);
  file.now.data.set(data, at);
  file.now.length = Math.max(file.now.length, at + data.length);
  touch(file, at, at + data.length);
}

function setLength(file: File, length: number): void {
  reserve(file.now, length);
  file.now.data.fill(0, Math.min(length, file.now.length), Math.max(length, file.now.length));
  touch(file, Math.min(length, file.now.length), Math.max(length, file.now.length));
  file.now.length = length;
}

function sync(file: File): void {
  const { now, durable } = file;
  reserve(durable, now.length);
  if (file.dirtyFrom < file.dirtyTo)
    now.data.copy(durable.data, file.dirtyFrom, file.dirtyFrom, Math.min(file.dirtyTo, now.length));
  durable.length = now.length;
  file.dirtyFrom = Infinity;
  file.dirtyTo = 0;
}

function room(disk: Disk): number {
  if (disk.options.capacityBytes === undefined) return Infinity;
  let used = 0;
  for (const file of disk.names.values()) used += file.now.length;
  return Math.max(0, disk.options.capacityBytes - used);
}

function survivors(disk: Disk, chance: () => number): MemoryDisk {
  const names: Names = new Map();
  for (const path of new Set([...disk.names.keys(), ...disk.durableNames.keys()])) {
    const before = disk.durableNames.get(path);
    const after = disk.names.get(path);
    const kept = before === after || chance() < 0.5 ? after : before;
    if (kept) names.set(path, survivor(kept, chance));
  }
  return wrap({ ...disk, options: {}, names, durableNames: new Map(names), operations: 0, dead: false, locked: false });
}

function survivor(file: File, chance: () => number): File {
  const { now, durable } = file;
  const [shorter, longer] = [Math.min(now.length, durable.length), Math.max(now.length, durable.length)];
  const keep = 1 - Math.min(1, chance());
  const grown = now.length >= durable.length;
  const length = Math.round(grown ? shorter + keep * (longer - shorter) : longer - keep * (longer - shorter));
  const data = Buffer.alloc(length);
  durable.data.copy(data, 0, 0, Math.min(length, durable.length));
  for (let from = sectorOf(file.dirtyFrom); from < Math.min(file.dirtyTo, length, now.length); from += SECTOR_BYTES) {
    const to = Math.min(from + SECTOR_BYTES, length, now.length);
    if (chance() < 0.5) now.data.copy(data, from, from, to);
  }
  const bytes = (): Bytes => ({ data: Buffer.from(data), length });
  return { now: bytes(), durable: bytes(), dirtyFrom: Infinity, dirtyTo: 0 };
}

const sectorOf = (offset: number): number => (Number.isFinite(offset) ? offset - (offset % SECTOR_BYTES) : Infinity);
