/** Changes as people see and steer them: planned, signed, started, watched, stopped, sent back. */
import type {
  Change,
  ChangeAttempt,
  ChangeDevice,
  ChangeDetail,
  ChangeDraft,
  ChangeJob,
  ChangePlan,
} from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { changeDevices, type DevicesPage } from './change-devices.ts';
import { addChange, optionsOf, planView, requestOf, type ChangeNeeds } from './change-draft.ts';
import { viewOf } from './change-view.ts';
import { heldBack } from './held-back.ts';
import { followUp } from './late-joiners.ts';
import { STEERED_FROM, type Steering } from './domain/rollout/gates.ts';
import { planRollout } from './domain/rollout/plan.ts';
import { COUNTED, tallies } from './domain/rollout/attempts.ts';
import type { Outcome } from './domain/rollout/state.ts';
import { createRunning, TICK_MS, type Running } from './running.ts';
import {
  FIRST,
  loadAttempts,
  loadChange,
  loadChanges,
  loadChart,
  loadDecisions,
  loadMembers,
  recount,
  type ChangeRow,
} from './store-changes.ts';

export interface Changes {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What time does; runs by itself after `start` but for `ticking: false`. */
  tick(): Promise<void>;
  plan(draft: ChangeDraft): Result<ChangePlan, Refusal>;
  /** One change for each step, the first first. */
  add(draft: ChangeDraft, by: string): Promise<Result<readonly Change[], Refusal>>;
  /** Prepares for devices that came later what was given to the others; runs by itself after `start` but for `ticking: false`. */
  followUp(): Promise<readonly Change[]>;
  begin(id: string, by: string, reason: string): Promise<Result<Change, Refusal>>;
  steer(id: string, order: { how: Steering; reason: string; by: string }): Promise<Result<Change, Refusal>>;
  list(): Promise<readonly Change[]>;
  get(id: string): Promise<Result<ChangeDetail, Refusal>>;
  /** The job while it may still be signed. */
  job(id: string): Promise<Result<ChangeJob, Refusal>>;
  /** Attempts counted anew from their rows, and as they were counted while they ended: the two must be equal. */
  counters(id: string): Promise<Result<Counters, Refusal>>;
  attempts(
    id: string,
    page: {
      readonly after?: string | undefined;
      readonly limit?: number | undefined;
      readonly outcome?: Outcome | undefined;
    },
  ): Promise<Result<{ attempts: ChangeAttempt[]; next: string | null }, Refusal>>;
  /** Each device as it stands, with why; in the order of the signed list. */
  devices(
    id: string,
    page: DevicesPage,
  ): Promise<Result<{ counter: number; devices: ChangeDevice[]; next: string | null }, Refusal>>;
  readonly running: Running;
}

const PAGE_DEFAULT = 100;
const CHART_SPANS = 120;
const SECOND_MS = 1_000;
/** Between two looks for devices that came after a change was signed. */
const FOLLOW_EVERY_MS = 600_000;

/** By `part wave outcome`. */
export interface Counters {
  readonly kept: Readonly<Record<string, number>>;
  readonly recounted: Readonly<Record<string, number>>;
}

interface Parts {
  readonly needs: ChangeNeeds;
  readonly running: Running;
  readonly view: (row: ChangeRow) => Change;
  readonly found: (id: string) => Promise<Result<ChangeRow, Refusal>>;
}

export function createChanges(needs: ChangeNeeds, { ticking = true } = {}): Changes {
  const running = createRunning(needs);
  const view = (row: ChangeRow): Change => viewOf(row, running.live(row.id), needs.signed(row.job));
  const found = async (id: string): Promise<Result<ChangeRow, Refusal>> => {
    const row = running.live(id)?.row ?? (await loadChange(needs.sql, id));
    return row ? ok(row) : refuse('not-found', 'CHANGE_UNKNOWN', `find change "${id}": there is none of that id`);
  };
  const parts: Parts = { needs, running, view, found };
  const plans = planning(parts);
  return {
    ...lifecycle(parts, { ticking, followUp: plans.followUp }),
    ...plans,
    ...steering(parts),
    ...reading(parts),
    running,
  };
}

