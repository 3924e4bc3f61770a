/** The city graph as compressed sparse rows in typed arrays, and breadth-first search over it. */
import { EDGE_KINDS, type EdgeKind, type NodeKind } from '@cityward/contracts';

/** Arcs of node `i` stand at `offsets[i]` up to `offsets[i + 1]`. */
export interface Adjacency {
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  /** Index into EDGE_KINDS, one for each target. */
  readonly kinds: Uint8Array;
}

/** A snapshot: later changes of the city make a new one with a higher version and leave this as it is. */
export interface CityGraph {
  readonly version: number;
  /** Node ids, neighbours in space close in index. */
  readonly ids: readonly string[];
  /** Index into NODE_KINDS, one for each node. */
  readonly nodeKinds: Uint8Array;
  /** From a node to what it depends on, reaches, feeds or answers to. */
  readonly forward: Adjacency;
  readonly backward: Adjacency;
  /** -1 for an id that is not in the city. */
  indexOf(id: string): number;
}

/** A bit for each kind of EDGE_KINDS. */
export const edgeMask = (kinds: readonly EdgeKind[]): number =>
  kinds.reduce((mask, kind) => mask | (1 << EDGE_KINDS.indexOf(kind)), 0);
export const EVERY_EDGE = (1 << EDGE_KINDS.length) - 1;

export interface GraphNodes {
  readonly ids: readonly string[];
  readonly kinds: readonly NodeKind[] | Uint8Array;
  /** Degrees; NaN where a node has no place. */
  readonly lon: ArrayLike<number>;
  readonly lat: ArrayLike<number>;
}
/** Columns of edges by node number; only the first `count` are read. */
export interface GraphEdges {
  readonly count: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly kind: Uint8Array;
}

const GRID = 0xffff;
const INDEX_SPAN = 2 ** 20;

/** Spreads 16 bits to the even places of 32. */
function spread(value: number): number {
  let v = value & GRID;
  v = (v | (v << 8)) & 0x00ff00ff;
  v = (v | (v << 4)) & 0x0f0f0f0f;
  v = (v | (v << 2)) & 0x33333333;
  return (v | (v << 1)) & 0x55555555;
}

/** The new order of nodes along a Z-shaped curve through the city; nodes without a place come last, in their old order. */
export function spatialOrder(lon: ArrayLike<number>, lat: ArrayLike<number>): Int32Array {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  for (let i = 0; i < lon.length; i++) {
    const x = lon[i]!;
    const y = lat[i]!;
    if (x < box.west) box.west = x;
    if (x > box.east) box.east = x;
    if (y < box.south) box.south = y;
    if (y > box.north) box.north = y;
  }
  const scaleX = GRID / (box.east - box.west || 1);
  const scaleY = GRID / (box.north - box.south || 1);
  // Place on the curve and old index share one float, so that a typed array sorts both without a comparator.
  const keys = new Float64Array(lon.length);
  for (let i = 0; i < lon.length; i++) {
    const x = (lon[i]! - box.west) * scaleX;
    const y = (lat[i]! - box.south) * scaleY;
    const placed = x >= 0 && y >= 0;
    const curve = placed ? (spread(x) | (spread(y) << 1)) >>> 0 : 2 ** 32;
    keys[i] = curve * INDEX_SPAN + i;
  }
  keys.sort();
  return Int32Array.from(keys, (key) => key % INDEX_SPAN);
}

/** @throws RangeError beyond 2^20 nodes: the city itself is limited to fewer */
export function buildGraph(version: number, nodes: GraphNodes, edges: GraphEdges): CityGraph {
  const size = nodes.ids.length;
  if (size > INDEX_SPAN) throw new RangeError(`build graph: ${size} nodes, at most ${INDEX_SPAN} wanted`);
  const order = spatialOrder(nodes.lon, nodes.lat);
  const rank = new Int32Array(size);
  for (let i = 0; i < size; i++) rank[order[i]!] = i;
  const ids: string[] = new Array<string>(size);
  const nodeKinds = new Uint8Array(size);
  const kindOf = nodes.kinds instanceof Uint8Array ? nodes.kinds : Uint8Array.from(nodes.kinds, nodeKindIndex);
  for (let i = 0; i < size; i++) {
    ids[i] = nodes.ids[order[i]!]!;
    nodeKinds[i] = kindOf[order[i]!]!;
  }
  const from = renumber(edges.from, edges.count, rank);
  const to = renumber(edges.to, edges.count, rank);
  const kind = edges.kind.subarray(0, edges.count);
  const index = new Map<string, number>();
  for (let i = 0; i < size; i++) index.set(ids[i]!, i);
  return {
    version,
    ids,
    nodeKinds,
    forward: adjacency(size, { tails: from, heads: to, kind }),
    backward: adjacency(size, { tails: to, heads: from, kind }),
    indexOf: (id) => index.get(id) ?? -1,
  };
}

const KIND_NAMES: readonly NodeKind[] = ['party', 'site', 'network', 'device', 'service', 'dataset'];
export const nodeKindIndex = (kind: NodeKind): number => KIND_NAMES.indexOf(kind);

function renumber(column: Int32Array, count: number, rank: Int32Array): Int32Array {
  const out = new Int32Array(count);
  for (let i = 0; i < count; i++) out[i] = rank[column[i]!]!;
  return out;
}

