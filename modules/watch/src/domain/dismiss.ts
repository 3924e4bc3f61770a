/** What a dismissal teaches: the peer, the level or the scan is as it should be for this device from now on. */
import { allowBand } from './band-judge.ts';
import { remember, type LiveFinding } from './findings.ts';
import { allowPeers } from './peer-judge.ts';
import type { WatchState } from './state.ts';

/** Idempotent, so that it can be applied again after a restart. */
export function allow(state: WatchState, finding: LiveFinding, at: number): void {
  const { cause } = finding;
  remember(state.registry, finding.key, cause.detector === 'off-band' ? cause.value : 0);
  if (cause.detector === 'new-peer') allowPeers(state, finding, at);
  if (cause.detector === 'off-band') allowBand(state, finding);
}
