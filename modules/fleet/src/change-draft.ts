/** From a draft to a plan, and to the jobs that officers sign: one for each step. */
import type { Change, ChangeDraft, ChangeJob, ChangeOptions, ChangePlan, JobSignature } from '@cityward/contracts';
import { isZone, newId, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { waveNames } from './change-view.ts';
import { wordsOf, type Columns } from './domain/rollout/columns.ts';
import { EXCLUSION_WORDS, OPTIONS, WAVES_MAX, type Options, type Target } from './domain/rollout/draft.ts';
import { planRollout, type Plan } from './domain/rollout/plan.ts';
import type { Alarm } from './domain/rollout/take.ts';
import { leafTree } from './domain/trust/leaf-tree.ts';
import type { Freezes } from './freeze.ts';
import { leavesOf } from './live-change.ts';
import type { Signed } from './signatures.ts';
import { highestCounter, insertChange, type ChangeRow, type Members } from './store-changes.ts';

const SECOND_MS = 1_000;
const LIFE_SAFETY_TITLE = ' (life-safety devices included)';

/** What an artifact is made for, and where the versions in between are; from the artifacts' part. */
export interface ArtifactFacts {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly size: number;
  readonly classes: readonly string[];
  readonly models: readonly string[];
  readonly hardware: readonly string[];
}
export interface ChangeNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly cityName: string;
  /** The city's devices as they are now. */
  readonly columns: () => Columns;
  readonly reachable: (device: string) => boolean;
  /** Whether whoever is not reachable may be on the way back: after a start. */
  readonly returning: () => boolean;
  /** Why no change may touch the device: revoked, held, ended; null for nothing. */
  readonly barred: (device: string) => string | null;
  readonly siteOf: (device: string) => string | null;
  readonly artifact: (sha256: string) => ArtifactFacts | null;
  readonly artifacts: () => readonly ArtifactFacts[];
  /** Whether a device would take the job now, and the signatures for it. */
  readonly signed: (job: ChangeJob) => Signed;
  readonly signaturesOf: (job: ChangeJob) => readonly JobSignature[];
  /** A configuration document, where the city has it. */
  readonly document: (hash: string) => Promise<string | null>;
  /** The document that a device shows that it runs. */
  readonly shows: (device: string) => string | null;
  /** Devices that are wanted to run this document and show another. */
  readonly drifted: (hash: string) => ReadonlySet<string>;
  readonly expects: (device: string, firmware: string) => void;
  readonly authorities: () => readonly string[];
  readonly wipeSigner: (device: string) => string;
  readonly freezes: Freezes;
  readonly alarm: (device: string, alarm: Alarm, words: string) => void;
}

interface Asked {
  readonly columns: Columns;
  readonly selection: ChangeDraft['selection'];
  readonly target: Target;
  readonly options: Options;
  readonly now: number;
}

/** As they were asked for, with the defaults of what was not. */
export const optionsOf = ({ schedule, ...given }: Options): ChangeOptions => ({
  ...given,
  shares: [...given.shares],
  windows: schedule.windows.map((window) => ({ ...window, days: [...window.days] })),
  zone: schedule.zone,
});

/** A draft with everything looked up, or what is wrong with it. */
export function requestOf(needs: ChangeNeeds, draft: ChangeDraft): Result<Asked, Refusal> {
  const { windows, zone, ...given } = draft.options;
  const schedule = { windows: windows ?? [], zone: zone ?? 'UTC' };
  if (!isZone(schedule.zone))
    return refuse(
      'invalid',
      'ZONE_UNKNOWN',
      `plan "${draft.title}": "${schedule.zone}" is no time zone, a name such as "Pacific/Auckland" wanted`,
    );
  const asked: Options = { ...OPTIONS, ...given, schedule } as Options;
  // A device that has erased itself is gone, and well so.
  const options = draft.action.do === 'wipe' ? { ...asked, healthMs: 0 } : asked;
  const grows = options.shares.every((share, at) => at === 0 || share > options.shares[at - 1]!);
  if (!grows || options.shares.length >= WAVES_MAX)
    return refuse(
      'invalid',
      'WAVES',
      `plan "${draft.title}": shares of waves must grow, at most ${WAVES_MAX - 1} of them`,
    );
  if (draft.notAfter <= Math.max(needs.clock(), draft.notBefore))
    return refuse('invalid', 'CHANGE_TIME', `plan "${draft.title}": it would end before it begins`);
  const { action } = draft;
  const artifact = action.do === 'install' ? needs.artifact(action.artifact.sha256) : null;
  if (action.do === 'install' && !artifact)
    return refuse(
      'not-found',
      'ARTIFACT_UNKNOWN',
      `plan "${draft.title}": there is no artifact "${action.artifact.name}" ${action.artifact.version} of that hash`,
    );
  const running =
    action.do === 'install' ? action.artifact.version : action.do === 'configure' ? action.document : null;
  const target: Target = {
    running,
    ordered: action.do === 'install',
    classes: artifact?.classes ?? [],
    models: artifact?.models ?? [],
    hardware: artifact?.hardware ?? [],
    tracks: draft.tracks,
  };
  const selection = selectionOf(needs, draft);
  if (!selection.ok) return selection;
  const columns = action.do === 'configure' ? showingDocuments(needs) : needs.columns();
  return ok({ columns, selection: selection.value, target, options, now: needs.clock() });
}

