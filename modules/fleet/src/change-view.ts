/** A change as it is shown: one row with what runs of it. */
import type { Change } from '@cityward/contracts';
import { STATES, type State } from './domain/rollout/state.ts';
import type { LiveChange } from './live-change.ts';
import type { Signed } from './signatures.ts';
import type { ChangeRow } from './store-changes.ts';

type Counts = Change['waves'][number]['counts'];
/** Inner states that people see under one name. */
const SHOWN: Readonly<Record<State, keyof Counts>> = {
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
        counts: countsOf(live, wave, starts[wave + 1]! - starts[wave]!),
      };
    }),
  };
}

function countsOf(live: LiveChange | null, wave: number, size: number): Counts {
  const counts = Object.fromEntries(Object.values(SHOWN).map((name) => [name, 0])) as Counts;
  if (!live) return { ...counts, waiting: size };
  for (const [at, state] of STATES.entries()) counts[SHOWN[state]] += live.rollout.counts[wave * STATES.length + at]!;
  return counts;
}
