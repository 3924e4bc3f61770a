/** Fleets for tests: a city of columns whose devices are all there, in sites as the test columns lay them out. */
import { join } from 'node:path';
import { millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openObjects } from '@cityward/objects';
import type { Sql } from '@cityward/sql';
import type { Columns } from './domain/rollout/columns.ts';
import { PER_SITE } from './domain/rollout/testing.ts';
import type { FleetCity, FleetNeeds } from './needs.ts';
import { createFleet, type Fleet } from './service.ts';
import { TEST_CITY, testPorts } from './testing.ts';

interface TestFleet {
  readonly sql: Sql;
  readonly folder: string;
  readonly now: () => number;
  readonly columns: () => Columns;
  readonly city?: Partial<FleetCity>;
  readonly alarm?: FleetNeeds['alarm'];
}

/** Not yet started. */
export async function createTestFleet(parts: TestFleet): Promise<Fleet> {
  const { sql, folder, now, columns, city, alarm = () => undefined } = parts;
  return createFleet({
    sql,
    objects: await openObjects({ folder: join(folder, 'objects') }),
    clock: () => millis(now()),
    log: silentLog,
    keyFolder: folder,
    cityName: TEST_CITY,
    ...testPorts(),
    city: {
      columns,
      reachable: () => true,
      barred: () => null,
      returning: () => false,
      siteOf: (device) => `site-${Math.floor(Number(device.slice(4)) / PER_SITE)}`,
      ...city,
    },
    authorities: () => [],
    alarm,
  });
}