/** Drift is looked up now: a selection by it never means everybody. */
function selectionOf(needs: ChangeNeeds, { title, selection }: ChangeDraft): Result<ChangeDraft['selection'], Refusal> {
  if (selection.drift === undefined) return ok(selection);
  const drifted = needs.drifted(selection.drift);
  const named = selection.devices.length === 0 ? [...drifted] : selection.devices.filter((one) => drifted.has(one));
  if (named.length === 0)
    return refuse(
      'conflict',
      'NOBODY_TO_CHANGE',
      `plan "${title}": no device drifts from document "${selection.drift}"`,
    );
  return ok({ ...selection, devices: named });
}

/** The city with the documents that devices show in place of their firmware. */
function showingDocuments({ columns, shows }: ChangeNeeds): Columns {
  const city = columns();
  const running = wordsOf(city.ids.length);
  for (let row = 0; row < city.ids.length; row++) running.set(row, shows(city.ids[row]!));
  return { ...city, running: running.done(city.ids.length) };
}

export function planView(draft: ChangeDraft, plan: Plan, to: string | null): ChangePlan {
  const devices = plan.order.length;
  const names = waveNames(plan.starts);
  const most = plan.touches.filter(({ what }) => what === 'class').reduce((sum, { atOnce }) => sum + atOnce, 0);
  return {
    title: draft.title,
    devices,
    waves: names.map((name, wave) => ({ name, devices: plan.starts[wave + 1]! - plan.starts[wave]! })),
    difference: plan.difference.map(({ from, devices: count }) => ({ from, to, devices: count })),
    steps: [...plan.steps],
    excluded: plan.excluded.map(({ reason, devices: count, sample }) => ({
      reason,
      words: EXCLUSION_WORDS[reason],
      devices: count,
      sample: [...sample],
    })),
    touches: [...plan.touches],
    opens: Math.max(plan.opens, draft.notBefore),
    sentence: `${devices} devices in ${names.length} waves, at most ${most} at one time`,
  };
}

interface Adding {
  readonly draft: ChangeDraft;
  readonly by: string;
  readonly view: (row: ChangeRow) => Change;
  /** For devices that came after that change was signed. */
  readonly follows?: { readonly id: string; readonly words: string };
}

export async function addChange(
  needs: ChangeNeeds,
  { draft, by, view, follows }: Adding,
): Promise<Result<readonly Change[], Refusal>> {
  const request = requestOf(needs, draft);
  if (!request.ok) return request;
  if (draft.action.do === 'configure' && (await needs.document(draft.action.document)) === null)
    return refuse(
      'not-found',
      'DOCUMENT_UNKNOWN',
      `plan "${draft.title}": the city has no document "${draft.action.document}"`,
    );
  const id = newId<string>('chg');
  const whole = planRollout({ ...request.value, seed: id });
  if (whole.steps.every(({ devices }) => devices === 0))
    return refuse('conflict', 'NOBODY_TO_CHANGE', `plan "${draft.title}": it is for no device; the dry run says why`);
  const jobs: { id: string; draft: ChangeDraft; plan: Plan; to: string | null }[] = [];
  for (const [at, { to }] of whole.steps.entries()) {
    const isLast = at === whole.steps.length - 1;
    const step = isLast ? draft : stepDraft(needs, draft, to!);
    if (!step)
      return refuse(
        'not-found',
        'ARTIFACT_UNKNOWN',
        `plan "${draft.title}": its stepping stone "${to}" is no artifact of the city`,
      );
    const own = isLast ? id : newId<string>('chg');
    const plan = whole.steps.length === 1 ? whole : planRollout({ ...request.value, seed: own, step: to! });
    jobs.push({ id: own, draft: step, plan, to });
  }
  const now = needs.clock();
  const rows = await needs.sql.transact(async (tx) => {
    let counter = Math.max(await highestCounter(tx), Math.floor(now / SECOND_MS)); // grows even when a backup was restored
    const made: ChangeRow[] = [];
    for (const job of jobs) {
      const members = membersOf(request.value.columns, job.plan.order);
      const after = made.at(-1)?.id ?? null;
      const planned = { by, after, options: request.value.options, isLast: job.id === id, follows: follows ?? null };
      const row = rowOf(needs, { ...job, ...planned, members, counter: ++counter });
      const number = await insertChange(tx, row, members);
      made.push({ ...row, number });
      const data = { title: row.job.title, devices: row.devices, counter, root: row.job.devices.root };
      tx.record({ module: 'fleet', type: 'change.planned', actor: by, subject: row.id, at: now, data });
    }
    return made;
  });
  return ok(rows.map(view));
}

