/** The standing journal: a change is on disk (fdatasync) before it counts, and outlives a kill between it and SQL. */
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { StandingChange } from './domain/standing.ts';
import { syncFolder } from './slot-file.ts';

/**
 * One line per write: 8 hex digits of CRC-32 over the JSON, a space, the JSON array of its changes, a line feed. The next line
 * is begun only after the fdatasync of the one before, so only the last can be torn.
 */
const LINE = /^([0-9a-f]{8}) (\[.*\])$/;
const OWNER_ONLY = 0o600;

/** A change before its place in the journal is known. */
export type PendingChange = StandingChange extends infer Change
  ? Change extends StandingChange
    ? Omit<Change, 'sequence'>
    : never
  : never;

export interface Journal {
  /** Every change that the file holds, oldest first. */
  readonly changes: readonly StandingChange[];
  /** Bytes of a torn last line that were cut off when it was opened. */
  readonly repairedBytes: number;
  /** Resolves once the changes are on disk, with their sequence numbers. Changes that wait share one fdatasync. */
  append(changes: readonly PendingChange[]): Promise<readonly StandingChange[]>;
  close(): Promise<void>;
}

interface Waiting {
  readonly changes: readonly StandingChange[];
  readonly resolve: (changes: readonly StandingChange[]) => void;
  readonly reject: (fault: Error) => void;
}

const encode = (changes: readonly StandingChange[]): string => {
  const json = JSON.stringify(changes);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
};

function decode(line: string): readonly StandingChange[] | null {
  const match = LINE.exec(line);
  if (!match || crc32(match[2]!) !== parseInt(match[1]!, 16)) return null;
  return JSON.parse(match[2]!) as readonly StandingChange[];
}

/**
 * Opens or creates the file. A torn last line (a kill or power cut while it was written: nobody was told it counted) is cut
 * off; a damaged line before good ones throws, since dropping it could give a revoked device its trust back.
 * @param after the highest sequence that SQL knows, so that numbers only grow even when the file is new
 */
export async function openJournal(path: string, after: number): Promise<Journal> {
  const handle = await open(path, 'a+', OWNER_ONLY);
  const bytes = await handle.readFile();
  const { changes, goodBytes } = readAll(bytes, path);
  if (goodBytes < bytes.length) {
    await handle.truncate(goodBytes);
    await handle.datasync();
  }
  await syncFolder(dirname(path));
  return appender(handle, {
    changes,
    repairedBytes: bytes.length - goodBytes,
    next: Math.max(after, changes.at(-1)?.sequence ?? 0) + 1,
  });
}

function readAll(bytes: Buffer, path: string): { changes: StandingChange[]; goodBytes: number } {
  const changes: StandingChange[] = [];
  let from = 0;
  while (from < bytes.length) {
    const end = bytes.indexOf(0x0a, from);
    const batch = end < 0 ? null : decode(bytes.toString('utf8', from, end));
    if (!batch) {
      if (end >= 0 && end + 1 < bytes.length)
        throw new Error(
          `read standing journal "${path}": the line at byte ${from} is damaged, wanted it as it was written`,
        );
      break;
    }
    changes.push(...batch);
    from = end + 1;
  }
  return { changes, goodBytes: from };
}

function appender(
  handle: FileHandle,
  start: { changes: StandingChange[]; repairedBytes: number; next: number },
): Journal {
  let next = start.next;
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let broken: Error | null = null;

  const writeAll = async (): Promise<void> => {
    await Promise.resolve(); // let everybody of this turn join the first write
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (broken) throw broken;
        await handle.appendFile(encode(batch.flatMap((entry) => entry.changes)));
        await handle.datasync();
        for (const entry of batch) entry.resolve(entry.changes);
      } catch (fault) {
        // After a failed write or sync nobody knows what is on disk: only opening the file again can tell.
        broken ??= fault as Error;
        for (const entry of batch) entry.reject(broken);
      }
    }
    writing = null;
  };

  return {
    changes: start.changes,
    repairedBytes: start.repairedBytes,
    append: (pending) => {
      const changes = pending.map((change) => ({ ...change, sequence: next++ }) as StandingChange);
      return new Promise((resolve, reject) => {
        waiting.push({ changes, resolve, reject });
        writing ??= writeAll();
      });
    },
    close: async () => {
      await writing;
      await handle.close();
    },
  };
}
