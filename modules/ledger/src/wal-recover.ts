/** Reads the log at start: hands on every sound group, cuts off a torn end, refuses damage in the middle. */
import { crc32 } from 'node:zlib';
import { OperationalFault } from '@cityward/kernel';
import type { FileLayer, LogFile } from './files.ts';
import { decodeGroupHead, GROUP_HEAD_BYTES, GROUP_MAGIC } from './wal-frame.ts';
import { listSegments, segmentFile, type WalGroup, type WalPlace } from './wal.ts';

const WINDOW_BYTES = 4 * 1_048_576;

export interface FoundGroup extends WalGroup {
  readonly segment: number;
  /** Where its payload begins in the segment. */
  readonly offset: number;
}

export interface RecoverOptions {
  readonly files: FileLayer;
  readonly folder: string;
  /** Where to begin, and the index of the first entry there. */
  readonly from: WalPlace;
  readonly next: number;
  readonly onGroup: (group: FoundGroup) => Promise<void>;
}

export interface Recovered {
  readonly segments: readonly number[];
  readonly end: WalPlace;
  readonly next: number;
  /** Bytes of a last write that a crash tore; never acknowledged. */
  readonly cutBytes: number;
}

/** Reads forwards through one file with few calls. */
class Window {
  readonly #handle: LogFile;
  readonly size: number;
  #from = 0;
  #bytes = Buffer.alloc(0);
  constructor(handle: LogFile, size: number) {
    this.#handle = handle;
    this.size = size;
  }
  /** Up to `length` bytes at `at`; fewer at the end of the file. The bytes stay as they are. */
  async at(at: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.size - at);
    if (at < this.#from || at + wanted > this.#from + this.#bytes.length) {
      const buffer = Buffer.allocUnsafe(Math.min(this.size - at, Math.max(WINDOW_BYTES, wanted)));
      this.#bytes = buffer.subarray(0, await this.#handle.read(buffer, at));
      this.#from = at;
    }
    return this.#bytes.subarray(at - this.#from, at - this.#from + wanted);
  }
}

async function groupAt(window: Window, at: number): Promise<WalGroup | null> {
  const head = decodeGroupHead(await window.at(at, GROUP_HEAD_BYTES));
  if (!head) return null;
  const payload = await window.at(at + GROUP_HEAD_BYTES, head.length);
  if (payload.length !== head.length || crc32(payload) !== head.crc) return null;
  return { first: head.first, count: head.count, payload };
}

/**
 * A group is only begun when the one before it is on disk. So a whole group further on proves that what is broken here was
 * acknowledged once: that is damage, not a torn write, and cutting it off would lose evidence.
 */
async function laterGroup(window: Window, from: number): Promise<number | null> {
  const rest = await window.at(from, window.size - from);
  const magic = Buffer.alloc(4);
  magic.writeUInt32BE(GROUP_MAGIC);
  for (let at = rest.indexOf(magic, 1); at >= 0; at = rest.indexOf(magic, at + 1))
    if (await groupAt(window, from + at)) return from + at;
  return null;
}

/** @throws OperationalFault naming file and offset when a group that was once durable cannot be read */
export async function recoverWal(options: RecoverOptions): Promise<Recovered> {
  const { files, folder, from } = options;
  const segments = await listSegments(files, folder);
  let state = { next: options.next, end: from, cutBytes: 0 };
  const todo = segments.filter((segment) => segment >= from.segment);
  for (const segment of todo) {
    const isLast = segment === segments.at(-1);
    const offset = segment === from.segment ? from.offset : 0;
    if (offset === 0 && segment !== state.next)
      throw new OperationalFault(
        `open the ledger: entries from ${state.next} are missing before "${segmentFile(folder, segment)}"`,
      );
    state = await readSegment({ options, segment, isLast, offset, next: state.next });
  }
  if (from.offset > 0 && todo[0] !== from.segment)
    throw new OperationalFault(`open the ledger: "${segmentFile(folder, from.segment)}" is missing`);
  return { segments, ...state };
}

interface SegmentTask {
  readonly options: RecoverOptions;
  readonly segment: number;
  readonly isLast: boolean;
  readonly offset: number;
  readonly next: number;
}

async function readSegment(task: SegmentTask): Promise<{ next: number; end: WalPlace; cutBytes: number }> {
  const { files, folder, onGroup } = task.options;
  const path = segmentFile(folder, task.segment);
  const handle = await files.open(path, 'r');
  let [at, next] = [task.offset, task.next];
  let cutBytes = 0;
  try {
    const window = new Window(handle, await handle.size());
    if (at > window.size)
      throw new OperationalFault(`open the ledger: "${path}" has only ${window.size} bytes, wanted ${at}`);
    while (at < window.size) {
      const group = await groupAt(window, at);
      if (!group || group.first !== next) {
        const later = group ? at : await laterGroup(window, at);
        if (later !== null || !task.isLast)
          throw new OperationalFault(
            `open the ledger: "${path}" is damaged at byte ${at}, before entry ${next}; restore it from a copy`,
          );
        cutBytes = window.size - at;
        break;
      }
      await onGroup({ ...group, segment: task.segment, offset: at + GROUP_HEAD_BYTES });
      next += group.count;
      at += GROUP_HEAD_BYTES + group.payload.length;
    }
  } finally {
    await handle.close();
  }
  if (cutBytes > 0) await cutFile(files, path, at);
  return { next, end: { segment: task.segment, offset: at }, cutBytes };
}

async function cutFile(files: FileLayer, path: string, length: number): Promise<void> {
  const handle = await files.open(path, 'r+');
  try {
    await handle.truncate(length);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
