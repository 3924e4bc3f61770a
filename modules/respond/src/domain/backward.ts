/** Time-respecting search: what could have led to an alert, and what an entry could have reached. */
import type { ContactView } from './contact-log.ts';

/** What a contact costs a path: near 0 for a contact nobody made before, large for a daily one. Infinity: carries nothing. */
export type ContactCost = (index: number) => number;

/** Cheapest time-respecting paths from every node to one alert. Index by node; `via` is the first contact of the path, -1 for none. */
export interface Backward {
  readonly cost: Float64Array;
  readonly via: Int32Array;
}

/** Index of the first contact later than `at` (binary search). */
export function firstAfter(view: Pick<ContactView, 'at' | 'length'>, at: number): number {
  let low = 0;
  let high = view.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (view.at[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * One sweep from the alert back to `since`: contacts are met latest first, so every path found runs forward in time.
 * Contact from u to v at t lets u have caused what happened at v after t.
 */
export function searchBackward(
  view: ContactView,
  alert: { node: number; at: number; since: number },
  costOf: ContactCost,
): Backward {
  const cost = new Float64Array(view.nodes).fill(Infinity);
  const via = new Int32Array(view.nodes).fill(-1);
  cost[alert.node] = 0;
  const { from, to, at } = view;
  for (let index = firstAfter(view, alert.at) - 1; index >= 0 && at[index]! >= alert.since; index--) {
    const after = cost[to[index]!]!;
    if (after === Infinity) continue;
    const price = after + costOf(index);
    const source = from[index]!;
    if (price < cost[source]!) {
      cost[source] = price;
      via[source] = index;
    }
  }
  return { cost, via };
}

/** Nodes from which the alert can be reached at all, without prices: the raw closure, for large logs. Returns 1 for reached. */
export function backwardClosure(view: ContactView, alert: { node: number; at: number }): Uint8Array {
  const reached = new Uint8Array(view.nodes);
  reached[alert.node] = 1;
  const { from, to } = view;
  for (let index = firstAfter(view, alert.at) - 1; index >= 0; index--) {
    if (reached[to[index]!] === 1) reached[from[index]!] = 1;
  }
  return reached;
}

/** Contact indexes of the cheapest path from `node` to the alert, in time order; bounded by the number of nodes. */
export function pathFrom(view: ContactView, search: Backward, node: number): number[] {
  const path: number[] = [];
  for (let here = node, steps = 0; search.via[here] !== -1 && steps < view.nodes; steps++) {
    const index = search.via[here]!;
    path.push(index);
    here = view.to[index]!;
  }
  return path;
}

/** Cheapest time-respecting spread from an entry forward: cost per node and the contact that brought it. */
export function searchForward(
  view: ContactView,
  entry: { node: number; at: number; until: number },
  costOf: ContactCost,
): Backward {
  const cost = new Float64Array(view.nodes).fill(Infinity);
  const via = new Int32Array(view.nodes).fill(-1);
  cost[entry.node] = 0;
  for (let index = firstAfter(view, entry.at - 1); index < view.length && view.at[index]! <= entry.until; index++) {
    const before = cost[view.from[index]!]!;
    if (before === Infinity) continue;
    const price = before + costOf(index);
    const target = view.to[index]!;
    if (price < cost[target]!) {
      cost[target] = price;
      via[target] = index;
    }
  }
  return { cost, via };
}
