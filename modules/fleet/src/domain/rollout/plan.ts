/** A whole plan from columns and a draft: who, in which waves, who not and why, over which steps, and what it touches. */
import type { Columns } from './columns.ts';
import { EXCLUSIONS, type Exclusion, type Options, type Selection, type Target } from './draft.ts';
import { effectOf, type Touched } from './effect.ts';
import { choose, IN, NOT_MEANT } from './select.ts';
import { wavesOf, type Waves } from './waves.ts';
import { nextOpening } from './windows.ts';

const SAMPLE_MAX = 20;

export interface Step {
  /** Version or document of this step; null where there is nothing to compare. */
  readonly to: string | null;
  readonly devices: number;
}
export interface Left {
  readonly reason: Exclusion;
  readonly devices: number;
  /** Some of them. */
  readonly sample: readonly string[];
}
export interface Difference {
  readonly from: string | null;
  readonly devices: number;
}
export interface Plan extends Waves {
  readonly excluded: readonly Left[];
  /** Jobs one after the other; the last reaches the target. More than one where some need stepping stones. */
  readonly steps: readonly Step[];
  readonly difference: readonly Difference[];
  readonly touches: readonly Touched[];
  /** When the first device may begin. */
  readonly opens: number;
}
export interface PlanRequest {
  readonly columns: Columns;
  readonly selection: Selection;
  readonly target: Target;
  readonly options: Options;
  /** The id of the job: the same id gives the same order. */
  readonly seed: string;
  readonly now: number;
  /** Only the devices whose way leads over this version: the rows of one step. */
  readonly step?: string;
}

export function planRollout(request: PlanRequest): Plan {
  const { columns, options, seed, now, step } = request;
  const chosen = choose({ ...request, lifeSafety: options.lifeSafety });
  const unknown = columns.running.names.length;
  const pathAt = (row: number): readonly string[] => {
    const at = columns.running.of[row]!;
    return chosen.paths[at === -1 ? unknown : at] ?? [];
  };
  const rows = step === undefined ? chosen.rows : chosen.rows.filter((row) => pathAt(row).includes(step));
  return {
    ...wavesOf(columns, rows, { options, seed }),
    excluded: leftOut(columns, chosen.reason),
    steps: stepsOf(request, chosen.rows, pathAt),
    difference: differenceOf(columns, rows),
    touches: effectOf(columns, rows, options),
    opens: nextOpening(options.schedule, now),
  };
}

function leftOut(columns: Columns, reason: Uint8Array): Left[] {
  const counts = new Uint32Array(EXCLUSIONS.length);
  const samples = EXCLUSIONS.map((): string[] => []);
  for (let row = 0; row < reason.length; row++) {
    const why = reason[row]!;
    if (why === IN || why === NOT_MEANT) continue;
    counts[why]!++;
    if (samples[why]!.length < SAMPLE_MAX) samples[why]!.push(columns.ids[row]!);
  }
  return EXCLUSIONS.flatMap((name, at) =>
    counts[at]! > 0 ? [{ reason: name, devices: counts[at]!, sample: samples[at]! }] : [],
  );
}

/** Farthest from the target first, so that a device never meets a step before the one it needs. */
function stepsOf(
  { columns, target }: PlanRequest,
  rows: Uint32Array,
  pathAt: (row: number) => readonly string[],
): Step[] {
  if (target.running === null) return [{ to: null, devices: rows.length }];
  const perVersion = new Uint32Array(columns.running.names.length + 1);
  const example = new Int32Array(perVersion.length).fill(-1);
  for (const row of rows) {
    const at = columns.running.of[row]!;
    const version = at === -1 ? perVersion.length - 1 : at;
    perVersion[version]!++;
    example[version] = row;
  }
  const devices = new Map<string, number>();
  const distance = new Map<string, number>();
  for (const [version, row] of example.entries()) {
    if (row === -1) continue;
    const path = pathAt(row);
    for (const [at, to] of path.entries()) {
      devices.set(to, (devices.get(to) ?? 0) + perVersion[version]!);
      distance.set(to, Math.max(distance.get(to) ?? 0, path.length - at));
    }
  }
  return [...devices]
    .sort(([a], [b]) => distance.get(b)! - distance.get(a)! || (a < b ? -1 : 1))
    .map(([to, count]) => ({ to, devices: count }));
}

function differenceOf(columns: Columns, rows: Uint32Array): Difference[] {
  const counts = new Uint32Array(columns.running.names.length + 1);
  for (const row of rows) counts[columns.running.of[row]! + 1]!++;
  return [...counts]
    .flatMap((devices, at) => (devices > 0 ? [{ from: columns.running.names[at - 1] ?? null, devices }] : []))
    .sort((a, b) => b.devices - a.devices);
}
