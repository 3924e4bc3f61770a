/** A journal of what must outlive a kill, and the saver that brings it to SQL. */
export { COMPACT_ABOVE_BYTES, openJournal } from './journal.ts';
export type { Journal, JournalOptions, Numbered, Pending } from './journal.ts';
export { createSaver } from './saver.ts';
export type { Saver } from './saver.ts';
export { syncFolder, writeOwnerFile } from './owner-file.ts';
export type { BeforeStep, OwnerFileStep } from './owner-file.ts';
