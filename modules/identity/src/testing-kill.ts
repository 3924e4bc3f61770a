/** A process of its own for the kill test: revokes, says so once it is in force, while SQL never answers. */
import { join } from 'node:path';
import { silentLog } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import type { StandingChange } from './domain/standing.ts';
import { openJournal } from '@cityward/journal';
import { Register } from './register.ts';
import { StandingService } from './standing.ts';
import { testClock } from './testing.ts';

const [folder, device, serial] = process.argv.slice(2) as [string, string, string];
const never: Sql = {
  engine: 'pglite',
  promise: 'none',
  for: () => {
    throw new Error('not asked here');
  },
  transact: () => new Promise<never>(() => undefined),
  listen: () => () => undefined,
  migrate: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};
const register = new Register();
register.addLive({ serial, device, notBefore: 0, notAfter: Number.MAX_SAFE_INTEGER });
const journal = await openJournal<StandingChange>({
  path: join(folder, 'standing.journal'),
  after: 0,
  about: () => device,
});
const standing = new StandingService({ register, journal, sql: never, clock: testClock(), log: silentLog });
standing.onStanding((_device, now) => void process.stdout.write(`${now}\n`));
setInterval(() => undefined, 1_000);
await standing.revoke(device, { reason: 'test', by: 'per-1' });
