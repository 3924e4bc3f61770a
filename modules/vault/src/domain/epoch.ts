/** Weeks of backups: the keys in a backup lie under the key of its week, which is destroyed some weeks later. */
import { DAY_MS } from '@cityward/kernel';

export const EPOCH_MS = 7 * DAY_MS;

/** The week, counted from 1970. */
export const epochAt = (at: number): number => Math.floor(at / EPOCH_MS);
/** When the key of the week is destroyed. */
export const epochEnds = (epoch: number, weeks: number): number => (epoch + 1 + weeks) * EPOCH_MS;
/** From then on no backup opens a key that was destroyed at `at`. */
export const unreadableFrom = (at: number, weeks: number): number => epochEnds(epochAt(at), weeks);
/** Weeks whose keys are due to be destroyed. */
export const dueEpochs = (epochs: readonly number[], now: number, weeks: number): readonly number[] =>
  epochs.filter((epoch) => epochEnds(epoch, weeks) <= now);
