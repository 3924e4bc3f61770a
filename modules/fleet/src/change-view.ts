/** A change as it is shown: one row with what runs of it. */
import type { Change } from '@cityward/contracts';
import type { LiveChange } from './live-change.ts';
import type { Signed } from './signatures.ts';
import type { ChangeRow } from './store-changes.ts';
import { waitingAll, waveCounts } from './wave-counts.ts';

export function waveNames(starts: Uint32Array): string[] {
  const total = starts.at(-1)!;
  return Array.from(starts.subarray(1), (end, wave) => {
    if (wave === 0) return 'canary';
    return end === total ? 'all' : `${Math.round((end / total) * 1_000) / 10} %`;
  });
}

export function viewOf(row: ChangeRow, live: LiveChange | null, signed: Signed): Change {
  const starts = Uint32Array.from([...row.waves.map(({ start }) => start), row.devices]);
  const names = waveNames(starts);
  return {
    id: row.id,
    title: row.job.title,
    state: live ? live.rollout.phase : row.state,
    words: row.words,
    action: row.job.action,
    revert: row.job.revert,
    selection: row.selection,
    after: row.after,
    counter: row.counter,
    devices: row.devices,
    planned: { by: row.plannedBy, at: row.planned },
    started: row.started,
    ended: row.ended,
    notBefore: row.job.notBefore,
    notAfter: row.job.notAfter,
    signed: { ...signed, officers: [...signed.officers] },
    waves: names.map((name, wave) => {
      const opened = live ? live.opened[wave]! : row.waves[wave]!.opened;
      const reached = live ? live.rollout.quorumAt[wave]! : row.waves[wave]!.quorumAt;
      return {
        name,
        state: opened === 0 ? 'waiting' : reached > 0 ? 'reached' : 'open',
        devices: starts[wave + 1]! - starts[wave]!,
        opened: opened || null,
        counts: live
          ? waveCounts(live.rollout, wave)
          : (row.waves[wave]!.counts ?? waitingAll(starts[wave + 1]! - starts[wave]!)),
      };
    }),
  };
}
