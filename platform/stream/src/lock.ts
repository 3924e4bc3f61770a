/** One process per folder: a lock file that names its holder, taken over only when that process is gone. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const LOCK_NAME = 'lock';
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const TAKE_OVER_TRIES = 5;

/** A pid alone is not a process: after a restart, and always in containers, another process has the same one. */
interface Holder {
  readonly pid: number;
  readonly boot: string;
  readonly began: string;
}

/** Throws when a live process holds the folder; the message names its pid and the file. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const path = join(folder, LOCK_NAME);
  const own = join(folder, `${LOCK_NAME}.${process.pid}.${randomBytes(6).toString('hex')}`);
  const text = JSON.stringify(holderOf(process.pid));
  await writeFile(own, text, { mode: FILE_MODE, flag: 'wx' });
  try {
    for (let attempt = 0; attempt < TAKE_OVER_TRIES; attempt++) {
      if (await linked(own, path)) return () => release(path, text);
      await removeStale(path, folder);
    }
  } finally {
    await unlink(own);
  }
  throw new Error(`open stream "${folder}": its lock file "${path}" keeps changing, wanted one process per folder`);
}

/** link() either makes the name or fails: two processes cannot both succeed. */
async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(path: string, folder: string): Promise<void> {
  const found = await readText(path);
  if (found === null) return;
  const holder = parseHolder(found);
  if (holder && isAlive(holder))
    throw new Error(
      `open stream "${folder}": process ${holder.pid} holds it (lock file "${path}"), wanted a folder of its own for each server`,
    );
  // Moved aside first and looked at again: where another process took the lock over in between, it gets its lock back.
  const aside = `${path}.stale.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readText(aside)) !== found) await linked(aside, path);
  await unlink(aside);
}

async function release(path: string, text: string): Promise<void> {
  if ((await readText(path)) === text) await unlink(path);
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    return typeof value.pid === 'number' ? { pid: value.pid, boot: value.boot ?? '', began: value.began ?? '' } : null;
  } catch {
    return null; // a file torn by a power cut has no live holder
  }
}

function isAlive(holder: Holder): boolean {
  const now = holderOf(holder.pid);
  if (holder.boot !== now.boot) return false;
  if (now.began !== '') return holder.began === '' || holder.began === now.began;
  try {
    process.kill(holder.pid, 0);
    return now.boot === ''; // Linux would have told when it began
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const holderOf = (pid: number): Holder => ({ pid, boot: bootId(), began: beganAt(pid) });

function bootId(): string {
  return readOr('/proc/sys/kernel/random/boot_id').trim();
}

/** Field 22 of /proc/PID/stat, clock ticks since boot; empty where there is no such process (or only its zombie) or no /proc. */
function beganAt(pid: number): string {
  const stat = readOr(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