/** The same with the artifact of a stepping stone. Only the last step can be taken back: below a stone there is no safe place. */
function stepDraft(needs: ChangeNeeds, draft: ChangeDraft, to: string): ChangeDraft | null {
  if (draft.action.do !== 'install') return null;
  const { name } = draft.action.artifact;
  const stone = needs.artifacts().find((one) => one.name === name && one.version === to);
  if (!stone) return null;
  const artifact = { name: stone.name, version: stone.version, sha256: stone.sha256, size: stone.size };
  return {
    ...draft,
    title: `${draft.title}, by way of ${to}`.slice(0, 80),
    action: { do: 'install', artifact },
    revert: null,
  };
}

/** Ids ascending, and whose turn it is. A city whose columns are in order of id needs no sorting. */
export function membersOf(columns: Columns, order: Uint32Array): Members {
  const rows = order.slice().sort();
  const { ids } = columns;
  let ascending = true;
  for (let at = 1; at < rows.length && ascending; at++) ascending = ids[rows[at - 1]!]! < ids[rows[at]!]!;
  const sorted = ascending ? rows : Uint32Array.from([...rows].sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1)));
  const placeOf = new Uint32Array(ids.length);
  for (let place = 0; place < sorted.length; place++) placeOf[sorted[place]!] = place;
  return { ids: Array.from(sorted, (row) => ids[row]!), turns: order.map((row) => placeOf[row]!) };
}

interface Rowing {
  readonly id: string;
  readonly draft: ChangeDraft;
  readonly plan: Plan;
  readonly to: string | null;
  readonly members: Members;
  readonly counter: number;
  readonly by: string;
  readonly after: string | null;
  readonly options: Options;
  readonly isLast: boolean;
  readonly follows: { readonly id: string; readonly words: string } | null;
}
function rowOf(
  needs: ChangeNeeds,
  { id, draft, plan, to, members, counter, by, after, options, isLast, follows }: Rowing,
): Omit<ChangeRow, 'number'> {
  const leaves = leavesOf(
    members.ids,
    Uint32Array.from(members.ids, (_, at) => at),
    counter,
  );
  const job: ChangeJob = {
    kind: 'cityward-job',
    version: 1,
    id,
    city: needs.cityName,
    title: options.lifeSafety ? `${draft.title}${LIFE_SAFETY_TITLE}` : draft.title,
    devices: { count: leaves.length, root: leafTree(leaves).root },
    action: draft.action,
    notBefore: draft.notBefore,
    notAfter: draft.notAfter,
    revert: draft.revert,
  };
  const starts = plan.starts.slice(0, -1);
  return {
    id,
    counter,
    state: 'planned',
    words: follows?.words ?? 'Planned; waits for signatures',
    after,
    job,
    plan: planView(draft, plan, to),
    options,
    selection: draft.selection,
    devices: leaves.length,
    planned: needs.clock(),
    plannedBy: by,
    started: null,
    ended: null,
    livesUntil: Math.max(draft.notAfter, draft.revert?.until ?? 0),
    waves: Array.from(starts, (start) => ({ start, opened: 0, quorumAt: 0, forgiven: 0, counts: null })),
    draft: isLast ? draft : null,
    follows: follows?.id ?? null,
  };
}
