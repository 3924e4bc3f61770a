/** The devices of a change one by one: how each stands, how often it tried, and why it is where it is. */
import type { ChangeDevice } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { STATES, type Outcome } from './domain/rollout/state.ts';
import type { LiveChange } from './live-change.ts';
import { loadLasts, loadMembers, type ChangeRow, type LastOf } from './store-changes.ts';
import { SHOWN, type ShownState } from './wave-counts.ts';

export interface DevicesPage {
  readonly state?: ShownState | undefined;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}
export interface DevicesOf {
  readonly sql: Sql;
  readonly row: ChangeRow;
  /** Null for one that has not begun, or is over and that devices are told nothing of any more. */
  readonly live: LiveChange | null;
}
interface Place {
  readonly device: string;
  /** Its turn. */
  readonly member: number;
}

const PAGE_DEFAULT = 100;
/** Looked at in one step where only some are wanted. */
const STEP_DEVICES = 10_000;

/** In ascending order of id, as in the list that officers sign. */
export async function changeDevices(
  of: DevicesOf,
  { state, after, limit = PAGE_DEFAULT }: DevicesPage,
): Promise<{ devices: ChangeDevice[]; next: string | null }> {
  const places = await placesOf(of);
  const stepSize = state === undefined ? limit : STEP_DEVICES;
  const found: ChangeDevice[] = [];
  let at = after === undefined ? 0 : firstAfter(places, after);
  for (; at < places.length && found.length < limit; at += stepSize) {
    const step = places.slice(at, at + stepSize);
    const lasts = await loadLasts(
      of.sql,
      of.row.number,
      step.map(({ member }) => member),
    );
    for (const place of step) {
      const shown = deviceOf(of, place, lasts.get(place.member) ?? null);
      if (state === undefined || shown.state === state) found.push(shown);
    }
  }
  const devices = found.slice(0, limit);
  const isMore = found.length > limit || at < places.length;
  return { devices, next: isMore && devices.length === limit ? devices.at(-1)!.device : null };
}

async function placesOf({ sql, row, live }: DevicesOf): Promise<Place[]> {
  const members = live ? null : await loadMembers(sql, row.number);
  const turns = live?.turns ?? members!.turns;
  const places = new Array<Place>(turns.length);
  for (let member = 0; member < turns.length; member++) {
    const turn = turns[member]!;
    places[turn] = { member, device: live ? live.ids[member]! : members!.ids[turn]! };
  }
  return places;
}

function firstAfter(places: readonly Place[], device: string): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (places[middle]!.device <= device) low = middle + 1;
    else high = middle;
  }
  return low;
}

function deviceOf({ row, live }: DevicesOf, { device, member }: Place, last: LastOf | null): ChangeDevice {
  const state = live ? SHOWN[STATES[live.rollout.state[member]!]!] : stateAtRest(row, last);
  const wave = row.waves.findLastIndex(({ start }) => member >= start);
  const isLeftOut = state === 'skipped';
  return {
    device,
    wave,
    state,
    attempts: last?.attempts ?? 0,
    outcome: last?.outcome ?? null,
    reason: (isLeftOut ? last?.leftOut : null) ?? last?.reason ?? null,
  };
}

const ENDED: Readonly<Record<Outcome, ShownState>> = {
  done: 'done',
  reverted: 'reverted',
  offline: 'offline',
  withdrawn: 'skipped',
  error: 'failed',
  rejected: 'failed',
  silent: 'failed',
  'wrong-version': 'failed',
  'lost-health': 'failed',
};

/** From what is kept: before the beginning everybody waits, after the end nobody does. */
function stateAtRest({ state }: ChangeRow, last: LastOf | null): ShownState {
  if (state === 'planned') return 'waiting';
  if (last?.leftOut) return 'skipped';
  return last?.outcome ? ENDED[last.outcome] : 'offline';
}
