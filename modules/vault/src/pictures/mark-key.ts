/** The key of the hidden mark: beside the other keys, wrapped by the root key. */
import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '@cityward/journal';
import { MARK_KEY_BYTES } from '@cityward/pictures';
import type { RootKey } from '../keys/keyring.ts';
import { NONCE_BYTES, TAG_BYTES } from '../keys/slot.ts';

const OWNER_ONLY = 0o600;
const CONTEXT = Buffer.from('cityward-vault-mark-v1');
const GENERATION_BYTES = 4;
const FILE_BYTES = GENERATION_BYTES + NONCE_BYTES + MARK_KEY_BYTES + TAG_BYTES;

/** Opens it, or makes one where there is none. Throws on one that another root key wrapped, or that is cut short. */
export async function openMarkKey(path: string, root: RootKey): Promise<Buffer> {
  const bytes = await readFile(path).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOENT') return null;
    throw fault;
  });
  if (bytes === null) return makeMarkKey(path, root);
  if (bytes.length !== FILE_BYTES)
    throw new Error(`open the key of the hidden mark "${path}": it has ${bytes.length} bytes, wanted ${FILE_BYTES}`);
  const [generation, wrapped] = [bytes.readUInt32BE(), bytes.subarray(GENERATION_BYTES)];
  const sealed = { nonce: wrapped.subarray(0, NONCE_BYTES), sealed: wrapped.subarray(NONCE_BYTES), generation };
  const key = await root.unwrap(sealed, CONTEXT);
  if (!key) throw new Error(`open the key of the hidden mark "${path}": it does not belong to this root key`);
  return key;
}

/** Durable before a page is marked with it: without it no mark is ever found again. */
async function makeMarkKey(path: string, root: RootKey): Promise<Buffer> {
  const key = randomBytes(MARK_KEY_BYTES);
  const { nonce, sealed, generation } = await root.wrap(key, CONTEXT);
  const before = Buffer.alloc(GENERATION_BYTES);
  before.writeUInt32BE(generation);
  const handle = await open(path, 'wx', OWNER_ONLY);
  try {
    await handle.writeFile(Buffer.concat([before, nonce, sealed]));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(path));
  return key;
}
