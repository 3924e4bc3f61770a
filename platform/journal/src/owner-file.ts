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

/** Complete and on disk, or as it was before. */
export async function writeOwnerFile(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = `${path}.new`;
  const handle = await open(temporary, 'w', OWNER_ONLY);
  try {
    await handle.chmod(OWNER_ONLY);
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}
