/**
 * The disks of simulated devices: documents in memory and one journal for all, images as their hash and their first bytes. What a
 * device knows survives the simulator; only devices that were ever changed have any.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import type { Digest, Disk } from './disk.ts';

const FILE = 'updates.ndjson';
/** Enough for a simulated image to say how it behaves. */
export const HEAD_BYTES = 512;

export interface ThinDisk extends Disk {
  /** The first bytes of an image. */
  head(name: string): string;
}
export interface ThinDisks {
  of(device: string): ThinDisk;
  /** Devices that were changed before. */
  devices(): string[];
}

interface ThinFile {
  /** Whole for documents; the first bytes of images. */
  readonly bytes: Buffer;
  readonly digest: Digest;
}
interface Writing {
  readonly hash: Hash;
  readonly kept: Buffer[];
  keptBytes: number;
  size: number;
}
interface Line {
  readonly device: string;
  readonly name: string;
  /** Null: it was removed. */
  readonly file: { readonly text: string; readonly sha256: string; readonly size: number } | null;
}

const isDocument = (name: string): boolean => name.includes('.json') || name.startsWith('document-');

function readLines(path: string): Map<string, Map<string, ThinFile>> {
  const devices = new Map<string, Map<string, ThinFile>>();
  if (!existsSync(path)) return devices;
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      continue; // the last line of a simulator that was killed
    }
    const files = devices.get(line.device) ?? new Map<string, ThinFile>();
    devices.set(line.device, files);
    if (!line.file) files.delete(line.name);
    else {
      const { text: content, sha256, size } = line.file;
      files.set(line.name, { bytes: Buffer.from(content, 'base64'), digest: { sha256, size } });
    }
  }
  return devices;
}

/** Opens the journal of the folder, and writes it anew without what is past. */
export function openThinDisks(folder: string): ThinDisks {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE);
  const devices = readLines(path);
  const lineOf = (device: string, name: string, file: ThinFile | null): string => {
    const kept = file && { text: file.bytes.toString('base64'), ...file.digest };
    return `${JSON.stringify({ device, name, file: kept } satisfies Line)}\n`;
  };
  const all = [...devices].flatMap(([device, files]) => [...files].map(([name, file]) => lineOf(device, name, file)));
  writeFileSync(path, all.join(''), { mode: 0o600 });
  return {
    devices: () => [...devices.keys()],
    of: (device) => {
      const files = devices.get(device) ?? new Map<string, ThinFile>();
      devices.set(device, files);
      const note = (name: string): void => appendFileSync(path, lineOf(device, name, files.get(name) ?? null));
      return thinDisk(files, note);
    },
  };
}

function thinDisk(files: Map<string, ThinFile>, note: (name: string) => void): ThinDisk {
  const writing = new Map<string, Writing>();
  const settle = (name: string): void => {
    const one = writing.get(name);
    if (!one) return;
    const digest = { sha256: one.hash.copy().digest('hex'), size: one.size };
    files.set(name, { bytes: Buffer.concat(one.kept), digest });
  };
  return {
    read: (name) => files.get(name)?.bytes ?? null,
    digest: (name) => files.get(name)?.digest ?? null,
    head: (name) => files.get(name)?.bytes.toString('utf8') ?? '',
    create: (name) => {
      writing.set(name, { hash: createHash('sha256'), kept: [], keptBytes: 0, size: 0 });
      settle(name);
    },
    append: (name, bytes) => {
      const one = writing.get(name);
      if (!one) throw new Error(`write "${name}": it was not created`);
      one.hash.update(bytes);
      one.size += bytes.length;
      const room = isDocument(name) ? bytes.length : HEAD_BYTES - one.keptBytes;
      if (room <= 0) return;
      const kept = Buffer.from(bytes.subarray(0, room));
      one.kept.push(kept);
      one.keptBytes += kept.length;
    },
    sync: (name) => {
      settle(name);
      if (!name.endsWith('.new')) note(name);
    },
    rename: (from, to) => {
      const file = files.get(from);
      if (!file) throw new Error(`rename "${from}": there is no such file`);
      files.set(to, file);
      files.delete(from);
      writing.delete(from);
      note(to);
    },
    remove: (name) => {
      writing.delete(name);
      if (files.delete(name)) note(name);
    },
    erase: (name) => {
      writing.delete(name);
      if (files.delete(name)) note(name);
    },
    list: () => [...files.keys()],
    syncFolder: () => undefined,
    close: () => writing.clear(),
  };
}
