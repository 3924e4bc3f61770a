/** The vault with what it wants of the rest of the city: keys and journal in folders of their own, policy, people, the ledger. */
import { join } from 'node:path';
import type { City } from '@cityward/city';
import type { Identity } from '@cityward/identity';
import type { Clock } from '@cityward/kernel';
import type { Ledger } from '@cityward/ledger';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { createVault, type Vault } from '@cityward/vault';
import type { Access } from './access.ts';
import type { Config } from './config.ts';

interface Parts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: Pick<Identity, 'isPerson'>;
  readonly ledger: Pick<Ledger, 'append' | 'bodiesOf' | 'packOf' | 'mentions'>;
  readonly city: Pick<City, 'dataset' | 'datasetsOf'>;
  /** Read when asked, never while modules are created. */
  readonly access: () => Access;
}

export const createVaultFor = (
  { dataFolder, timeZone }: Pick<Config, 'dataFolder' | 'timeZone'>,
  { sql, clock, log, identity, ledger, city, access }: Parts,
): Vault =>
  createVault({
    sql,
    clock,
    zone: timeZone,
    log: log.part('vault'),
    keyFolder: join(dataFolder, 'keys', 'vault'),
    journalFolder: join(dataFolder, 'vault'),
    ledger,
    datasets: {
      behind: (devices) => city.datasetsOf(devices).map(({ id }) => id),
      named: (id) => city.dataset(id),
    },
    may: (principal, action, resource) => access().may(principal, action, resource),
    isPerson: (id) => identity.isPerson(id),
  });
