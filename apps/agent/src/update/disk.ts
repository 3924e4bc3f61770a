/** The few file operations that an update is made of, so that a test can cut the power between any two of them. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const PIECE_BYTES = 1_048_576;
const OWNER_ONLY = 0o600;

export interface Digest {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly size: number;
}
/** Files of one folder by name; nothing is sure to be there after a power cut before it was synced. */
export interface Disk {
  /** The whole file, for small ones; null when there is none. */
  read(name: string): Buffer | null;
  digest(name: string): Digest | null;
  /** Makes the file, or empties it. */
  create(name: string): void;
  append(name: string, bytes: Uint8Array): void;
  /** What was appended stays. */
  sync(name: string): void;
  rename(from: string, to: string): void;
  remove(name: string): void;
  /** Overwritten, synced and removed: gone for good, as far as the medium lets a program say so. */
  erase(name: string): void;
  /** What there is. */
  list(): string[];
  /** What was created, renamed and removed stays so. */
  syncFolder(): void;
  close(): void;
}

/** A real folder, made when missing, for its owner only. */
export function folderDisk(folder: string): Disk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const open = new Map<string, number>();
  const path = (name: string): string => join(folder, name);
  const release = (name: string): void => {
    const file = open.get(name);
    if (file !== undefined) closeSync(file);
    open.delete(name);
  };
  const fileOf = (name: string): number => {
    const file = open.get(name);
    if (file === undefined) throw new Error(`write "${name}": it was not created`);
    return file;
  };
  return {
    read: (name) => (existsSync(path(name)) ? readFileSync(path(name)) : null),
    digest: (name) => (existsSync(path(name)) ? digestFile(path(name)) : null),
    create: (name) => {
      release(name);
      open.set(name, openSync(path(name), 'w', OWNER_ONLY));
    },
    append: (name, bytes) => {
      for (let at = 0; at < bytes.length;) at += writeSync(fileOf(name), bytes, at);
    },
    sync: (name) => fdatasyncSync(fileOf(name)),
    rename: (from, to) => {
      release(from);
      release(to);
      renameSync(path(from), path(to));
    },
    remove: (name) => {
      release(name);
      rmSync(path(name), { force: true });
    },
    erase: (name) => {
      release(name);
      eraseFile(path(name));
    },
    list: () => readdirSync(folder).filter((name) => statSync(path(name)).isFile()),
    syncFolder: () => {
      const self = openSync(folder, 'r');
      fsyncSync(self);
      closeSync(self);
    },
    close: () => [...open.keys()].forEach(release),
  };
}

/** Zeroes over every byte, synced, then removed; nothing where there is no such file. */
export function eraseFile(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r+');
  try {
    const { size } = statSync(path);
    const zeroes = Buffer.alloc(Math.min(PIECE_BYTES, Math.max(1, size)));
    for (let at = 0; at < size;) at += writeSync(file, zeroes, 0, Math.min(zeroes.length, size - at), at);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
  rmSync(path, { force: true });
}

function digestFile(path: string): Digest {
  const file = openSync(path, 'r');
  try {
    const hash = createHash('sha256');
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, Math.max(1, statSync(path).size)));
    let size = 0;
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) {
      hash.update(piece.subarray(0, read));
      size += read;
    }
    return { sha256: hash.digest('hex'), size };
  } finally {
    closeSync(file);
  }
}

/** The old content or the new, never a part of either, whenever the power goes; the new one once this returns. */
export function replaceFile(disk: Disk, name: string, bytes: Uint8Array): void {
  const fresh = `${name}.new`;
  disk.create(fresh);
  disk.append(fresh, bytes);
  disk.sync(fresh);
  disk.rename(fresh, name);
  disk.syncFolder();
}

export const replaceJson = (disk: Disk, name: string, value: unknown): void =>
  replaceFile(disk, name, Buffer.from(JSON.stringify(value)));

/** What the file says, or null when it is missing or is no JSON. */
export function readJson(disk: Disk, name: string): unknown {
  const bytes = disk.read(name);
  if (!bytes) return null;
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}
