import type { Brand } from './ids.ts';

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Millis = Brand<number, 'Millis'>;
export const millis = (value: number): Millis => value as Millis;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The only way the time of day enters a service; domains receive `now` as a value. */
export type Clock = () => Millis;
export const systemClock: Clock = () => Date.now() as Millis;

/** ISO 8601 in UTC, for logs and files. */
export const isoTime = (at: Millis): string => new Date(at).toISOString();
