/** The changes that run: reports and time go in, orders come out, and nothing is told before it is saved. */
import type { ChangeJob, JobOrder, JobReport, JobSignature, LiveEvent } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Columns } from './domain/rollout/columns.ts';
import { decide, steer, type Decision, type Steering } from './domain/rollout/gates.ts';
import { withClock } from './domain/rollout/clock-words.ts';
import { createPlaces, type Places } from './domain/rollout/places.ts';
import { CLAIMED, FORWARD, has, isMoving, REVERT } from './domain/rollout/state.ts';
import { loseHealth, see, take } from './domain/rollout/take.ts';
import { dueNow, expire, giveUp, skipBlocked, type Moment, type World } from './domain/rollout/turn.ts';
import { checkWiped } from './domain/trust/wiped.ts';
import type { Freezes } from './freeze.ts';
import { isTold, layOut, orderOf, recall, type LiveChange } from './live-change.ts';
import { createSaver, type Saver, type SaverNeeds } from './saver.ts';
import { loadLiving, type ChangeRow, type Members } from './store-changes.ts';

export const TICK_MS = 1_000;
const REASON_MAX_CHARS = 300;

export interface RunningNeeds extends SaverNeeds {
  readonly columns: () => Columns;
  readonly reachable: (device: string) => boolean;
  readonly returning: () => boolean;
  /** Why no change may touch it now; null for nothing. */
  readonly barred: (device: string) => string | null;
  readonly siteOf: (device: string) => string | null;
  readonly signaturesOf: (job: ChangeJob) => readonly JobSignature[];
  readonly freezes: Freezes;
  readonly authorities: () => readonly string[];
  /** Who alone can say that the device is erased: itself, or the gateway of a camera. */
  readonly wipeSigner: (device: string) => string;
}

export type Running = ReturnType<typeof createRunning>;

interface Core {
  readonly needs: RunningNeeds;
  readonly places: Places;
  readonly saver: Saver;
  /** Newest first: the newest target is the one that counts. */
  living: LiveChange[];
}

