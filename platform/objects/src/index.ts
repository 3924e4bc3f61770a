/** Content-addressed objects in a folder: the name of an object is the SHA-256 of its bytes. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { OperationalFault } from '@cityward/kernel';

/** 64 lower-case hexadecimal digits. */
export type ObjectHash = string;

/** Bytes that are read piece by piece, as fast as they are taken, and never held whole. */
export interface ObjectBytes {
  readonly size: number;
  /** From the first byte to the last, both among them; without a range, all. To be destroyed when it is not read to its end. */
  read(range?: { readonly first: number; readonly last: number }): Readable;
}

export interface Objects {
  /** Durable when it resolves; putting the same bytes again changes nothing. */
  put(bytes: Uint8Array): Promise<ObjectHash>;
  /**
   * The same for bytes that arrive piece by piece and are never held whole. `null` when there are more than `maxBytes`: nothing is
   * kept then. Rejects as the source does.
   */
  putStream(
    source: AsyncIterable<Uint8Array>,
    maxBytes: number,
  ): Promise<{ readonly hash: ObjectHash; readonly size: number } | null>;
  /** The bytes, checked against their hash; `null` when there is no such object; throws OperationalFault when they have rotted. */
  get(hash: ObjectHash): Promise<Uint8Array | null>;
  /** The same without holding it, and so without the check; `null` when there is no such object. */
  open(hash: ObjectHash): Promise<ObjectBytes | null>;
  has(hash: ObjectHash): Promise<boolean>;
  delete(hash: ObjectHash): Promise<void>;
  /** Every hash, sorted. */
  list(): Promise<readonly ObjectHash[]>;
}

export const OBJECT_MAX_BYTES = 1_073_741_824;
/** What is held of an object for each of those who read it. */
const PIECE_BYTES = 65_536;
const HASH = /^[0-9a-f]{64}$/;
const sha256 = (bytes: Uint8Array): ObjectHash => createHash('sha256').update(bytes).digest('hex');

export async function openObjects({ folder }: { readonly folder: string }): Promise<Objects> {
  await mkdir(folder, { recursive: true });
  await forgetHalves(folder);
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
    putStream: async (source, maxBytes) => {
      const growing = join(folder, `${randomBytes(8).toString('hex')}${GROWING}`);
      try {
        const taken = await writeStream(growing, source, Math.min(maxBytes, OBJECT_MAX_BYTES));
        if (taken && !(await has(taken.hash))) await moveDurably(growing, pathOf(taken.hash));
        return taken;
      } finally {
        await rm(growing, { force: true });
      }
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
    open: (hash) => openFile(pathOf(hash)),
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

/** What is small enough to be in memory, as if it were an object. */
export const bytesInMemory = (bytes: Uint8Array): ObjectBytes => ({
  size: bytes.length,
  read: ({ first, last } = { first: 0, last: bytes.length - 1 }) => {
    const part = Buffer.from(bytes.buffer, bytes.byteOffset + first, last - first + 1);
    return Readable.from(part.length > 0 ? [part] : []);
  },
});

/** A whole object in memory. */
export async function collected(from: ObjectBytes): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of from.read() as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function openFile(path: string): Promise<ObjectBytes | null> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!found) return null;
  return {
    size: found.size,
    read: (range) =>
      createReadStream(path, { highWaterMark: PIECE_BYTES, ...(range && { start: range.first, end: range.last }) }),
  };
}

const GROWING = '.growing';

/** What a killed process had begun to take. */
async function forgetHalves(folder: string): Promise<void> {
  const halves = (await readdir(folder)).filter((name) => name.endsWith(GROWING));
  await Promise.all(halves.map((name) => rm(join(folder, name), { force: true })));
}

async function writeStream(
  path: string,
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ hash: ObjectHash; size: number } | null> {
  const file = await open(path, 'wx', 0o600);
  try {
    const taken = await copyInto(file, source, maxBytes);
    if (taken) await file.datasync();
    return taken;
  } finally {
    await file.close();
  }
}

async function copyInto(
  file: FileHandle,
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ hash: ObjectHash; size: number } | null> {
  const digest = createHash('sha256');
  let size = 0;
  for await (const piece of source) {
    size += piece.length;
    if (size > maxBytes) return null;
    digest.update(piece);
    await file.writeFile(piece);
  }
  return { hash: digest.digest('hex'), size };
}

async function moveDurably(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  const shelf = await open(dirname(to), 'r');
  await shelf.sync().finally(() => shelf.close());
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
  await moveDurably(growing, path);
}
