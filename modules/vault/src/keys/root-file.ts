/** The root key in a file of its own, for a city without a key service. */
import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '@cityward/journal';
import { KEY_BYTES, KEY_ID_BYTES } from './slot.ts';
import { openSealedKey, sealKey, type KeyId, type RootKey } from './keyring.ts';

const OWNER_ONLY = 0o600;
const OWNER_READS = 0o077;

/** Opens the file, or makes it where there is none. Throws on one that others may read, or that is cut short. */
export async function openRootFile(path: string): Promise<RootKey> {
  const bytes = (await readRoot(path)) ?? (await makeRoot(path));
  const id = bytes.subarray(0, KEY_ID_BYTES).toString('hex') as KeyId;
  const key = bytes.subarray(KEY_ID_BYTES);
  return {
    id,
    wrap: (child, context) => Promise.resolve(sealKey(key, child, context)),
    unwrap: (sealed, context) => Promise.resolve(openSealedKey(key, sealed, context)),
    health: () => Promise.resolve(`in the file "${path}": whoever copies it and the key file opens everything`),
  };
}

async function readRoot(path: string): Promise<Buffer | null> {
  let handle;
  try {
    handle = await open(path, 'r');
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fault;
  }
  try {
    const { mode } = await handle.stat();
    if ((mode & OWNER_READS) !== 0)
      throw new Error(`open the root key "${path}": its mode is ${(mode & 0o777).toString(8)}, wanted 600`);
    const bytes = await readFile(handle);
    if (bytes.length !== KEY_ID_BYTES + KEY_BYTES)
      throw new Error(`open the root key "${path}": it has ${bytes.length} bytes, wanted ${KEY_ID_BYTES + KEY_BYTES}`);
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Durable before a key is wrapped by it: without it everything below is noise. */
async function makeRoot(path: string): Promise<Buffer> {
  const bytes = randomBytes(KEY_ID_BYTES + KEY_BYTES);
  const handle = await open(path, 'wx', OWNER_ONLY);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(path));
  return bytes;
}
