/** Snapshot files: written whole or not at all, checked before use, the two newest kept. */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const MAGIC = Buffer.from('CWWATCH\n');
const DIGEST_BYTES = 32;
const KEPT = 2;
const NAME = /^state-(\d{16})\.snap$/;
/** Hashed and written in pieces of this size, so that the fold is not kept waiting for a large city. */
const PIECE_BYTES = 4 * 1_048_576;

const nameOf = (position: number): string => `state-${String(position).padStart(16, '0')}.snap`;

/** Copies the pieces before the first wait, then writes them durably; throws what the disk throws. */
export async function saveSnapshot(folder: string, position: number, pieces: readonly Uint8Array[]): Promise<number> {
  const body = Buffer.concat(pieces);
  await mkdir(folder, { recursive: true });
  const path = join(folder, nameOf(position));
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.write(MAGIC);
    const hash = createHash('sha256');
    for (let from = 0; from < body.length; from += PIECE_BYTES) {
      const piece = body.subarray(from, from + PIECE_BYTES);
      hash.update(piece);
      await file.write(piece);
    }
    await file.write(hash.digest());
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(folder);
  await removeOld(folder);
  return body.length;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Newest first. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => NAME.test(name))
    .sort()
    .reverse();
}

async function removeOld(folder: string): Promise<void> {
  for (const name of (await namesIn(folder)).slice(KEPT)) await unlink(join(folder, name));
  for (const name of await readdir(folder)) if (name.endsWith('.snap.tmp')) await unlink(join(folder, name));
}

export interface LoadedSnapshot<State> {
  readonly state: State | null;
  /** One sentence for each file that could not be used. */
  readonly faults: readonly string[];
}

/** The newest snapshot that is whole and that `decode` takes (it answers a string to refuse). */
export async function loadSnapshot<State extends object>(
  folder: string,
  decode: (body: Uint8Array) => State | string,
): Promise<LoadedSnapshot<State>> {
  const faults: string[] = [];
  for (const name of await namesIn(folder)) {
    const body = bodyOf(await readFile(join(folder, name)));
    const state = typeof body === 'string' ? body : decode(body);
    if (typeof state !== 'string') return { state, faults };
    faults.push(`load snapshot "${name}": ${state}`);
  }
  return { state: null, faults };
}

function bodyOf(bytes: Buffer): Uint8Array | string {
  if (bytes.length < MAGIC.length + DIGEST_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    return 'it does not begin as a snapshot does';
  const body = bytes.subarray(MAGIC.length, bytes.length - DIGEST_BYTES);
  const digest = createHash('sha256').update(body).digest();
  return digest.equals(bytes.subarray(bytes.length - DIGEST_BYTES)) ? body : 'its checksum is wrong';
}
