/** What fleet wants from outside: the database, the objects, the time, and narrow views of the city. */
import type { Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Objects } from '@cityward/objects';
import type { Sql } from '@cityward/sql';

export interface FleetNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly objects: Objects;
  /** Where the two online keys of the repository live; made on the first start. */
  readonly keyFolder: string;
  /** The city's name, as in its officers' document. */
  readonly cityName: string;
}
