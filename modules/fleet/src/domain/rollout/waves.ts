/** The order in which devices change: a canary that has some of everything, then growing shares of a shuffle of the rest. */
import { seeded } from '@cityward/kernel';
import type { Columns } from './columns.ts';
import type { Options } from './draft.ts';

export interface Waves {
  /** Rows of the columns in the order of their turn. */
  readonly order: Uint32Array;
  /** Where each wave begins in `order`; one more at the end. */
  readonly starts: Uint32Array;
}

/** The same rows and seed give the same waves, whoever asks and whenever. */
export function wavesOf(
  columns: Columns,
  rows: Uint32Array,
  { options, seed }: { options: Options; seed: string },
): Waves {
  const order = rows.slice();
  const random = seeded(`rollout/${seed}`);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  const canary = Math.min(options.canary, order.length);
  bringForward(order, pickCanary(columns, order, canary));
  const ends = [canary];
  for (const share of options.shares) {
    const end = Math.max(ends.at(-1)!, Math.min(order.length, Math.ceil(share * order.length)));
    if (end > ends.at(-1)!) ends.push(end);
  }
  if (ends.at(-1)! < order.length) ends.push(order.length);
  return { order, starts: Uint32Array.from([0, ...ends]) };
}

/**
 * Places in `order` of the canaries. Every kind (model and hardware revision) has its share and at least one while there is room,
 * largest kinds first; within a kind, sites that have no canary yet come before those that have.
 */
function pickCanary(columns: Columns, order: Uint32Array, canary: number): Uint32Array {
  const kinds = kindsOf(columns, order);
  const quota = quotas(kinds.counts, canary, order.length);
  const picked = new Uint8Array(order.length);
  const sites = new Uint8Array(columns.site.names.length + 1);
  let left = canary;
  for (const freshOnly of [true, false])
    for (let at = 0; at < order.length && left > 0; at++) {
      const kind = kinds.of[at]!;
      if (picked[at] || quota[kind] === 0) continue;
      const site = columns.site.of[order[at]!]! + 1;
      if (freshOnly && site > 0 && sites[site]) continue;
      sites[site] = 1;
      picked[at] = 1;
      quota[kind]!--;
      left--;
    }
  const places = new Uint32Array(canary - left);
  for (let at = 0, next = 0; next < places.length; at++) if (picked[at]) places[next++] = at;
  return places;
}

function kindsOf(columns: Columns, order: Uint32Array): { of: Uint32Array; counts: number[] } {
  const wide = columns.hardware.names.length + 1;
  const dense = new Int32Array((columns.model.names.length + 1) * wide).fill(-1);
  const counts: number[] = [];
  const of = new Uint32Array(order.length);
  for (let at = 0; at < order.length; at++) {
    const row = order[at]!;
    const key = (columns.model.of[row]! + 1) * wide + columns.hardware.of[row]! + 1;
    if (dense[key] === -1) dense[key] = counts.push(0) - 1;
    const kind = dense[key]!;
    of[at] = kind;
    counts[kind]!++;
  }
  return { of, counts };
}

/** One each, largest first, then by size; sums to `canary` and never asks for more than there are. */
function quotas(counts: readonly number[], canary: number, total: number): Uint32Array {
  const quota = new Uint32Array(counts.length);
  const bySize = counts.map((_, kind) => kind).sort((a, b) => counts[b]! - counts[a]! || a - b);
  let left = canary;
  for (const kind of bySize) {
    if (left === 0) return quota;
    quota[kind] = 1;
    left--;
  }
  const spare = left;
  for (const kind of bySize) {
    const more = Math.min(left, counts[kind]! - 1, Math.floor((spare * counts[kind]!) / total));
    quota[kind]! += more;
    left -= more;
  }
  for (let given = -1; left > 0 && given !== 0;) {
    given = 0;
    for (const kind of bySize)
      if (left > 0 && quota[kind]! < counts[kind]!) {
        quota[kind]!++;
        left--;
        given++;
      }
  }
  return quota;
}

/** Moves the picked to the front; both parts keep their order. */
function bringForward(order: Uint32Array, places: Uint32Array): void {
  const front = Uint32Array.from(places, (place) => order[place]!);
  let next = places.length - 1;
  let to = order.length - 1;
  for (let from = order.length - 1; from >= 0; from--) {
    if (next >= 0 && places[next] === from) next--;
    else order[to--] = order[from]!;
  }
  order.set(front, 0);
}
