/** How far each device of a running change is, in columns, with counters that move with every step. */
import { ATTEMPT_OUTCOMES } from '@cityward/contracts';
import type { Options } from './draft.ts';

export const STATES = [
  'waiting',
  'ordering',
  'ordered',
  'downloading',
  'installing',
  'restarting',
  'unverified',
  'done',
  'failed',
  'revert-waiting',
  'reverting',
  'reverted',
  'offline',
  'skipped',
] as const;
export type State = (typeof STATES)[number];
export const S = Object.fromEntries(STATES.map((name, at) => [name, at])) as Readonly<Record<State, number>>;

/** How an attempt ended. `offline` and `withdrawn` count for nothing. */
export const OUTCOMES = ATTEMPT_OUTCOMES;
export type Outcome = (typeof OUTCOMES)[number];
export const O = Object.fromEntries(OUTCOMES.map((name, at) => [name, at])) as Readonly<Record<Outcome, number>>;

export const FORWARD = 0;
export const REVERT = 1;
export type Part = typeof FORWARD | typeof REVERT;

/** What is kept of an attempt for ever. */
export interface Attempt {
  readonly member: number;
  readonly part: Part;
  readonly attempt: number;
  readonly wave: number;
  readonly outcome: Outcome;
  readonly ordered: number;
  readonly ended: number;
  readonly seq: number;
  readonly running: string | null;
  readonly reason: string | null;
}

/** A device that is left out for good, and why. */
export interface Skip {
  readonly member: number;
  readonly reason: string;
}

/** Places that are out over all running changes; the arrays grow with the places that are known. */
export interface Occupancy {
  site: Int32Array;
  group: Int32Array;
  groupCap: Int32Array;
}

export type Phase = 'running' | 'paused' | 'stopped' | 'finished' | 'rolling-back' | 'rolled-back';

/** What a rollout is made from, and keeps. */
export interface RolloutParts {
  readonly options: Options;
  /** What devices report when they have it, and what after the way back; null where nothing is compared. */
  readonly wanted: string | null;
  readonly before: string | null;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly revertUntil: number;
  readonly starts: Uint32Array;
  /** Places in the occupancy; -1 for none. */
  readonly site: Int32Array;
  readonly group: Int32Array;
}

export interface Rollout extends RolloutParts {
  readonly size: number;
  readonly wave: Uint8Array;
  readonly state: Uint8Array;
  readonly part: Uint8Array;
  readonly attempt: Uint8Array;
  /** Bits below. */
  readonly marks: Uint8Array;
  /** Highest seq taken of the present part. */
  readonly seq: Uint16Array;
  readonly orderedAt: Float64Array;
  /** Last word, or the moment the version was confirmed. */
  readonly since: Float64Array;
  /** 0 for no further try. */
  readonly retryAt: Float64Array;
  /** wave × state. */
  readonly counts: Int32Array;
  /** part × wave × outcome: what a recount of the attempts must give. */
  readonly tally: Int32Array;
  /** Devices of each wave that failed and have not recovered. */
  readonly failing: Int32Array;
  /** Of those, how many a person has said to overlook. */
  readonly forgiven: Int32Array;
  /** When each wave had its quorum; 0 while not. */
  readonly quorumAt: Float64Array;
  phase: Phase;
  /** Waves opened so far. */
  open: number;
  inFlight: number;
  retriesLeft: number;
  /** Ended attempts that are not saved yet. */
  ended: Attempt[];
  /** Devices left out that are not saved yet. */
  skips: Skip[];
}

/** Marks: it has said a word of this attempt; it failed and has not recovered; it holds a place; its version is confirmed; it was seen with another. */
export const DELIVERED = 1;
export const FAILING = 2;
export const HOLDS = 4;
export const CONFIRMED = 8;
export const OTHER = 16;
/** Failed in a way that may have left it dark: it keeps its place until somebody sees it. */
export const DARK = 32;
/** It said itself that it is done. */
export const CLAIMED = 64;

