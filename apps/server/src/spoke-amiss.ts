/** What it says of a network with a good certificate that it spoke about what is not its own: less trust. The door that it came by tells the ledger. */
import { DAY_MS, type Clock } from '@cityward/kernel';
import type { Identity } from '@cityward/identity';
import type { Log } from '@cityward/log';
import type { Reporter } from './ingest.ts';

/** Reduced trust, never low: a mistake in a partner's list of devices takes nothing from those that are its own. */
const SPOKE_AMISS_VALUE = 60;

export interface SpokeAmissParts {
  readonly identity: Pick<Identity, 'networkOf' | 'putSignal'>;
  readonly clock: Clock;
  readonly log: Log;
}

export const createSpokeAmiss =
  ({ identity, clock, log }: SpokeAmissParts) =>
  ({ id }: Reporter): void => {
    if (identity.networkOf(id) === null) return;
    const said = { kind: 'behaviour', source: 'speaking', value: SPOKE_AMISS_VALUE } as const;
    const reason = 'it spoke about what it may not speak for';
    identity
      .putSignal({ subject: { kind: 'network', id }, ...said, reason, expires: clock() + DAY_MS })
      .catch((error: unknown) => log.error('a signal was not taken', { network: id, error: String(error) }));
  };
