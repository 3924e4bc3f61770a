/** A lock file per data folder: PGlite itself lets two processes write one folder and lose rows (seen). */
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface FolderLock {
  release(): void;
}

const STALE_TAKEOVERS_MAX = 3;

/** The process's start time in clock ticks since boot (proc(5), field 22): tells a live holder from a reused pid. */
function startOf(pid: number): string | null {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/**
 * Takes the folder for this process, or throws an error that names the holder. A lock left by a process that has ended is taken
 * over.
 */
export function lockFolder(folder: string, what: string): FolderLock {
  const file = join(folder, 'lock');
  for (let attempt = 0; attempt < STALE_TAKEOVERS_MAX; attempt++) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, `${process.pid} ${startOf(process.pid) ?? '-'}\n`);
      fsyncSync(handle);
      closeSync(handle);
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const [pid = '', start = ''] = readFileSync(file, 'utf8').trim().split(' ');
      const running = startOf(Number(pid));
      if (running !== null && (start === '-' || running === start)) {
        throw new Error(
          `open ${what} in "${folder}": process ${pid} has it open; stop that process or name another folder`,
        );
      }
      rmSync(file, { force: true });
    }
  }
  throw new Error(`open ${what} in "${folder}": its lock file changed hands ${STALE_TAKEOVERS_MAX} times; try again`);
}
