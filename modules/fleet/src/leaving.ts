/** How devices go, put together: replaced, retired, stolen; and what would go with one. */
import type { Leaving } from '@cityward/contracts';
import { ok, refuse, SECOND_MS, type Refusal, type Result } from '@cityward/kernel';
import { heldOf } from './domain/gate/held.ts';
import type { LeavingNeeds } from './leaving-needs.ts';
import { createReplacements, type Replacements } from './replacements.ts';
import { createRetirements, type Retirements } from './retirements.ts';
import * as store from './store-leaving.ts';
import { createThefts, type Thefts } from './thefts.ts';

const TICK_MS = 5 * SECOND_MS;

export interface Departures {
  start(): Promise<void>;
  stop(): void;
  of(device: string): Promise<Result<Leaving, Refusal>>;
  readonly replacements: Pick<Replacements, 'replace' | 'undo' | 'cameIn'>;
  readonly retirements: Pick<Retirements, 'retire' | 'close' | 'files' | 'tick'>;
  readonly thefts: Pick<Thefts, 'report' | 'turnedAway'>;
}

export function createDepartures(needs: LeavingNeeds): Departures {
  const { sql, log } = needs;
  const retirements = createRetirements(needs);
  const replacements = createReplacements(needs, async (device) =>
    (await store.retirementBy(sql, device)) ? 'it is retired, or about to be' : null,
  );
  const thefts = createThefts(needs);
  let timer: NodeJS.Timeout | null = null;
  return {
    start: async () => {
      await thefts.start();
      await replacements.start();
      await retirements.start();
      timer = setInterval(() => {
        retirements
          .tick()
          .catch((fault: unknown) => log.warn('retirements were not looked at', { fault: String(fault) }));
      }, TICK_MS).unref();
    },
    stop: () => {
      if (timer) clearInterval(timer);
    },
    of: (device) => leavingOf(needs, device),
    replacements,
    retirements,
    thefts,
  };
}

const canWipe = (gateway: string | null): string =>
  gateway === null
    ? 'It takes signed changes, and is connected now'
    : `Its gateway ${gateway} takes signed changes for it, and reaches it now`;

async function leavingOf({ sql, ports }: LeavingNeeds, device: string): Promise<Result<Leaving, Refusal>> {
  const hardware = ports.hardware(device);
  if (!hardware) return refuse('not-found', 'DEVICE_UNKNOWN', `find device "${device}": the city has no such device`);
  const row = await store.retirementBy(sql, device);
  const cannot = ports.cannotWipe(device);
  const gateway = ports.isCarried(device) ? ports.gatewayOfCamera(device) : null;
  const retirement = row && (({ certificate: _certificate, signature: _signature, ...face }) => face)(row);
  return ok({
    device,
    hardware,
    held: heldOf(ports.held(device)),
    wipe: { possible: cannot === null, why: cannot ?? canWipe(gateway), gateway },
    replacements: await store.replacementsOf(sql, device),
    retirement,
    theft: await store.theftBy(sql, device),
  });
}
