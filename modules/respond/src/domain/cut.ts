/** Minimum weighted vertex cut between what is infected and what must be protected (Dinic on split nodes, typed arrays). */

/** Undirected reach between nodes 0..nodes-1. Weight Infinity: may never be cut. */
export interface CutProblem {
  readonly nodes: number;
  /** Pairs [a0, b0, a1, b1, …]. */
  readonly links: Int32Array;
  /** What cutting a node costs the city, integers of at least 1, or Infinity. */
  readonly weight: Float64Array;
  /** May be cut themselves, where their weight allows. */
  readonly infected: readonly number[];
  /** Never cut. */
  readonly protect: readonly number[];
}
export type Cut =
  | { readonly possible: true; readonly weight: number; readonly nodes: readonly number[] }
  /** Some path runs only through what may never be cut. */
  | { readonly possible: false };

/** Larger than any sum of finite weights, small enough for exact doubles. */
const UNCUTTABLE = 2 ** 50;

/**
 * Exact; ties go to the cut nearest the infected, so that the least is taken from the rest of the city.
 * Nodes in both sets cannot be separated: not possible.
 */
export function minimumVertexCut(problem: CutProblem): Cut {
  const network = buildNetwork(problem);
  const flow = maximumFlow(network);
  if (flow >= UNCUTTABLE) return { possible: false };
  const near = reachable(network);
  const nodes: number[] = [];
  for (let node = 0; node < problem.nodes; node++) {
    if (near[2 * node] !== -1 && near[2 * node + 1] === -1) nodes.push(node);
  }
  return { possible: true, weight: flow, nodes };
}

/** Residual network: node v becomes v_in = 2v and v_out = 2v + 1; arc i and its reverse i ^ 1. */
interface Network {
  readonly size: number;
  readonly source: number;
  readonly sink: number;
  readonly offsets: Int32Array;
  readonly arcs: Int32Array;
  readonly to: Int32Array;
  readonly room: Float64Array;
}

function buildNetwork({ nodes, links, weight, infected, protect }: CutProblem): Network {
  const size = 2 * nodes + 2;
  const source = 2 * nodes;
  const sink = source + 1;
  const count = 2 * (nodes + links.length + infected.length + protect.length);
  const tail = new Int32Array(count);
  const to = new Int32Array(count);
  const room = new Float64Array(count);
  let next = 0;
  const arc = (a: number, b: number, capacity: number): void => {
    tail[next] = a;
    to[next] = b;
    room[next++] = capacity;
    tail[next] = b;
    to[next] = a;
    room[next++] = 0;
  };
  const never = new Set(protect);
  for (let node = 0; node < nodes; node++)
    arc(2 * node, 2 * node + 1, never.has(node) ? UNCUTTABLE : Math.min(weight[node]!, UNCUTTABLE));
  for (let i = 0; i < links.length; i += 2) {
    arc(2 * links[i]! + 1, 2 * links[i + 1]!, UNCUTTABLE);
    arc(2 * links[i + 1]! + 1, 2 * links[i]!, UNCUTTABLE);
  }
  for (const node of infected) arc(source, 2 * node, UNCUTTABLE);
  for (const node of protect) arc(2 * node + 1, sink, UNCUTTABLE);
  return { size, source, sink, to, room, ...groupByTail(tail, size) };
}

function groupByTail(tail: Int32Array, size: number): { offsets: Int32Array; arcs: Int32Array } {
  const offsets = new Int32Array(size + 1);
  for (const node of tail) offsets[node + 1]!++;
  for (let node = 0; node < size; node++) offsets[node + 1]! += offsets[node]!;
  const place = offsets.slice();
  const arcs = new Int32Array(tail.length);
  for (let arc = 0; arc < tail.length; arc++) arcs[place[tail[arc]!]!++] = arc;
  return { offsets, arcs };
}

/** Dinic: shortest augmenting paths by levels; stops once the flow cannot be a finite cut. */
function maximumFlow(network: Network): number {
  const next = new Int32Array(network.size);
  let total = 0;
  while (total < UNCUTTABLE) {
    const level = reachable(network, network.sink);
    if (level[network.sink] === -1) break;
    next.set(network.offsets.subarray(0, network.size));
    total += blockingFlow(network, level, next);
  }
  return total;
}

/** All augmenting paths of the current levels, depth first without recursion; `next` is each node's first arc not yet used up. */
function blockingFlow(network: Network, level: Int32Array, next: Int32Array): number {
  const { source, sink, to, size } = network;
  const path = new Int32Array(size);
  let total = 0;
  let depth = 0;
  let here = source;
  while (total < UNCUTTABLE) {
    if (here === sink) {
      total += augment(network, path, depth);
      here = source;
      depth = 0;
      continue;
    }
    const arc = usableArc(network, { level, next, node: here });
    if (arc !== -1) {
      path[depth++] = arc;
      here = to[arc]!;
    } else if (depth > 0) {
      here = to[path[--depth]! ^ 1]!;
      next[here]!++;
    } else return total;
  }
  return total;
}

function usableArc(
  { offsets, arcs, to, room }: Network,
  at: { level: Int32Array; next: Int32Array; node: number },
): number {
  const { level, next, node } = at;
  for (const end = offsets[node + 1]!; next[node]! < end; next[node]!++) {
    const arc = arcs[next[node]!]!;
    if (room[arc]! > 0 && level[to[arc]!] === level[node]! + 1) return arc;
  }
  return -1;
}

function augment({ room }: Network, path: Int32Array, depth: number): number {
  let least = Infinity;
  for (let i = 0; i < depth; i++) least = Math.min(least, room[path[i]!]!);
  for (let i = 0; i < depth; i++) {
    room[path[i]!]! -= least;
    room[path[i]! ^ 1]! += least;
  }
  return least;
}

/** Breadth-first levels from the source over arcs with room; -1 where not reached. Stops early at `until`. */
function reachable({ size, source, offsets, arcs, to, room }: Network, until = -1): Int32Array {
  const level = new Int32Array(size).fill(-1);
  const queue = new Int32Array(size);
  let end = 0;
  queue[end++] = source;
  level[source] = 0;
  for (let start = 0; start < end; start++) {
    const node = queue[start]!;
    for (let i = offsets[node]!; i < offsets[node + 1]!; i++) {
      const arc = arcs[i]!;
      const target = to[arc]!;
      if (room[arc]! > 0 && level[target] === -1) {
        level[target] = level[node]! + 1;
        if (target === until) return level;
        queue[end++] = target;
      }
    }
  }
  return level;
}