/** Counting sort of arcs by tail; within a node in the order given. */
export function adjacency(
  size: number,
  arcs: { readonly tails: Int32Array; readonly heads: Int32Array; readonly kind: Uint8Array },
): Adjacency {
  const { tails, heads, kind } = arcs;
  const offsets = new Int32Array(size + 1);
  for (let i = 0; i < tails.length; i++) offsets[tails[i]! + 1]!++;
  for (let i = 0; i < size; i++) offsets[i + 1]! += offsets[i]!;
  const at = offsets.slice(0, size);
  const targets = new Int32Array(tails.length);
  const kinds = new Uint8Array(tails.length);
  for (let i = 0; i < tails.length; i++) {
    const place = at[tails[i]!]!++;
    targets[place] = heads[i]!;
    kinds[place] = kind[i]!;
  }
  return { offsets, targets, kinds };
}

export interface Reached {
  /** Steps from the nearest start, -1 where not reached. */
  readonly depth: Int32Array;
  /** Reached nodes, nearest first, starts among them. */
  readonly order: Int32Array;
  /** Arcs looked at. */
  readonly arcs: number;
}

export interface SearchOptions {
  /** Edges that may be followed, by edgeMask(); default all. */
  readonly mask?: number;
  /** Default `forward`: to what the start depends on. */
  readonly direction?: 'forward' | 'backward';
  /** Steps at most; default without limit. */
  readonly depthMax?: number;
}

/** Breadth-first from one node or several; nodes are numbers of this snapshot. */
export function bfs(graph: CityGraph, start: number | readonly number[], options: SearchOptions = {}): Reached {
  const adjacent = options.direction === 'backward' ? graph.backward : graph.forward;
  const mask = options.mask ?? EVERY_EDGE;
  const depth = new Int32Array(graph.ids.length).fill(-1);
  const seen = new Uint8Array(graph.ids.length);
  const queue = new Int32Array(graph.ids.length);
  let tail = 0;
  for (const node of typeof start === 'number' ? [start] : start) {
    if (seen[node] !== 0) continue;
    seen[node] = 1;
    depth[node] = 0;
    queue[tail++] = node;
  }
  const search = { adjacent, seen, depth, queue, tail, depthMax: options.depthMax ?? Number.MAX_SAFE_INTEGER };
  const reached = mask === EVERY_EDGE ? followAll(search) : followSome(search, mask);
  return { depth, order: queue.subarray(0, reached.tail), arcs: reached.arcs };
}

interface Search {
  readonly adjacent: Adjacency;
  readonly seen: Uint8Array;
  readonly depth: Int32Array;
  readonly queue: Int32Array;
  readonly tail: number;
  readonly depthMax: number;
}

/** Rows whose first arcs are fetched together before they are walked. */
const FETCH_ROWS = 16;
/** A row of usual length ends within the cache line of its first arc or of the one so many arcs on. */
const LINE_ARCS = 12;
/** Keeps the fetching loads from being dropped as without effect. */
const fetched = new Int32Array(1);

/**
 * Rows lie anywhere in memory, and waiting for one at a time is most of a search: loads that depend on nothing wait together.
 * Measured with `bench graph`: twice the arcs in a second.
 */
function fetchRows({ adjacent: { offsets, targets }, queue }: Search, from: number, until: number): void {
  let bits = 0;
  for (let i = from; i < until; i++) {
    const row = offsets[queue[i]!]!;
    bits ^= targets[Math.min(row, targets.length - 1)]! ^ targets[Math.min(row + LINE_ARCS, targets.length - 1)]!;
  }
  fetched[0] = bits;
}

/** The hot loop, without a look at kinds. `seen` is small enough for the processor's cache; depths are written level by level. */
function followAll(search: Search): { tail: number; arcs: number } {
  const { seen, depth, queue, depthMax } = search;
  const { offsets, targets } = search.adjacent;
  let { tail } = search;
  let arcs = 0;
  let head = 0;
  for (let level = 1; head < tail && level <= depthMax; level++) {
    const levelEnd = tail;
    while (head < levelEnd) {
      const rowsEnd = Math.min(levelEnd, head + FETCH_ROWS);
      fetchRows(search, head, rowsEnd);
      for (; head < rowsEnd; head++) {
        const node = queue[head]!;
        const end = offsets[node + 1]!;
        let arc = offsets[node]!;
        arcs += end - arc;
        for (; arc < end; arc++) {
          const target = targets[arc]!;
          if (seen[target] !== 0) continue;
          seen[target] = 1;
          queue[tail++] = target;
        }
      }
    }
    for (let i = levelEnd; i < tail; i++) depth[queue[i]!] = level;
  }
  return { tail, arcs };
}

function followSome(search: Search, mask: number): { tail: number; arcs: number } {
  const { seen, depth, queue, depthMax } = search;
  const { offsets, targets, kinds } = search.adjacent;
  let { tail } = search;
  let arcs = 0;
  let head = 0;
  for (let level = 1; head < tail && level <= depthMax; level++) {
    const levelEnd = tail;
    for (; head < levelEnd; head++) {
      const node = queue[head]!;
      const end = offsets[node + 1]!;
      let arc = offsets[node]!;
      arcs += end - arc;
      for (; arc < end; arc++) {
        const target = targets[arc]!;
        if (((mask >> kinds[arc]!) & 1) === 0 || seen[target] !== 0) continue;
        seen[target] = 1;
        depth[target] = level;
        queue[tail++] = target;
      }
    }
  }
  return { tail, arcs };
}
