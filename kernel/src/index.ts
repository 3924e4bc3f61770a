/** What every layer shares: ids, results, time, turns, seeded randomness, canonical JSON, secrets, shared limits. */
export type * from './ids.ts';
export { newId, isId, parseId } from './ids.ts';
export type { Result, Refusal, RefusalKind } from './result.ts';
export { ok, err, refuse, unreachable, OperationalFault } from './result.ts';
export type { Millis, Clock } from './time.ts';
export { millis, systemClock, isoTime, SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS } from './time.ts';
export type { DayNumber } from './zone.ts';
export { dateOf, dayAt, dayNumber, isZone, mondayOf, startOfDay, weekdayOf } from './zone.ts';
export { inTurn } from './in-turn.ts';
export { Secret } from './secret.ts';
export type { Random } from './random.ts';
export { seeded, hash32 } from './random.ts';
export type { Json } from './json.ts';
export { canonicalJson } from './json.ts';
export {
  HTTP_BODY_MAX_BYTES,
  IMPORT_BODY_MAX_BYTES,
  OBSERVATION_MAX_BYTES,
  OBSERVATIONS_PER_BATCH_MAX,
  PAGE_ROWS_MAX,
  DEVICES_MAX,
} from './limits.ts';
