/** Files that only their owner can read, on disk before anybody relies on them. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

const OWNER_ONLY = 0o600;

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export type OwnerFileStep = 'write' | 'sync' | 'rename' | 'sync-folder';
export type BeforeStep = (step: OwnerFileStep) => Promise<void>;

/**
 * Complete and on disk, or as it was before.
 * @param before test seam: what fails there is as far as it came when the power went
 */
export async function writeOwnerFile(path: string, bytes: Uint8Array | string, before?: BeforeStep): Promise<void> {
  const temporary = `${path}.new`;
  const handle = await open(temporary, 'w', OWNER_ONLY);
  try {
    await handle.chmod(OWNER_ONLY);
    await before?.('write');
    await handle.writeFile(bytes);
    await before?.('sync');
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await before?.('rename');
  await rename(temporary, path);
  await before?.('sync-folder');
  await syncFolder(dirname(path));
}
