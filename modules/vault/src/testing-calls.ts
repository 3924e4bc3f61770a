/** Calls of the disk and SQL of a process, counted; it kills itself before the one that was named. */
import { open } from 'node:fs/promises';
import type { Sql } from '@cityward/sql';
import { openSlotFile, type SlotFile } from './keys/key-slots.ts';
import { watchedFile } from './testing.ts';

export interface CountedCalls {
  /** From here on. */
  begin(): void;
  /** Since the beginning; none counts any more. */
  end(): number;
  step(): Promise<void>;
}
export function countedCalls(killAt: number): CountedCalls {
  let calls: number | null = null;
  return {
    begin: () => void (calls = 0),
    end: () => {
      const made = calls ?? 0;
      calls = null;
      return made;
    },
    step: () => {
      if (calls !== null && ++calls === killAt) process.kill(process.pid, 'SIGKILL');
      return Promise.resolve();
    },
  };
}

type Step = CountedCalls['step'];
export const steppedSql = (real: Sql, step: Step): Sql => ({
  ...real,
  transact: async (work) => (await step(), real.transact(work)),
});
/** The journal's and the key slots' files, of which each write and sync is a call. */
export const steppedFiles = (step: Step) => ({
  openJournalFile: watchedFile((path) => open(path, 'a+', 0o600), step),
  openSlotFile: async (path: string): Promise<SlotFile> => {
    const file = await openSlotFile(path);
    return {
      ...file,
      write: async (...given) => (await step(), file.write(...given)),
      datasync: async () => (await step(), file.datasync()),
    };
  },
});
