/** The file layer of a real disk. */
import { open, readdir, rename, unlink } from 'node:fs/promises';
import { lockFolder } from './lock.ts';
import type { FileHandleLike, FileLayer } from './types.ts';

const FILE_MODE = 0o600;

export const realFiles: FileLayer = {
  lock: lockFolder,
  async open(path, flags): Promise<FileHandleLike> {
    const handle = await open(path, flags, FILE_MODE);
    return {
      writev: async (buffers) => (await handle.writev(buffers)).bytesWritten,
      read: async (buffer, position) => (await handle.read(buffer, 0, buffer.length, position)).bytesRead,
      truncate: (length) => handle.truncate(length),
      datasync: () => handle.datasync(),
      size: async () => (await handle.stat()).size,
      close: () => handle.close(),
    };
  },
  rename,
  unlink,
  list: (folder) => readdir(folder),
  async syncFolder(folder) {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
