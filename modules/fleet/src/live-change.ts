/** One change that devices may still be told of, in memory: built from its rows, and the rows from it. */
import type { JobLeaf, JobOrder, JobSignature } from '@cityward/contracts';
import { CONTENT_PATH } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { begin, replay } from './domain/rollout/attempts.ts';
import type { Columns } from './domain/rollout/columns.ts';
import { startBack } from './domain/rollout/gates.ts';
import type { Places } from './domain/rollout/places.ts';
import { createRollout, has, DELIVERED, move, REVERT, S, wavesIn, type Rollout } from './domain/rollout/state.ts';
import { ordered, type Moment } from './domain/rollout/turn.ts';
import { leafTree, type LeafTree } from './domain/trust/leaf-tree.ts';
import {
  allAttempts,
  loadBatches,
  loadMembers,
  loadSkips,
  type Batch,
  type ChangeRow,
  type DecisionRow,
  type Members,
} from './store-changes.ts';
import { waveCounts } from './wave-counts.ts';

export interface LiveChange {
  row: ChangeRow;
  readonly rollout: Rollout;
  /** By turn. */
  readonly ids: readonly string[];
  readonly members: ReadonlyMap<string, number>;
  /** Place of a member in the job's tree. */
  readonly turns: Uint32Array;
  tree: LeafTree | null;
  batches: number;
  /** Moved, and not saved yet. */
  orders: Batch[];
  decisions: DecisionRow[];
  moved: boolean;
  opened: number[];
  /** Last time that screens were told. */
  toldAt: number;
  told: string;
}

export interface Laid {
  readonly row: ChangeRow;
  readonly members: Members;
  readonly places: Places;
  readonly columns: Columns;
}

/** Lays a change out over the city as it is; devices that have left the city keep their turn and are barred later. */
export function layOut({ row, members, places, columns }: Laid): LiveChange {
  const { turns } = members;
  const ids = Array.from(turns, (place) => members.ids[place]!);
  const memberOf = new Map<string, number>();
  for (let member = 0; member < ids.length; member++) memberOf.set(ids[member]!, member);
  const located = places.locate(columns);
  const site = new Int32Array(ids.length).fill(-1);
  const group = new Int32Array(ids.length).fill(-1);
  for (let at = 0; at < columns.ids.length; at++) {
    const member = memberOf.get(columns.ids[at]!);
    if (member === undefined) continue;
    site[member] = located.site[at]!;
    group[member] = located.group[at]!;
  }
  const { job } = row;
  const starts = Uint32Array.from([...row.waves.map((wave) => wave.start), ids.length]);
  const rollout = createRollout({
    options: row.options,
    wanted:
      job.action.do === 'install'
        ? job.action.artifact.version
        : job.action.do === 'configure'
          ? job.action.document
          : null,
    before: job.revert ? ('document' in job.revert.to ? job.revert.to.document : job.revert.to.version) : null,
    notBefore: job.notBefore,
    notAfter: job.notAfter,
    revertUntil: job.revert?.until ?? 0,
    starts,
    site,
    group,
  });
  return {
    row,
    rollout,
    ids,
    members: memberOf,
    turns,
    tree: null,
    batches: 0,
    orders: [],
    decisions: [],
    moved: false,
    opened: row.waves.map((wave) => wave.opened),
    toldAt: 0,
    told: '',
  };
}

