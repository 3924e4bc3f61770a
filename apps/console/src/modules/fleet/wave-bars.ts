/** From the counts of a wave to the parts of its bar; pure, so that every device is in exactly one part. */
import { CHANGE_DEVICE_STATES, type Change, type DeviceState } from '@cityward/contracts';

export type WaveCounts = Change['waves'][number]['counts'];
export const GROUPS = ['failed', 'done', 'reverted', 'back', 'moving', 'offline', 'skipped', 'waiting'] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Readonly<Record<(typeof CHANGE_DEVICE_STATES)[number], Group>> = {
  waiting: 'waiting',
  ordered: 'moving',
  downloading: 'moving',
  installing: 'moving',
  restarting: 'moving',
  unverified: 'moving',
  done: 'done',
  failed: 'failed',
  reverting: 'back',
  reverted: 'reverted',
  offline: 'offline',
  skipped: 'skipped',
};
/** Colour and pattern, borrowed from the states of devices. */
export const LOOK_OF: Readonly<Record<Group, DeviceState>> = {
  failed: 'suspect',
  done: 'trusted',
  reverted: 'quarantined',
  back: 'watched',
  moving: 'learning',
  offline: 'unreachable',
  skipped: 'contained',
  waiting: 'unknown',
};

export function groupsOf(counts: WaveCounts): Readonly<Record<Group, number>> {
  const sums = Object.fromEntries(GROUPS.map((group) => [group, 0])) as Record<Group, number>;
  for (const state of CHANGE_DEVICE_STATES) sums[GROUP_OF[state]] += counts[state];
  return sums;
}

/** The sum of several waves. */
export const totalOf = (waves: readonly { readonly counts: WaveCounts }[]): Readonly<Record<Group, number>> => {
  const sums = Object.fromEntries(GROUPS.map((group) => [group, 0])) as Record<Group, number>;
  for (const wave of waves) {
    const groups = groupsOf(wave.counts);
    for (const group of GROUPS) sums[group] += groups[group];
  }
  return sums;
};

/** How many failures of a wave stop the change; offline and skipped devices neither block nor count. */
export const stopsAt = (reachable: number, threshold: number): number => Math.max(1, Math.ceil(threshold * reachable));

/** Where the line stands on a bar of `devices`, 0 to 1. */
export const lineAt = (bar: { readonly devices: number; readonly out: number; readonly threshold: number }): number =>
  bar.devices === 0 ? 1 : Math.min(1, stopsAt(bar.devices - bar.out, bar.threshold) / bar.devices);
