/** What watch wants from outside. */
import type { Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import type { KindOf } from './domain/state.ts';

export interface WatchNeeds {
  readonly sql: Sql;
  /** Where snapshots of the state lie; made when missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * What the city says of a device id or an `ip:` address, from memory; null for what it does not know. For an address that
   * is a device's or a service's, `id` names it.
   */
  readonly kindOf: KindOf;
  /** Time between snapshots at least; default a minute. */
  readonly saveEveryMs?: number;
}
