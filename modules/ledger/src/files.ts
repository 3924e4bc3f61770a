/** The file calls that durability rests on, kept few so that tests can lose unsynced writes, tear one or fill the disk. */
import { mkdirSync } from 'node:fs';
import { open, readdir, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What the write-ahead log asks of an open file. */
export interface LogFile {
  writev(buffers: readonly Uint8Array[]): Promise<number>;
  /** Fills the buffer from `position`; answers the bytes read, fewer at the end. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface FileLayer {
  open(path: string, flags: 'a' | 'r' | 'r+'): Promise<LogFile>;
  list(folder: string): Promise<readonly string[]>;
  /** Makes names of a folder durable. */
  syncFolder(folder: string): Promise<void>;
}

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** The real thing. */
export const realFiles: FileLayer = {
  async open(path, flags) {
    const handle = await open(path, flags, PRIVATE_FILE);
    const wrapped: LogFile = {
      writev: (buffers) => writeAll(handle, buffers),
      read: (buffer, position) => readAll(handle, buffer, position),
      truncate: (length) => handle.truncate(length),
      datasync: () => handle.datasync(),
      size: async () => (await handle.stat()).size,
      close: () => handle.close(),
    };
    return wrapped;
  },
  list: (folder) => readdir(folder),
  async syncFolder(folder) {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  },
};

async function writeAll(handle: FileHandle, buffers: readonly Uint8Array[]): Promise<number> {
  const total = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  const { bytesWritten } = await handle.writev([...buffers]);
  if (bytesWritten === total) return total;
  const rest = Buffer.concat(buffers).subarray(bytesWritten);
  for (let at = 0; at < rest.length;) at += (await handle.write(rest, at)).bytesWritten;
  return total;
}

async function readAll(handle: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let got = 0;
  while (got < buffer.length) {
    const { bytesRead } = await handle.read(buffer, got, buffer.length - got, position + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return got;
}

export const makeFolder = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
};

/** Replaces a small file so that a reader, or a start after a power cut, sees the old text or the new one, whole. */
export async function replaceFile(path: string, text: string, durable: 'name-too' | 'content'): Promise<void> {
  const draft = `${path}.new`;
  const handle = await open(draft, 'w', PRIVATE_FILE);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
  if (durable === 'name-too') await realFiles.syncFolder(dirname(path));
}