export function createRollout(parts: RolloutParts): Rollout {
  const size = parts.site.length;
  const waves = parts.starts.length - 1;
  const wave = new Uint8Array(size);
  for (let w = 0; w < waves; w++) wave.fill(w, parts.starts[w], parts.starts[w + 1]);
  const counts = new Int32Array(waves * STATES.length);
  for (let w = 0; w < waves; w++) counts[w * STATES.length + S.waiting] = parts.starts[w + 1]! - parts.starts[w]!;
  return {
    ...parts,
    size,
    wave,
    state: new Uint8Array(size),
    part: new Uint8Array(size),
    attempt: new Uint8Array(size),
    marks: new Uint8Array(size),
    seq: new Uint16Array(size),
    orderedAt: new Float64Array(size),
    since: new Float64Array(size),
    retryAt: new Float64Array(size),
    counts,
    tally: new Int32Array(2 * waves * OUTCOMES.length),
    failing: new Int32Array(waves),
    forgiven: new Int32Array(waves),
    quorumAt: new Float64Array(waves),
    phase: 'running',
    open: 0,
    inFlight: 0,
    retriesLeft: Math.ceil(size * parts.options.retryShare),
    ended: [],
    skips: [],
  };
}

export const wavesIn = (rollout: Rollout): number => rollout.starts.length - 1;
export const countOf = (rollout: Rollout, wave: number, state: State): number =>
  rollout.counts[wave * STATES.length + S[state]]!;

/** The one way in which a device changes state: the counters go with it. */
export function move(rollout: Rollout, member: number, to: State): void {
  const row = rollout.wave[member]! * STATES.length;
  rollout.counts[row + rollout.state[member]!]!--;
  rollout.counts[row + S[to]]!++;
  rollout.state[member] = S[to];
}

/** Leaves it out for good. */
export function skip(rollout: Rollout, member: number, reason: string): void {
  move(rollout, member, 'skipped');
  rollout.skips.push({ member, reason });
}

const MOVING = new Set([S.ordering, S.ordered, S.downloading, S.installing, S.restarting, S.unverified, S.reverting]);
export const MOVES = Uint8Array.from(STATES, (_, at) => (MOVING.has(at) ? 1 : 0));
export const isMoving = (rollout: Rollout, member: number): boolean => MOVES[rollout.state[member]!] === 1;
export const has = (rollout: Rollout, member: number, mark: number): boolean => (rollout.marks[member]! & mark) !== 0;
export const set = (rollout: Rollout, member: number, mark: number): void => {
  rollout.marks[member]! |= mark;
};
export const clear = (rollout: Rollout, member: number, mark: number): void => {
  rollout.marks[member]! &= ~mark;
};

/** Takes the device's place at its site; at most once. */
export function hold(rollout: Rollout, places: Occupancy, member: number): void {
  if (has(rollout, member, HOLDS)) return;
  set(rollout, member, HOLDS);
  const group = rollout.group[member]!;
  if (group === -1) return;
  places.group[group]!++;
  places.site[rollout.site[member]!]!++;
}
/** Gives it back; at most once. */
export function letGo(rollout: Rollout, places: Occupancy, member: number): void {
  if (!has(rollout, member, HOLDS)) return;
  clear(rollout, member, HOLDS | DARK);
  const group = rollout.group[member]!;
  if (group === -1) return;
  places.group[group]!--;
  places.site[rollout.site[member]!]!--;
}
/** Whether it could go out now without crowding its place; who holds a place already may. */
export function hasRoom(rollout: Rollout, places: Occupancy, member: number): boolean {
  const group = rollout.group[member]!;
  if (group === -1 || has(rollout, member, HOLDS)) return true;
  if (places.group[group]! >= places.groupCap[group]!) return false;
  return places.site[rollout.site[member]!]! < rollout.options.perSite;
}
