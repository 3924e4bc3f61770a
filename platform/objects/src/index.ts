/** Content-addressed objects in a folder: the name of an object is the SHA-256 of its bytes. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationalFault } from '@cityward/kernel';

/** 64 lower-case hexadecimal digits. */
export type ObjectHash = string;
export interface Objects {
  /** Durable when it resolves; putting the same bytes again changes nothing. */
  put(bytes: Uint8Array): Promise<ObjectHash>;
  /** The bytes, checked against their hash; `null` when there is no such object; throws OperationalFault when they have rotted. */
  get(hash: ObjectHash): Promise<Uint8Array | null>;
  has(hash: ObjectHash): Promise<boolean>;
  delete(hash: ObjectHash): Promise<void>;
  /** Every hash, sorted. */
  list(): Promise<readonly ObjectHash[]>;
}

export const OBJECT_MAX_BYTES = 1_073_741_824;
const HASH = /^[0-9a-f]{64}$/;
const sha256 = (bytes: Uint8Array): ObjectHash => createHash('sha256').update(bytes).digest('hex');

export async function openObjects({ folder }: { readonly folder: string }): Promise<Objects> {
  await mkdir(folder, { recursive: true });
  const pathOf = (hash: ObjectHash): string => {
    if (!HASH.test(hash)) throw new Error(`find object "${hash}": an object is named by 64 hexadecimal digits`);
    return join(folder, hash.slice(0, 2), hash.slice(2));
  };
  const has = (hash: ObjectHash): Promise<boolean> =>
    stat(pathOf(hash)).then(
      () => true,
      () => false,
    );
  return {
    has,
    put: async (bytes) => {
      if (bytes.length > OBJECT_MAX_BYTES)
        throw new Error(`keep an object of ${bytes.length} bytes: at most ${OBJECT_MAX_BYTES}`);
      const hash = sha256(bytes);
      if (!(await has(hash))) await writeDurably(pathOf(hash), bytes);
      return hash;
    },
    get: async (hash) => {
      const bytes = await readFile(pathOf(hash)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (bytes && sha256(bytes) !== hash)
        throw new OperationalFault(`read object "${hash}": its bytes have changed on disk`);
      return bytes;
    },
    delete: (hash) => rm(pathOf(hash), { force: true }),
    list: async () => {
      const shelves = (await readdir(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name));
      const names = await Promise.all(
        shelves.map(async (shelf) => (await readdir(join(folder, shelf))).map((rest) => shelf + rest)),
      );
      return names
        .flat()
        .filter((name) => HASH.test(name))
        .sort();
    },
  };
}

/** Write aside, sync, rename, sync the folder: a kill leaves the whole object or none. */
async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const growing = `${path}.${randomBytes(4).toString('hex')}.growing`;
  const file = await open(growing, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } catch (error) {
    await rm(growing, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(growing, path);
  const shelf = await open(dirname(path), 'r');
  await shelf.sync().finally(() => shelf.close());
}
