/** Saves what has moved in the running changes, in groups: nothing is told before it is saved, nothing is lost when a save fails. */
import type { LiveEvent } from '@cityward/contracts';
import type { Clock } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import type { Sql, Tx } from '@cityward/sql';
import { factsOf, type Told } from './change-facts.ts';
import { countOf, wavesIn, type Attempt, type Skip, type State } from './domain/rollout/state.ts';
import type { Alarm } from './domain/rollout/take.ts';
import { ordered } from './domain/rollout/turn.ts';
import { rowNow, type LiveChange } from './live-change.ts';
import { saveProgress } from './store-changes.ts';
import { putWipeReport } from './store-wipes.ts';

const TELL_EVERY_MS = 500;

export interface SaverNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  /** Something a person should hear of at once. */
  readonly alarm: (device: string, alarm: Alarm, words: string) => void;
  /** A change ended well there, and left this firmware. */
  readonly expects: (device: string, firmware: string) => void;
}

interface SaverParts {
  readonly needs: SaverNeeds;
  readonly living: () => readonly LiveChange[];
  readonly told: (devices: readonly string[]) => void;
  readonly screens: ReadonlySet<(event: LiveEvent) => void>;
}
interface Alarmed {
  readonly device: string;
  readonly alarm: Alarm;
  readonly reason: string;
  readonly at: number;
}

export type Saver = ReturnType<typeof createSaver>;

/** Group commit: what has moved since the last save goes into one transaction; when that fails, it goes into the next. */
export function createSaver({ needs, living, told, screens }: SaverParts) {
  const facts = new Map<LiveChange, Told[]>();
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const add = (live: LiveChange, fact: Told): void => {
    facts.set(live, [...(facts.get(live) ?? []), fact]);
  };

  async function saveOnce(): Promise<void> {
    const taken = living().flatMap((live) => takeUnsaved(live, facts));
    if (taken.length === 0) return;
    try {
      await needs.sql.transact(async (tx) => {
        for (const one of taken) await writeOut(tx, one, needs.clock());
      });
    } catch (error) {
      for (const one of taken) giveBack(one, facts);
      throw error;
    }
    for (const { live, attempts } of taken) remember(needs, live, attempts);
    for (const { live, orders } of taken)
      for (const { members } of orders) {
        ordered(live.rollout, members);
        told(members.map((member) => live.ids[member]!));
      }
    showScreens(living(), screens, needs.clock());
  }
  /** Resolves when a save that began after the call has ended. */
  function save(): Promise<void> {
    if (!running) {
      running = saveOnce().finally(() => (running = null));
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return save();
      });
    return next;
  }
  return {
    save,
    /** For callers that do not wait: a fault is tried again with the next tick. */
    soon: (): void => {
      save().catch((error: unknown) => needs.log.warn('a change could not be saved yet', { error: String(error) }));
    },
    settled: async (): Promise<void> => {
      await save();
    },
    fact: add,
    alarm: (live: LiveChange, { device, alarm, reason, at }: Alarmed): void => {
      needs.alarm(device, alarm, reason);
      add(live, { alarm, device, reason, at });
    },
  };
}

/** Only installs leave firmware. */
function remember({ expects }: SaverNeeds, { row, rollout, ids }: LiveChange, attempts: readonly Attempt[]): void {
  if (row.job.action.do !== 'install') return;
  for (const { member, outcome } of attempts) {
    const left = outcome === 'done' ? rollout.wanted : outcome === 'reverted' ? rollout.before : null;
    if (left !== null) expects(ids[member]!, left);
  }
}

interface Unsaved {
  readonly live: LiveChange;
  readonly attempts: Attempt[];
  readonly skips: Skip[];
  readonly orders: LiveChange['orders'];
  readonly decisions: LiveChange['decisions'];
  readonly moved: boolean;
  readonly facts: Told[];
}
function takeUnsaved(live: LiveChange, facts: Map<LiveChange, Told[]>): Unsaved[] {
  const own = facts.get(live) ?? [];
  const { rollout, orders, decisions, moved } = live;
  const { ended, skips } = rollout;
  if (ended.length + skips.length + orders.length + decisions.length + own.length === 0 && !moved) return [];
  const one = { live, attempts: ended, skips, orders, decisions, moved, facts: own };
  rollout.ended = [];
  rollout.skips = [];
  live.orders = [];
  live.decisions = [];
  live.moved = false;
  facts.delete(live);
  return [one];
}
function giveBack(
  { live, attempts, skips, orders, decisions, moved, facts: own }: Unsaved,
  facts: Map<LiveChange, Told[]>,
): void {
  live.rollout.ended = [...attempts, ...live.rollout.ended];
  live.rollout.skips = [...skips, ...live.rollout.skips];
  live.orders = [...orders, ...live.orders];
  live.decisions = [...decisions, ...live.decisions];
  live.moved ||= moved;
  facts.set(live, [...own, ...(facts.get(live) ?? [])]);
}

async function writeOut(
  tx: Tx,
  { live, attempts, skips, orders, decisions, moved, facts }: Unsaved,
  now: number,
): Promise<void> {
  live.row = rowNow(live, now);
  await saveProgress(tx, {
    number: live.row.number,
    attempts,
    skips,
    at: now,
    batches: orders,
    decisions,
    change: moved ? live.row : null,
    deviceOf: (member) => live.ids[member]!,
  });
  for (const told of facts) if ('wiped' in told) await putWipeReport(tx, live.row.id, told);
  for (const fact of factsOf(live, { attempts, told: facts })) tx.record(fact);
}

function showScreens(
  living: readonly LiveChange[],
  screens: ReadonlySet<(event: LiveEvent) => void>,
  at: number,
): void {
  if (screens.size === 0) return;
  for (const live of living) {
    if (at - live.toldAt < TELL_EVERY_MS) continue;
    const { rollout } = live;
    const sum = (state: State): number => {
      let count = 0;
      for (let wave = 0; wave < wavesIn(rollout); wave++) count += countOf(rollout, wave, state);
      return count;
    };
    const [done, failed] = [sum('done') + sum('reverted'), sum('failed')];
    const text = `${rollout.phase} ${done} ${failed}`;
    if (text === live.told) continue;
    live.told = text;
    live.toldAt = at;
    for (const screen of screens)
      screen({ kind: 'change', at, id: live.row.id, state: rollout.phase, done, failed, of: rollout.size });
  }
}
