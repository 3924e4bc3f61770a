/** A journal, as of revocations: a change is on disk (fdatasync) before it counts, and outlives a kill between it and SQL. */
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { OperationalFault } from '@cityward/kernel';
import { syncFolder, writeOwnerFile, type BeforeStep } from './owner-file.ts';

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
  /** Every entry that the file held when it was opened, oldest first, until they are released. */
  readonly entries: readonly Entry[];
  /** Bytes of a torn last line that were cut off when it was opened. */
  readonly repairedBytes: number;
  /** Resolves once the entries are on disk, with their sequence numbers. Those that wait share one fdatasync. */
  append(entries: readonly Pending<Entry>[]): Promise<readonly Entry[]>;
  /**
   * Has the file hold these instead: all of them or all of those before. Only before anything is appended. The highest number has to
   * be among them, since numbers only grow.
   */
  rewrite(entries: readonly Entry[]): Promise<void>;
  /** Forgets in memory what the file holds. */
  release(): void;
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
/** A text has an end in memory: what is written anew is not one line, however much it is. */
const ENTRIES_PER_LINE = 1_000;
function encodeAll(entries: readonly Numbered[]): Buffer {
  const lines: Buffer[] = [];
  for (let from = 0; from < entries.length; from += ENTRIES_PER_LINE)
    lines.push(Buffer.from(encode(entries.slice(from, from + ENTRIES_PER_LINE))));
  return Buffer.concat(lines);
}

function decode<Entry extends Numbered>(line: string): readonly Entry[] | null {
  const match = LINE.exec(line);
  if (!match || crc32(match[2]!) !== parseInt(match[1]!, 16)) return null;
  return JSON.parse(match[2]!) as readonly Entry[];
}

/** A longer file is rewritten when it is opened: what later entries about the same thing have overtaken is left out. */
export const COMPACT_ABOVE_BYTES = 8 * 1_048_576;

export interface JournalOptions<Entry> {
  readonly path: string;
  /** The highest sequence that SQL knows, so that numbers only grow even when the file is new. */
  readonly after: number;
  /** What an entry is about: of two about the same, the later one says all. */
  readonly about: (entry: Entry) => string;
  readonly compactAboveBytes?: number;
  /** Test seam: a handle whose writes fail. */
  readonly openHandle?: (path: string) => Promise<FileHandle>;
  /** Test seam: steps of writing it anew that fail. */
  readonly beforeStep?: BeforeStep | undefined;
}

/**
 * Opens or creates the file. A torn last line (a kill or power cut while it was written: nobody was told it counted) is cut
 * off; a damaged line before good ones throws, since dropping it could give a revoked device its trust back.
 */
export async function openJournal<Entry extends Numbered>(options: JournalOptions<Entry>): Promise<Journal<Entry>> {
  const { path, after, about, compactAboveBytes = COMPACT_ABOVE_BYTES, beforeStep } = options;
  const openHandle = options.openHandle ?? ((name: string) => open(name, 'a+', OWNER_ONLY));
  const place: Place<Entry> = {
    open: () => openFile<Entry>(path, openHandle),
    replace: (entries) => writeOwnerFile(path, encodeAll(entries), beforeStep),
  };
  const first = await place.open();
  if (first.goodBytes <= compactAboveBytes) return appender(first, place, after);
  await first.handle.close();
  const last = new Map(first.entries.map((entry) => [about(entry), entry]));
  await place.replace([...last.values()].sort((a, b) => a.sequence - b.sequence));
  return appender({ ...(await place.open()), repairedBytes: first.repairedBytes }, place, after);
}

interface Place<Entry> {
  open(): Promise<OpenedFile<Entry>>;
  replace(entries: readonly Entry[]): Promise<void>;
}
interface OpenedFile<Entry> {
  handle: FileHandle;
  readonly entries: Entry[];
  goodBytes: number;
  readonly repairedBytes: number;
}

async function openFile<Entry extends Numbered>(
  path: string,
  openHandle: (path: string) => Promise<FileHandle>,
): Promise<OpenedFile<Entry>> {
  const handle = await openHandle(path);
  try {
    const bytes = await handle.readFile();
    const { entries, goodBytes } = readAll<Entry>(bytes, path);
    if (goodBytes < bytes.length) await cutTo(handle, goodBytes);
    await syncFolder(dirname(path));
    return { handle, entries, goodBytes, repairedBytes: bytes.length - goodBytes };
  } catch (fault) {
    await handle.close();
    throw fault;
  }
}

async function cutTo(handle: FileHandle, bytes: number): Promise<void> {
  await handle.truncate(bytes);
  await handle.datasync();
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
    for (const entry of batch) entries.push(entry);
    from = end + 1;
  }
  return { entries, goodBytes: from };
}

function appender<Entry extends Numbered>(
  ...[file, place, after]: readonly [OpenedFile<Entry>, Place<Entry>, number]
): Journal<Entry> {
  const { entries: kept, repairedBytes } = file;
  const newest = kept.at(-1)?.sequence ?? 0;
  const first = Math.max(after, newest) + 1;
  let next = first;
  let waiting: Waiting<Entry>[] = [];
  let writing: Promise<void> | null = null;
  let doubtful = false;

  const write = async (entries: readonly Entry[]): Promise<void> => {
    // After a failed write or sync nobody knows what is on disk beyond the last good byte: it is cut off first.
    if (doubtful) await cutTo(file.handle, file.goodBytes);
    doubtful = true;
    const line = Buffer.from(encode(entries));
    await file.handle.appendFile(line);
    await file.handle.datasync();
    file.goodBytes += line.length;
    doubtful = false;
  };
  const writeAll = async (): Promise<void> => {
    await Promise.resolve(); // let everybody of this turn join the first write
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await write(batch.flatMap((one) => one.entries));
        for (const one of batch) one.resolve(one.entries);
      } catch (fault) {
        const why = `write journal: ${(fault as Error).message}; nothing was changed`;
        for (const one of batch) one.reject(new OperationalFault(why, { cause: fault }));
      }
    }
    writing = null;
  };

  return {
    entries: kept,
    repairedBytes,
    append: (pending) => {
      const entries = pending.map((entry) => ({ ...entry, sequence: next++ }) as unknown as Entry);
      return new Promise((resolve, reject) => {
        waiting.push({ entries, resolve, reject });
        writing ??= writeAll();
      });
    },
    rewrite: async (entries) => {
      if (next !== first) throw new Error('write a journal anew: something was appended, wanted it before that');
      if ((entries.at(-1)?.sequence ?? 0) < newest)
        throw new Error(`write a journal anew: wanted the number of the newest, ${newest}, among what is kept`);
      await replace(file, place, entries);
    },
    release: () => void (kept.length = 0),
    close: async () => {
      await writing;
      await file.handle.close();
    },
  };
}

async function replace<Entry extends Numbered>(
  ...[file, place, entries]: readonly [OpenedFile<Entry>, Place<Entry>, readonly Entry[]]
): Promise<void> {
  try {
    await place.replace(entries);
  } finally {
    await file.handle.close();
    // Whichever of the two is there now, and its name on disk.
    const now = await place.open();
    [file.handle, file.goodBytes] = [now.handle, now.goodBytes];
    file.entries.length = 0;
    for (const entry of now.entries) file.entries.push(entry);
  }
}
