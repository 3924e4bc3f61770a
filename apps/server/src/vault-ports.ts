/** The vault with what it wants of the rest of the city: keys and journal in folders of their own, policy, people, the ledger. */
import { join } from 'node:path';
import type { City } from '@cityward/city';
import type { Identity } from '@cityward/identity';
import type { Fleet } from '@cityward/fleet';
import { checkOpening } from '@cityward/fleet/verify';
import { refuse, type Clock } from '@cityward/kernel';
import type { Ledger } from '@cityward/ledger';
import type { Log } from '@cityward/log';
import { openObjects } from '@cityward/objects';
import type { Sql } from '@cityward/sql';
import { createVault, openTransitRoot, retentionLaw, type Vault, type VaultOptions } from '@cityward/vault';
import type { Access } from './access.ts';
import { partyName, portalOrigin } from './city-names.ts';
import type { Config } from './config.ts';
import { destructionNeeds } from './destruction-ports.ts';
import { CITY_NAME } from './city-names.ts';
import { sendToRecipient } from './recipient-port.ts';

interface Parts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: Pick<
    Identity,
    'isPerson' | 'sessions' | 'postsOf' | 'endPostsAgain' | 'faceOf' | 'signDocument' | 'passkeyOf' | 'anyPasskeyOf'
  >;
  readonly ledger: Pick<
    Ledger,
    'append' | 'bodiesOf' | 'packOf' | 'mentions' | 'scan' | 'rootOf' | 'entryOf' | 'status' | 'onWitness' | 'exhibit'
  >;
  readonly city: Pick<City, 'dataset' | 'datasets' | 'datasetsOf' | 'node'>;
  readonly cityName: string;
  readonly fleet: Pick<Fleet, 'officers'>;
  /** Read when asked, never while modules are created. */
  readonly access: () => Access;
}

export const createVaultFor = (
  config: Pick<Config, 'dataFolder' | 'timeZone' | 'kms' | 'portalPort' | 'portalUrl'>,
  { sql, clock, log, identity, ledger, city, cityName, fleet, access }: Parts,
): Vault => {
  const { dataFolder, timeZone, kms } = config;
  return createVault({
    sql,
    clock,
    zone: timeZone,
    log: log.part('vault'),
    keyFolder: join(dataFolder, 'keys', 'vault'),
    journalFolder: join(dataFolder, 'vault'),
    ...(kms ? { openRoot: () => openTransitRoot(kms) } : {}),
    ledger: ledgerFor(ledger),
    datasets: {
      all: () => city.datasets().map(({ id, name, purpose, people }) => ({ id, name, purpose, people })),
      behind: (devices) => city.datasetsOf(devices).map(({ id }) => id),
      named: (id) => city.dataset(id),
    },
    opening: {
      city: cityName,
      check: (opening, signatures) => {
        const current = fleet.officers.current();
        return current
          ? checkOpening(opening, signatures, current)
          : refuse('conflict', 'NO_OFFICERS', 'open the vault: this city has no officers yet');
      },
    },
    may: (principal, action, resource) => access().may(principal, action, resource),
    principalNow: (token) => identity.sessions.principalOf(token),
    isPerson: (id) => identity.isPerson(id),
    isOrganisation: (id) => city.node(id)?.kind === 'party',
    postsOf: (person) => identity.postsOf(person),
    endPosts: (ended) => identity.endPostsAgain(ended),
    nameOf: (id) => identity.faceOf(id)?.handle ?? partyName(city, id),
    alarm: (person, words) => log.part('vault').error(`a person ${words}`, { person }),
    sendToRecipient,
    openArchive: () => openObjects({ folder: join(dataFolder, 'archive') }),
    retention: retentionLaw(),
    passkeyAtPortal: async (person, credential) => {
      const passkey = await identity.anyPasskeyOf(person, credential);
      const origin = portalOrigin(config);
      return passkey && { ...passkey, origin, rpId: new URL(origin).hostname };
    },
    destruction: destructionNeeds({ identity, cityName: CITY_NAME, keyFolder: join(dataFolder, 'keys', 'vault') }),
  });
};

const ledgerFor = (ledger: Parts['ledger']): VaultOptions['ledger'] => ({
  append: ledger.append,
  bodiesOf: ledger.bodiesOf,
  packOf: ledger.packOf,
  mentions: ledger.mentions,
  scan: ledger.scan,
  rootOf: ledger.rootOf,
  entryOf: ledger.entryOf,
  exhibit: ledger.exhibit,
  onWitness: ledger.onWitness,
  witnesses: () => ledger.status().witnesses,
  standing: () => {
    const { origin, durable: size, checkpoint } = ledger.status();
    return { origin, size, checkpoint };
  },
});
