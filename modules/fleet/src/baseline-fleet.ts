/** The baseline among the other parts of fleet: its changes are theirs, and what they changed it reads again. */
import type { Artifacts } from './artifacts.ts';
import { shippedCatalogue } from './baseline-catalogue.ts';
import { NO_WORLD } from './baseline-needs.ts';
import { createBaseline, type Baseline } from './baseline.ts';
import type { Changes } from './changes.ts';
import type { DesiredState } from './desired.ts';
import type { Desk } from './desk.ts';
import type { FleetNeeds } from './needs.ts';

interface Made {
  readonly artifacts: Artifacts;
  readonly desired: DesiredState;
  readonly changes: Changes;
  /** Hash of the document that a device shows it runs. */
  readonly shows: (device: string) => string | null;
}

export const baselineFor = (needs: FleetNeeds, { artifacts, desired, changes, shows }: Made): Baseline =>
  createBaseline({
    ...needs,
    catalogue: shippedCatalogue(),
    columns: needs.city.columns,
    artifacts: artifacts.list,
    world: needs.baseline ?? NO_WORLD,
    runningDocument: shows,
    document: desired.document,
    keepDocument: desired.keep,
    add: changes.add,
    changes: changes.list,
    actionOf: (change) => changes.running.live(change)?.row.job.action ?? null,
  });

/** Drivers report to the desk; a device that is done is read again. */
export function withRereading(desk: Desk, baseline: Baseline, { log }: Pick<FleetNeeds, 'log'>): Desk {
  const report: Desk['report'] = async (device, said) => {
    const taken = await desk.report(device, said);
    if (taken.ok && (said.state === 'done' || said.state === 'reverted'))
      baseline
        .changed(device, said)
        .catch((error: unknown) => log.warn('a changed device is not read again', { device, error: String(error) }));
    return taken;
  };
  return { ...desk, report };
}
