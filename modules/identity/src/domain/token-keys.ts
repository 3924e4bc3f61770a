/** When keys that sign tokens begin and end: each is published before it signs, and after, until nothing that it signed counts. */
import { DAY_MS, HOUR_MS } from '@cityward/kernel';
import { TOKEN_LIFE_MS } from './services.ts';

/** So long a key signs. */
export const TOKEN_KEY_LIFE_MS = 7 * DAY_MS;
/** So long before that it can be fetched: whoever keeps a copy of the list knows it by then. */
export const TOKEN_KEY_AHEAD_MS = 24 * HOUR_MS;
/** So long after its last signature it is still listed; longer than any token lives. */
export const TOKEN_KEY_AFTER_MS = HOUR_MS + TOKEN_LIFE_MS;

export interface TimedKey {
  readonly kid: string;
  /** It signs from then on, until the next one does. */
  readonly from: number;
}

/** The key that signs at this moment: the newest that has begun. */
export const signingAt = <K extends TimedKey>(keys: readonly K[], now: number): K | undefined =>
  keys
    .filter((key) => key.from <= now)
    .reduce<K | undefined>((best, key) => (best && best.from >= key.from ? best : key), undefined);

/** When the next key has to begin; null while the newest is not so far. */
export function nextFrom(keys: readonly TimedKey[], now: number): number | null {
  if (keys.length === 0) return now;
  const newest = keys.reduce((last, key) => (key.from > last.from ? key : last));
  const due = newest.from + TOKEN_KEY_LIFE_MS;
  return now >= due - TOKEN_KEY_AHEAD_MS ? Math.max(due, now) : null;
}

/** Those that may still be asked about: every one whose successor has not signed for long. */
export const listedAt = <K extends TimedKey>(keys: readonly K[], now: number): K[] =>
  keys.filter((key) => !keys.some((next) => next.from > key.from && next.from + TOKEN_KEY_AFTER_MS <= now));