function lifecycle(
  { needs, running }: Parts,
  { ticking, followUp: follow }: Pick<Changes, 'followUp'> & { readonly ticking: boolean },
) {
  let timer: NodeJS.Timeout | undefined;
  let later: NodeJS.Timeout | undefined;
  let following: Promise<unknown> | null = null;
  let turning: Promise<void> | null = null;
  const tick = (): Promise<void> => {
    turning ??= needs.freezes
      .tick()
      .then(() => running.tick())
      .finally(() => (turning = null));
    return turning;
  };
  const tickQuietly = (): void => {
    tick().catch((error: unknown) =>
      needs.log.warn('a turn of the changes failed and comes again', { error: String(error) }),
    );
  };
  const followQuietly = (): void => {
    following = follow().catch((error: unknown) =>
      needs.log.warn('nobody looked for devices that came later; it comes again', { error: String(error) }),
    );
  };
  return {
    start: async (): Promise<void> => {
      await needs.freezes.start();
      await running.start();
      if (ticking) {
        timer = setInterval(tickQuietly, TICK_MS).unref();
        later = setInterval(followQuietly, FOLLOW_EVERY_MS).unref();
      }
    },
    stop: async (): Promise<void> => {
      clearInterval(timer);
      clearInterval(later);
      await following;
      await turning?.catch(() => undefined);
      await running.stop();
    },
    tick,
  };
}

function planning({ needs, running, view }: Parts): Pick<Changes, 'plan' | 'add' | 'followUp'> {
  let following: Promise<readonly Change[]> | null = null;
  const stateOf = (row: ChangeRow): ChangeRow['state'] => running.live(row.id)?.rollout.phase ?? row.state;
  return {
    plan: (draft) => {
      const request = requestOf(needs, draft);
      if (!request.ok) return request;
      const plan = planRollout({ ...request.value, seed: `dry-run/${draft.title}` });
      return ok(planView(draft, plan, request.value.target.running));
    },
    add: async (draft, by) => {
      const added = await addChange(needs, { draft, by, view });
      if (added.ok) for (const { id, devices } of added.value) running.waits(id, devices);
      return added;
    },
    followUp: () => {
      following ??= followUp({ needs, view, stateOf }).finally(() => (following = null));
      return following;
    },
  };
}

function steering({ needs, running, view, found }: Parts): Pick<Changes, 'begin' | 'steer'> {
  return {
    begin: async (id, by, reason) => {
      const row = await found(id);
      if (!row.ok) return row;
      const ready = await mayBegin(needs, row.value, running);
      if (!ready.ok) return ready;
      const members = await loadMembers(needs.sql, row.value.number);
      await running.begin({ ...row.value, words: `Started: ${reason}` }, members, by);
      return ok(view(running.live(id)!.row));
    },
    steer: async (id, { how, reason, by }) => {
      const row = await found(id);
      if (!row.ok) return row;
      const live = running.live(id);
      const state = live?.rollout.phase ?? row.value.state;
      if (!live || state === 'planned' || !STEERED_FROM[how].includes(state))
        return refuse('conflict', 'CHANGE_STATE', `${how} change "${id}": it is ${state}`);
      if (how === 'roll-back' && (row.value.job.revert?.until ?? 0) <= needs.clock())
        return refuse(
          'conflict',
          'NO_WAY_BACK',
          `roll back change "${id}": its job has no way back that is still open`,
        );
      await running.steer(id, { how, words: reason, by });
      return ok(view(live.row));
    },
  };
}

