/** A journal of revocations: a change is on disk (fdatasync) before it counts, and outlives a kill between it and SQL. */
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { syncFolder } from './slot-file.ts';

/**
 * One line per write: 8 hex digits of CRC-32 over the JSON, a space, the JSON array of its changes, a line feed. The next line
 * is begun only after the fdatasync of the one before, so only the last can be torn.
 */
const LINE = /^([0-9a-f]{8}) (\[.*\])$/;
const OWNER_ONLY = 0o600;

/** A journal entry; `sequence` grows by one from entry to entry. */
export interface Numbered {
  readonly sequence: number;
}

/** An entry before its place in the journal is known. */
export type Pending<Entry extends Numbered> = Entry extends Numbered ? Omit<Entry, 'sequence'> : never;

export interface Journal<Entry extends Numbered> {
  /** Every entry that the file holds, oldest first. */
  readonly entries: readonly Entry[];
  /** Bytes of a torn last line that were cut off when it was opened. */
  readonly repairedBytes: number;
  /** Resolves once the entries are on disk, with their sequence numbers. Those that wait share one fdatasync. */
  append(entries: readonly Pending<Entry>[]): Promise<readonly Entry[]>;
  close(): Promise<void>;
}

interface Waiting<Entry> {
  readonly entries: readonly Entry[];
  readonly resolve: (entries: readonly Entry[]) => void;
  readonly reject: (fault: Error) => void;
}

const encode = (entries: readonly Numbered[]): string => {
  const json = JSON.stringify(entries);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
};

function decode<Entry extends Numbered>(line: string): readonly Entry[] | null {
  const match = LINE.exec(line);
  if (!match || crc32(match[2]!) !== parseInt(match[1]!, 16)) return null;
  return JSON.parse(match[2]!) as readonly Entry[];
}

/**
 * Opens or creates the file. A torn last line (a kill or power cut while it was written: nobody was told it counted) is cut
 * off; a damaged line before good ones throws, since dropping it could give a revoked device its trust back.
 * @param after the highest sequence that SQL knows, so that numbers only grow even when the file is new
 */
export async function openJournal<Entry extends Numbered>(path: string, after: number): Promise<Journal<Entry>> {
  const handle = await open(path, 'a+', OWNER_ONLY);
  const bytes = await handle.readFile();
  const { entries, goodBytes } = readAll<Entry>(bytes, path);
  if (goodBytes < bytes.length) {
    await handle.truncate(goodBytes);
    await handle.datasync();
  }
  await syncFolder(dirname(path));
  const repairedBytes = bytes.length - goodBytes;
  return appender(handle, { entries, repairedBytes, next: Math.max(after, entries.at(-1)?.sequence ?? 0) + 1 });
}

function readAll<Entry extends Numbered>(bytes: Buffer, path: string): { entries: Entry[]; goodBytes: number } {
  const entries: Entry[] = [];
  let from = 0;
  while (from < bytes.length) {
    const end = bytes.indexOf(0x0a, from);
    const batch = end < 0 ? null : decode<Entry>(bytes.toString('utf8', from, end));
    if (!batch) {
      if (end >= 0 && end + 1 < bytes.length)
        throw new Error(`read journal "${path}": the line at byte ${from} is damaged, wanted it as it was written`);
      break;
    }
    entries.push(...batch);
    from = end + 1;
  }
  return { entries, goodBytes: from };
}

interface Start<Entry> {
  readonly entries: readonly Entry[];
  readonly repairedBytes: number;
  readonly next: number;
}

function appender<Entry extends Numbered>(handle: FileHandle, start: Start<Entry>): Journal<Entry> {
  let { next } = start;
  let waiting: Waiting<Entry>[] = [];
  let writing: Promise<void> | null = null;
  let broken: Error | null = null;

  const writeAll = async (): Promise<void> => {
    await Promise.resolve(); // let everybody of this turn join the first write
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (broken) throw broken;
        await handle.appendFile(encode(batch.flatMap((one) => one.entries)));
        await handle.datasync();
        for (const one of batch) one.resolve(one.entries);
      } catch (fault) {
        // After a failed write or sync nobody knows what is on disk: only opening the file again can tell.
        broken ??= fault as Error;
        for (const one of batch) one.reject(broken);
      }
    }
    writing = null;
  };

  return {
    entries: start.entries,
    repairedBytes: start.repairedBytes,
    append: (pending) => {
      const entries = pending.map((entry) => ({ ...entry, sequence: next++ }) as unknown as Entry);
      return new Promise((resolve, reject) => {
        waiting.push({ entries, resolve, reject });
        writing ??= writeAll();
      });
    },
    close: async () => {
      await writing;
      await handle.close();
    },
  };
}
