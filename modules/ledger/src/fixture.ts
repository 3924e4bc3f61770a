/** What the ledger's tests share: facts, folders, a log in a folder, disks that lie or fill up. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { LogCore, type CoreOptions } from './core.ts';
import type { LedgerFact } from './domain/body.ts';
import { realFiles, type FileLayer, type LogFile } from './files.ts';

export const ORIGIN = 'portmerrow.example/ledger';
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'cityward-ledger-'));

export const factOf = (id: string, more: Partial<LedgerFact> = {}): LedgerFact => ({
  id,
  module: 'ledger',
  type: 'evidence.recorded',
  actor: 'per-0001',
  subject: 'pump-0001',
  at: 1_764_000_000_000,
  data: { text: `statement ${id}` },
  ...more,
});
export const factsOf = (from: number, count: number): LedgerFact[] =>
  Array.from({ length: count }, (_, i) => factOf(`evt-${String(from + i).padStart(8, '0')}`));

export const coreIn = (folder: string, more: Partial<CoreOptions> = {}): LogCore =>
  new LogCore({
    folder: join(folder, 'ledger'),
    keyFile: join(folder, 'keys', 'ledger.pem'),
    origin: ORIGIN,
    clock: systemClock,
    log: silentLog,
    ...more,
  });

export async function startedCore(folder: string, more: Partial<CoreOptions> = {}): Promise<LogCore> {
  const core = coreIn(folder, more);
  await core.start();
  return core;
}

export interface CruelDisk extends FileLayer {
  /** From now on nothing reaches the disk: the power is gone. */
  cut(): void;
  fail: 'write' | 'sync' | null;
}

/**
 * A disk that keeps only what was synced, so that a power cut loses the rest.
 * @param isHonest false: syncs are answered and not done, to show that the tests would notice
 */
export function cruelDisk(isHonest = true): CruelDisk {
  let isOff = false;
  const disk: CruelDisk = {
    ...realFiles,
    fail: null,
    cut: () => {
      isOff = true;
    },
    open: async (path, flags) => {
      const file = await realFiles.open(path, flags);
      let unsynced: Uint8Array[] = [];
      const wrapped: LogFile = {
        ...file,
        writev: (buffers) => {
          if (disk.fail === 'write') return Promise.reject(new Error('ENOSPC: no space left on device'));
          unsynced.push(...buffers.map((buffer) => Uint8Array.from(buffer)));
          return Promise.resolve(buffers.reduce((sum, buffer) => sum + buffer.length, 0));
        },
        datasync: async () => {
          if (disk.fail === 'sync') throw new Error('EIO: i/o error');
          await new Promise((resolve) => setImmediate(resolve));
          if (isOff || !isHonest) return;
          if (unsynced.length > 0) await file.writev(unsynced);
          unsynced = [];
          await file.datasync();
        },
      };
      return wrapped;
    },
  };
  return disk;
}
