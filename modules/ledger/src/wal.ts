/** The append-only log that everything else of the ledger is derived from: durable before anybody is answered. */
import { join } from 'node:path';
import { OperationalFault } from '@cityward/kernel';
import type { FileLayer, LogFile } from './files.ts';
import { encodeGroupHead, GROUP_HEAD_BYTES, recordAt, RECORD_HEAD_BYTES, type WalRecord } from './wal-frame.ts';

export const SEGMENT_MAX_BYTES = 64 * 1_048_576;
const READERS_MAX = 8;
const NAME_DIGITS = 16;
const SEGMENT_NAME = /^([0-9]{16})\.log$/;

/** A place between two groups. */
export interface WalPlace {
  /** First index of the segment, which is also its name. */
  readonly segment: number;
  readonly offset: number;
}

export interface WalGroup {
  readonly first: number;
  readonly count: number;
  readonly payload: Buffer;
}

export const segmentFile = (folder: string, segment: number): string =>
  join(folder, `${String(segment).padStart(NAME_DIGITS, '0')}.log`);

/** First indices of the segments in a folder, ascending. */
export async function listSegments(files: FileLayer, folder: string): Promise<number[]> {
  const names = await files.list(folder);
  return names
    .flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

export interface WalOptions {
  readonly folder: string;
  readonly files: FileLayer;
  readonly segments: readonly number[];
  /** The end of what recovery found sound; everything after it was cut off. */
  readonly end: WalPlace;
  readonly segmentMaxBytes?: number;
}

export class Wal {
  readonly #options: WalOptions;
  readonly #segments: number[];
  readonly #readers = new Map<number, Promise<LogFile>>();
  #handle: LogFile | null = null;
  #end: WalPlace;
  #broken: string | null = null;
  #syncs = 0;

  constructor(options: WalOptions) {
    this.#options = options;
    this.#segments = [...options.segments];
    this.#end = options.end;
  }

  get end(): WalPlace {
    return this.#end;
  }
  /** Why nothing can be appended any more; null while all is well. */
  get broken(): string | null {
    return this.#broken;
  }
  get syncs(): number {
    return this.#syncs;
  }

  /** Writes one group and syncs it; answers where its payload begins. One call at a time. */
  async append(group: WalGroup): Promise<WalPlace> {
    if (this.#broken) throw new OperationalFault(this.#broken);
    const bytes = GROUP_HEAD_BYTES + group.payload.length;
    const max = this.#options.segmentMaxBytes ?? SEGMENT_MAX_BYTES;
    if (!this.#handle || (this.#end.offset > 0 && this.#end.offset + bytes > max))
      await this.#openFor(group.first, bytes, max);
    const handle = this.#handle!;
    try {
      await handle.writev([encodeGroupHead(group), group.payload]);
    } catch (error) {
      await this.#cutBack();
      throw new OperationalFault(`append to the ledger: writing failed (${String(error)}); free some space`, {
        cause: error,
      });
    }
    try {
      await handle.datasync();
    } catch (error) {
      // After a failed sync the kernel may have dropped the pages and a second sync would lie: only a restart reads the truth.
      this.#broken = `append to the ledger: the disk did not sync (${String(error)}); restart after mending it`;
      throw new OperationalFault(this.#broken, { cause: error });
    }
    this.#syncs++;
    const place = { segment: this.#end.segment, offset: this.#end.offset + GROUP_HEAD_BYTES };
    this.#end = { segment: this.#end.segment, offset: this.#end.offset + bytes };
    return place;
  }

  async #openFor(first: number, bytes: number, max: number): Promise<void> {
    const { files, folder } = this.#options;
    const full = this.#end.offset > 0 && this.#end.offset + bytes > max;
    const isNew = full || this.#segments.length === 0;
    if (isNew) {
      await this.#handle?.close();
      this.#handle = null;
      this.#end = { segment: first, offset: 0 };
    }
    this.#handle = await files.open(segmentFile(folder, this.#end.segment), 'a');
    if (!isNew) return;
    await files.syncFolder(folder);
    this.#segments.push(first);
  }

  async #cutBack(): Promise<void> {
    const { files, folder } = this.#options;
    try {
      const handle = await files.open(segmentFile(folder, this.#end.segment), 'r+');
      await handle.truncate(this.#end.offset).finally(() => handle.close());
    } catch (error) {
      this.#broken = `append to the ledger: a failed write could not be undone (${String(error)}); restart after mending the disk`;
    }
  }

  /** The segment that holds an entry. */
  segmentOf(index: number): number {
    let [low, high] = [0, this.#segments.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#segments[middle]! <= index) low = middle;
      else high = middle - 1;
    }
    return this.#segments[low] ?? 0;
  }

  /** Bytes of a segment. */
  async read(segment: number, from: number, length: number): Promise<Buffer> {
    const handle = await this.#reader(segment);
    const buffer = Buffer.allocUnsafe(length);
    return buffer.subarray(0, await handle.read(buffer, from));
  }

  /** One record, by the place where it begins. */
  async record({ segment, offset }: WalPlace): Promise<WalRecord> {
    const head = await this.read(segment, offset, RECORD_HEAD_BYTES);
    const length = head.length < RECORD_HEAD_BYTES ? 0 : head.readUInt32BE(0);
    const record = recordAt(await this.read(segment, offset, RECORD_HEAD_BYTES + length), 0);
    if (!record) throw new OperationalFault(`read the ledger: segment ${segment} ends inside the record at ${offset}`);
    return record;
  }

  async #reader(segment: number): Promise<LogFile> {
    const known = this.#readers.get(segment);
    if (known) return known;
    if (this.#readers.size >= READERS_MAX) {
      const [oldest, handle] = this.#readers.entries().next().value!;
      this.#readers.delete(oldest);
      // Closed late, so that a read under way on it can end.
      setTimeout(() => void handle.then((open) => open.close()).catch(() => undefined), 1_000).unref();
    }
    const opened = this.#options.files.open(segmentFile(this.#options.folder, segment), 'r');
    this.#readers.set(segment, opened);
    opened.catch(() => this.#readers.delete(segment));
    return opened;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
    for (const reader of this.#readers.values()) await (await reader).close();
    this.#readers.clear();
  }
}