/** Builds a change as it was when the last transaction ended. What was under way is under way; its silence counts from now. */
export async function recall(sql: Sql, laid: Omit<Laid, 'members'>, moment: Moment): Promise<LiveChange> {
  const { row } = laid;
  const live = layOut({ ...laid, members: await loadMembers(sql, row.number) });
  const { rollout } = live;
  const { occupancy } = laid.places;
  for await (const page of allAttempts(sql, row.number))
    for (const attempt of page) replay(rollout, occupancy, attempt);
  if (row.state === 'rolling-back' || row.state === 'rolled-back') startBack(rollout, moment, row.words);
  for (const batch of await loadBatches(sql, row.number)) {
    live.batches = batch.batch + 1;
    resume(rollout, batch, moment);
  }
  rollout.phase = row.state === 'planned' ? 'running' : row.state;
  rollout.open = row.waves.filter((wave) => wave.opened > 0).length;
  for (const [at, wave] of row.waves.entries()) {
    rollout.quorumAt[at] = wave.quorumAt;
    rollout.forgiven[at] = wave.forgiven;
  }
  for (const { member } of await loadSkips(sql, row.number))
    if (LEFT_OUT_FROM.has(rollout.state[member]!)) move(rollout, member, 'skipped');
  rollout.skips = [];
  if (rollout.phase === 'finished')
    for (let member = 0; member < rollout.size; member++)
      if (rollout.state[member] === S.waiting) move(rollout, member, 'offline'); // joins when it is seen
  return live;
}

/** From where a device can be left out; whatever else it did is in its attempts. */
const LEFT_OUT_FROM: ReadonlySet<number> = new Set([S.waiting, S.offline, S['revert-waiting']]);

/** Puts back under way what had been ordered and has not ended. */
function resume(rollout: Rollout, { part, at, members }: Batch, { places, now }: Moment): void {
  for (const member of members) {
    const ended = rollout.orderedAt[member]! >= at && rollout.attempt[member]! > 0;
    if (rollout.part[member] !== part || ended) continue;
    begin(rollout, places, { member, now: at });
    ordered(rollout, [member]);
    rollout.since[member] = now;
  }
}

/** The order as the device may have it now; null while it has none. */
export function orderOf(live: LiveChange, device: string, signatures: readonly JobSignature[]): JobOrder | null {
  const member = live.members.get(device);
  if (member === undefined) return null;
  const { rollout, row } = live;
  const state = rollout.state[member]!;
  const isForward = state >= S.ordered && state <= S.unverified;
  if (!isForward && state !== S.reverting) return null;
  const index = live.turns[member]!;
  live.tree ??= leafTree(leavesOf(live.ids, live.turns, row.counter));
  const back = rollout.part[member] === REVERT;
  return {
    order: 'job',
    job: row.job,
    signatures: [...signatures],
    leaf: { device, counter: row.counter },
    index,
    proof: live.tree.proofOf(index),
    source: sourceOf(row, back),
    part: back ? 'revert' : 'forward',
  };
}

/** Whether the device has said a word of the order that it has. */
export const isTold = (live: LiveChange, member: number): boolean => has(live.rollout, member, DELIVERED);

function sourceOf({ job }: ChangeRow, back: boolean): string | null {
  const hash = back
    ? job.revert && ('document' in job.revert.to ? job.revert.to.document : job.revert.to.sha256)
    : job.action.do === 'install'
      ? job.action.artifact.sha256
      : job.action.do === 'configure'
        ? job.action.document
        : null;
  return hash ? `${CONTENT_PATH}${hash}` : null;
}

/** Leaves in the order of the tree: by device. */
export function leavesOf(ids: readonly string[], turns: Uint32Array, counter: number): JobLeaf[] {
  const leaves = new Array<JobLeaf>(ids.length);
  for (let member = 0; member < ids.length; member++) leaves[turns[member]!] = { device: ids[member]!, counter };
  return leaves;
}

/** The row as it is to be saved now. */
export function rowNow(live: LiveChange, now: number): ChangeRow {
  const { rollout, row } = live;
  const isOver = rollout.phase === 'finished' || rollout.phase === 'rolled-back';
  return {
    ...row,
    state: rollout.phase,
    ended: isOver ? (row.ended ?? now) : null,
    livesUntil: rollout.phase.startsWith('roll') ? Math.max(row.livesUntil, rollout.revertUntil) : row.livesUntil,
    waves: Array.from({ length: wavesIn(rollout) }, (_, wave) => ({
      start: rollout.starts[wave]!,
      opened: live.opened[wave] ?? 0,
      quorumAt: rollout.quorumAt[wave]!,
      forgiven: rollout.forgiven[wave]!,
      counts: waveCounts(rollout, wave),
    })),
  };
}
