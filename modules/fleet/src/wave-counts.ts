/** How the devices of one wave stand, under the names that people see. */
import { CHANGE_DEVICE_STATES } from '@cityward/contracts';
import { STATES, type Rollout, type State } from './domain/rollout/state.ts';
import type { WaveCounts } from './store-changes.ts';

export type ShownState = keyof WaveCounts;
/** Inner states that people see under one name. */
export const SHOWN: Readonly<Record<State, ShownState>> = {
  waiting: 'waiting',
  ordering: 'ordered',
  ordered: 'ordered',
  downloading: 'downloading',
  installing: 'installing',
  restarting: 'restarting',
  unverified: 'unverified',
  done: 'done',
  failed: 'failed',
  'revert-waiting': 'reverting',
  reverting: 'reverting',
  reverted: 'reverted',
  offline: 'offline',
  skipped: 'skipped',
};

const none = (): WaveCounts =>
  Object.fromEntries(CHANGE_DEVICE_STATES.map((state) => [state, 0])) as unknown as WaveCounts;

export const waitingAll = (devices: number): WaveCounts => ({ ...none(), waiting: devices });

export function waveCounts(rollout: Rollout, wave: number): WaveCounts {
  const counts = none();
  for (const [at, state] of STATES.entries()) counts[SHOWN[state]] += rollout.counts[wave * STATES.length + at]!;
  return counts;
}
