/** The public side on disk: hashes by level and entries, appended, so that each tile and each bundle is one slice of a file. */
import { readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createTree, edgeOf, HASH_BYTES, type GrowingTree } from '@cityward/tlog-tiles';
import { TILE_WIDTH } from '@cityward/tlog-tiles/tile';
import type { Gains } from './group.ts';

const LENGTH_BYTES = 2;
const START_BYTES = 8;

/** How far the files can be trusted after a power cut. */
export interface TreeMark {
  readonly size: number;
  readonly entriesBytes: number;
}

/** A file that only grows; what is not flushed waits in memory. */
class Growing {
  readonly #handle: FileHandle;
  #waiting: Uint8Array[] = [];
  #flushed: number;
  constructor(handle: FileHandle, length: number) {
    this.#handle = handle;
    this.#flushed = length;
  }
  static async open(path: string, length: number): Promise<Growing> {
    await (await open(path, 'a', 0o600)).close();
    const handle = await open(path, 'r+');
    if ((await handle.stat()).size < length) {
      await handle.close();
      throw new Error(`open "${path}": it is shorter than its mark`);
    }
    return new Growing(handle, length);
  }
  get flushed(): number {
    return this.#flushed;
  }
  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
  }
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
    this.#waiting = [];
    try {
      for (let at = 0; at < bytes.length;)
        at += (await this.#handle.write(bytes, at, bytes.length - at, this.#flushed + at)).bytesWritten;
    } catch (error) {
      this.#waiting.unshift(bytes);
      throw error;
    }
    this.#flushed += bytes.length;
  }
  /** Flushed bytes only; synchronous, from the page cache as a rule. */
  slice(from: number, to: number): Buffer {
    const buffer = Buffer.allocUnsafe(to - from);
    let got = 0;
    while (got < buffer.length) {
      const read = readSync(this.#handle.fd, buffer, got, buffer.length - got, from + got);
      if (read === 0) throw new Error(`read the ledger's tiles: a file ends at ${from + got}, wanted ${to}`);
      got += read;
    }
    return buffer;
  }
  sync = (): Promise<void> => this.#handle.datasync();
  close = (): Promise<void> => this.#handle.close();
}

export class TreeStore {
  readonly #folder: string;
  readonly #entries: Growing;
  readonly #starts: Growing;
  readonly #levels: Growing[];
  /** Where each bundle begins among the entries. */
  readonly #bundleStarts: number[];
  #entriesBytes: number;
  #tree: GrowingTree;
  #newLevels = new Map<number, Uint8Array[]>();

  private constructor(files: { folder: string; entries: Growing; starts: Growing; levels: Growing[] }, mark: TreeMark) {
    this.#folder = files.folder;
    this.#entries = files.entries;
    this.#starts = files.starts;
    this.#levels = files.levels;
    this.#entriesBytes = mark.entriesBytes;
    const bundles = Math.floor(mark.size / TILE_WIDTH);
    const bytes = this.#starts.slice(0, bundles * START_BYTES);
    this.#bundleStarts = [0, ...Array.from({ length: bundles }, (_, i) => bytes.readDoubleBE(i * START_BYTES))];
    const partials = edgeOf(mark.size).map(({ level, index, width }) =>
      this.#levels[level]!.slice(index * TILE_WIDTH * HASH_BYTES, (index * TILE_WIDTH + width) * HASH_BYTES),
    );
    this.#tree = createTree((level, hashes) => this.#gain(level, hashes), { size: mark.size, partials });
  }

  /** Opens the files as they stood at the mark; throws when they do not reach it. What lies behind it is written again. */
  static async open(folder: string, mark: TreeMark): Promise<TreeStore> {
    const opened: Growing[] = [];
    const grow = async (name: string, length: number): Promise<Growing> => {
      const file = await Growing.open(join(folder, name), length);
      opened.push(file);
      return file;
    };
    try {
      const entries = await grow('entries', mark.entriesBytes);
      const starts = await grow('entries.starts', Math.floor(mark.size / TILE_WIDTH) * START_BYTES);
      const levels: Growing[] = [];
      for (let level = 0, hashes = mark.size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH))
        levels.push(await grow(`level-${level}`, hashes * HASH_BYTES));
      return new TreeStore({ folder, entries, starts, levels }, mark);
    } catch (error) {
      for (const file of opened) await file.close();
      throw error;
    }
  }

  get size(): number {
    return this.#tree.size;
  }
  get mark(): TreeMark {
    return { size: this.#tree.size, entriesBytes: this.#entriesBytes };
  }
  root = (): Uint8Array => this.#tree.root();

  /** Takes the gains of a durable group; readers see them after `flush`. */
  stage({ count, entries, leaves }: Gains): void {
    const before = this.#tree.size;
    let at = 0;
    for (let i = before; i < before + count; i++) {
      at += LENGTH_BYTES + entries.readUInt16BE(at);
      if ((i + 1) % TILE_WIDTH === 0) this.#startBundle(this.#entriesBytes + at);
    }
    this.#entries.push(entries);
    this.#entriesBytes += entries.length;
    this.#tree.append(leaves);
  }

  #startBundle(offset: number): void {
    this.#bundleStarts.push(offset);
    const bytes = Buffer.alloc(START_BYTES);
    bytes.writeDoubleBE(offset);
    this.#starts.push(bytes);
  }

  #gain(level: number, hashes: Uint8Array): void {
    const file = this.#levels[level];
    if (file) file.push(hashes);
    else this.#newLevels.set(level, [...(this.#newLevels.get(level) ?? []), hashes]);
  }

  /** Writes what was staged, to the page cache: the log can make it again. */
  async flush(): Promise<void> {
    for (const [level, hashes] of this.#newLevels) {
      const file = await Growing.open(join(this.#folder, `level-${level}`), 0);
      for (const bytes of this.#newLevels.get(level) ?? hashes) file.push(bytes);
      this.#levels[level] = file;
      this.#newLevels.delete(level);
    }
    await Promise.all([this.#entries, this.#starts, ...this.#levels].map((file) => file.flush()));
  }

  sync = async (): Promise<void> => {
    await Promise.all([this.#entries, this.#starts, ...this.#levels].map((file) => file.sync()));
  };
  close = async (): Promise<void> => {
    await Promise.all([this.#entries, this.#starts, ...this.#levels].map((file) => file.close()));
  };

  /** Hashes of a flushed tile, or entries of a flushed bundle. The caller has checked that the tree holds it. */
  tile({
    level,
    index,
    width,
  }: {
    readonly level: number | 'entries';
    readonly index: number;
    readonly width: number;
  }): Buffer {
    if (level === 'entries') return this.#bundle(index, width);
    const from = index * TILE_WIDTH * HASH_BYTES;
    return this.#levels[level]!.slice(from, from + width * HASH_BYTES);
  }

  #bundle(index: number, width: number): Buffer {
    const from = this.#bundleStarts[index]!;
    const next = this.#bundleStarts[index + 1];
    if (width === TILE_WIDTH && next !== undefined) return this.#entries.slice(from, next);
    // A part of a bundle: as far as its entries reach. Staged but unflushed bytes are behind every published width.
    const bytes = this.#entries.slice(from, Math.min(next ?? Infinity, this.#entries.flushed));
    let end = 0;
    for (let i = 0; i < width; i++) end += LENGTH_BYTES + bytes.readUInt16BE(end);
    return bytes.subarray(0, end);
  }
}