function reading({
  needs,
  running,
  view,
  found,
}: Parts): Pick<Changes, 'list' | 'get' | 'job' | 'attempts' | 'devices' | 'counters'> {
  return {
    list: async () => (await loadChanges(needs.sql)).map((row) => view(running.live(row.id)?.row ?? row)),
    get: async (id) => {
      const row = await found(id);
      if (!row.ok) return row;
      const frozen = await heldBack(needs, row.value, running.live(id));
      return ok({ ...(await detailOf(needs, row.value, view(row.value))), frozen });
    },
    job: async (id) => {
      const row = await found(id);
      if (!row.ok) return row;
      const { job, ended } = row.value;
      if (ended !== null || job.notAfter <= needs.clock())
        return refuse('gone', 'CHANGE_OVER', `sign change "${id}": it is over`);
      return ok(job);
    },
    counters: async (id) => {
      const row = await found(id);
      if (!row.ok) return row;
      await running.settled();
      const rows = await recount(needs.sql, row.value.number);
      const recounted = Object.fromEntries(
        rows.map(({ part, wave, outcome, count }) => [`${part} ${wave} ${outcome}`, count]),
      );
      const live = running.live(id);
      return ok({ kept: live ? tallies(live.rollout) : recounted, recounted });
    },
    devices: async (id, page) => {
      const row = await found(id);
      if (!row.ok) return row;
      const of = { sql: needs.sql, row: row.value, live: running.live(id) };
      return ok({ counter: row.value.counter, ...(await changeDevices(of, page)) });
    },
    attempts: async (id, { after, limit = PAGE_DEFAULT, outcome }) => {
      const row = await found(id);
      if (!row.ok) return row;
      const [member, part, attempt] = after?.split('-').map(Number) ?? [];
      const from = after === undefined ? FIRST : { member: member!, part: part!, attempt: attempt! };
      const rows = await loadAttempts(needs.sql, row.value.number, { after: from, limit, outcome });
      const last = rows.length === limit ? rows.at(-1)! : null;
      return ok({
        attempts: rows.map(({ member: _member, seq: _seq, part: way, ...rest }) => ({
          ...rest,
          part: way === 0 ? ('forward' as const) : ('revert' as const),
        })),
        next: last && `${last.member}-${last.part}-${last.attempt}`,
      });
    },
  };
}

async function mayBegin(needs: ChangeNeeds, row: ChangeRow, running: Running): Promise<Result<void, Refusal>> {
  const start = `start change "${row.id}"`;
  if (row.state !== 'planned') return refuse('conflict', 'CHANGE_STATE', `${start}: it is ${row.state}`);
  if (row.job.notAfter <= needs.clock()) return refuse('gone', 'CHANGE_OVER', `${start}: its time is over`);
  const signed = needs.signed(row.job);
  if (!signed.complete) {
    const offline = signed.wantsOffline ? ', one of them by "cityward sign"' : '';
    return refuse(
      'forbidden',
      'NOT_SIGNED',
      `${start}: ${signed.officers.length} of ${signed.needed} officers have signed${offline}`,
    );
  }
  if (row.after === null) return ok(undefined);
  const before = running.live(row.after)?.row ?? (await loadChange(needs.sql, row.after));
  if (before?.state === 'finished') return ok(undefined);
  return refuse(
    'conflict',
    'STEP_BEFORE',
    `${start}: change "${row.after}" comes first and is ${before?.state ?? 'not there'}, wanted finished`,
  );
}

async function detailOf(needs: ChangeNeeds, row: ChangeRow, change: Change): Promise<Omit<ChangeDetail, 'frozen'>> {
  const end = row.ended ?? needs.clock();
  const spanMs = Math.max(SECOND_MS, Math.ceil((end - (row.started ?? end)) / CHART_SPANS));
  const counts = await recount(needs.sql, row.number);
  const failures = new Map<string, ChangeDetail['failures'][number]>();
  for (const { part, outcome, count } of counts) {
    const key = `${part}/${outcome}`;
    const before = failures.get(key)?.attempts ?? 0;
    failures.set(key, { outcome, part: part === 0 ? 'forward' : 'revert', attempts: before + count });
  }
  return {
    change,
    job: row.job,
    plan: row.plan,
    options: optionsOf(row.options),
    failures: [...failures.values()].filter(({ outcome }) => COUNTED.has(outcome)),
    chart: [...(await loadChart(needs.sql, row.number, spanMs))],
    decisions: [...(await loadDecisions(needs.sql, row.number))],
  };
}