export function createRunning(needs: RunningNeeds) {
  const listeners = new Set<(device: string) => void>();
  const screens = new Set<(event: LiveEvent) => void>();
  const told = (devices: readonly string[]): void => {
    for (const device of devices) for (const listener of listeners) listener(device);
  };
  const saver = createSaver({ needs, living: () => core.living, told, screens });
  const core: Core = { needs, places: createPlaces(), saver, living: [] };
  return {
    ...lifecycle(core),
    ...steered(core),
    ...asked(core),
    ...heard(core),
    live: (id: string): LiveChange | null => core.living.find((one) => one.row.id === id) ?? null,
    living: (): readonly LiveChange[] => core.living,
    occupancy: core.places.occupancy,
    onOrder: (listener: (device: string) => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onLive: (listener: (event: LiveEvent) => void): (() => void) => {
      screens.add(listener);
      return () => screens.delete(listener);
    },
    /** It was planned or signed, and has not begun: whoever looks at it sees that at once. */
    waits: (id: string, devices: number): void => {
      if (core.living.some((one) => one.row.id === id)) return;
      const event: LiveEvent = {
        kind: 'change',
        at: needs.clock(),
        id,
        state: 'planned',
        done: 0,
        failed: 0,
        of: devices,
      };
      for (const screen of screens) screen(event);
    },
    /** Everything that has happened so far is saved when it resolves. */
    settled: (): Promise<void> => saver.save(),
  };
}

const NOBODY: World = { frozen: () => false, reachable: () => false, barred: () => null };

const isFrozen = ({ needs }: Core, device: string): boolean =>
  needs.freezes.any() && needs.freezes.holds(needs.siteOf(device));

/** A newer change for the same device: its target is the one that counts. */
function newerFor({ living }: Core, live: LiveChange, member: number): string | null {
  if (live.rollout.part[member] === REVERT) return null;
  for (const newer of living) {
    if (newer === live) return null;
    if (newer.rollout.phase !== 'stopped' && newer.members.has(live.ids[member]!)) return newer.row.id;
  }
  return null;
}

function momentOf(core: Core, live: LiveChange): Moment {
  const { needs, places } = core;
  const world: World = {
    frozen: (member) => isFrozen(core, live.ids[member]!),
    reachable: (member) => needs.reachable(live.ids[member]!),
    barred: (member) => {
      const newer = newerFor(core, live, member);
      return newer === null ? needs.barred(live.ids[member]!) : `Change "${newer}" is newer`;
    },
  };
  return { places: places.occupancy, world, now: needs.clock(), isReturning: needs.returning() };
}

function note(
  { needs, saver }: Core,
  live: LiveChange,
  { decisions, by }: { decisions: readonly Decision[]; by: string },
): void {
  const at = needs.clock();
  for (const decision of decisions) {
    live.decisions.push({ at, by, words: decision.words });
    live.row = { ...live.row, words: decision.words };
    if (decision.what === 'wave-opened') live.opened[decision.wave] = at;
    saver.fact(live, { decision, by, at });
  }
  if (decisions.length > 0) live.moved = true;
}

/** One turn of one change: deadlines, decisions, then those whose turn it is. */
function turn(core: Core, live: LiveChange): void {
  const moment = momentOf(core, live);
  const { rollout } = live;
  expire(rollout, moment);
  for (let decisions = decide(rollout, moment); decisions.length > 0; decisions = decide(rollout, moment))
    note(core, live, { decisions, by: 'system' });
  const due = dueNow(rollout, moment);
  for (const part of [FORWARD, REVERT] as const) {
    const members = due.filter((member) => rollout.part[member] === part);
    if (members.length > 0) live.orders.push({ batch: live.batches++, part, at: moment.now, members });
  }
  const idle = due.length === 0 && core.living.every((other) => other.rollout.inFlight === 0);
  if (idle && !core.needs.freezes.any()) skipBlocked(rollout, core.places.occupancy, moment.now);
}

function lifecycle(core: Core) {
  const { needs, places, saver } = core;
  return {
    start: async (): Promise<void> => {
      const columns = needs.columns();
      for (const row of await loadLiving(needs.sql, needs.clock())) {
        const moment: Moment = { places: places.occupancy, world: NOBODY, now: needs.clock(), isReturning: true };
        core.living.unshift(await recall(needs.sql, { row, places, columns }, moment));
      }
    },
    stop: (): Promise<void> => saver.save(),
    /** All that time does; called every TICK_MS. */
    tick: async (): Promise<void> => {
      const now = needs.clock();
      for (const live of [...core.living].reverse()) turn(core, live);
      await saver.save();
      const isGone = ({ row, rollout }: LiveChange): boolean =>
        (row.ended !== null || rollout.phase === 'stopped') && now > row.livesUntil && rollout.inFlight === 0;
      const gone = core.living.filter(isGone);
      for (const live of gone) {
        giveUp(live.rollout, places.occupancy);
        live.moved = true; // how its devices stand at the end
      }
      if (gone.length > 0) await saver.save();
      if (gone.length > 0) core.living = core.living.filter((live) => !gone.includes(live));
    },
  };
}

function steered(core: Core) {
  const { needs, places, saver } = core;
  return {
    /** A signed change begins; its row is saved as running with the first save. */
    begin: async (row: ChangeRow, members: Members, by: string): Promise<void> => {
      const live = layOut({ row, members, places, columns: needs.columns() });
      const at = needs.clock();
      live.row = { ...row, state: 'running', started: at };
      live.moved = true;
      live.decisions.push({ at, by, words: row.words });
      saver.fact(live, { started: true, by, at });
      core.living.unshift(live);
      turn(core, live);
      await saver.save();
    },
    steer: async (id: string, order: { how: Steering; words: string; by: string }): Promise<void> => {
      const live = core.living.find((one) => one.row.id === id);
      if (!live) throw new Error(`steer change "${id}": it does not run`);
      const { how, words, by } = order;
      note(core, live, { decisions: steer(live.rollout, momentOf(core, live), { how, words }), by });
      if (how === 'resume') {
        const at = needs.clock();
        live.row = { ...live.row, words };
        live.decisions.push({ at, by, words });
        saver.fact(live, { resumed: words, by, at });
        live.moved = true;
      }
      turn(core, live);
      await saver.save();
    },
  };
}

function asked(core: Core) {
  const { needs } = core;
  return {
    orderFor: (device: string): JobOrder | null => {
      for (const live of core.living) {
        const member = live.members.get(device);
        if (member === undefined || !isMoving(live.rollout, member)) continue;
        if (!isTold(live, member) && isFrozen(core, device)) return null;
        return orderOf(live, device, needs.signaturesOf(live.row.job));
      }
      return null;
    },
    /** Whether a change has sent it back, or it gave up by itself what a change brought and shows what it ran before. */
    goesBack: (device: string, firmware: string): boolean =>
      core.living.some(({ members, rollout }) => {
        const member = members.get(device);
        if (member === undefined) return false;
        if (rollout.part[member] === REVERT) return true;
        return isMoving(rollout, member) && !has(rollout, member, CLAIMED) && rollout.before === firmware;
      }),
    /** The next seq that a driver may use that counts for its devices. */
    nextSeq: (device: string, job: string): number => {
      const found = find(core, device, job);
      return found ? found.live.rollout.seq[found.member]! + 1 : 1;
    },
  };
}

function find({ living }: Core, device: string, job: string): { live: LiveChange; member: number } | null {
  const live = living.find((one) => one.row.job.id === job);
  const member = live?.members.get(device);
  return live && member !== undefined ? { live, member } : null;
}

/** A device counts as wiped only with its signature, or its gateway's, on its last report; without it, it may hold everything still. */
function provenOrFailed(
  { needs }: Core,
  { row }: LiveChange,
  { device, said }: { readonly device: string; readonly said: JobReport },
): JobReport {
  if (row.job.action.do !== 'wipe' || said.state !== 'done') return said;
  const proven = checkWiped({ device, signer: needs.wipeSigner(device) }, said, needs.authorities());
  return proven.ok
    ? said
    : { ...said, state: 'failed', reason: `Unproven: ${proven.error.message}`.slice(0, REASON_MAX_CHARS) };
}

function heard(core: Core) {
  const { needs, places, saver } = core;
  const none = (device: string, job: string, why: string): Result<never, Refusal> =>
    refuse('not-found', 'ORDER_UNKNOWN', `report on job "${job}": "${device}" ${why}`);
  return {
    report: async (device: string, said: JobReport): Promise<Result<void, Refusal>> => {
      const found = find(core, device, said.job);
      if (!found) return none(device, said.job, 'has no order of it');
      const { live, member } = found;
      const report = withClock(provenOrFailed(core, live, { device, said }), needs.clock());
      const { rollout } = live;
      if (rollout.wave[member]! >= rollout.open) return none(device, report.job, 'has no order of it yet');
      const taken = take(rollout, places.occupancy, { member, report, now: needs.clock() });
      if (taken.what === 'not-its-part' && report.part === 'revert')
        return none(device, report.job, 'was not sent back');
      if (taken.what === 'ended' && live.row.job.action.do === 'wipe' && report.state !== 'refused')
        saver.fact(live, { wiped: device, by: needs.wipeSigner(device), report, at: needs.clock() });
      if (taken.alarm)
        saver.alarm(live, { device, alarm: taken.alarm, reason: report.reason ?? '', at: needs.clock() });
      // What ended is acknowledged when it is saved; the same report again waits for the same save.
      if (taken.what !== 'progress' || rollout.ended.length > 0) await saver.save();
      return ok(undefined);
    },
    seen: (device: string, running: { readonly firmware: string | null; readonly document: string | null }): void => {
      for (const live of core.living) {
        const member = live.members.get(device);
        if (member === undefined) continue;
        const said = live.row.job.action.do === 'configure' ? running.document : running.firmware;
        const taken = see(live.rollout, places.occupancy, { member, now: needs.clock(), running: said });
        if (taken.alarm) saver.alarm(live, { device, alarm: taken.alarm, reason: said ?? '', at: needs.clock() });
        if (taken.what === 'ended') saver.soon();
      }
    },
    /** Whether a change counted it. */
    lostHealth: (device: string, reason: string): boolean => {
      let counted = false;
      for (const live of core.living) {
        const member = live.members.get(device);
        if (member === undefined) continue;
        const lost = loseHealth(live.rollout, places.occupancy, { member, now: needs.clock(), reason });
        if (lost.what !== 'ended') continue;
        counted = true;
        saver.soon();
      }
      return counted;
    },
  };
}
