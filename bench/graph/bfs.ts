/** Breadth-first search over a random graph of 100,000 nodes and 500,000 edges, and graphology over the same, interleaved. */
import { UndirectedGraph } from 'graphology';
import { bfsFromNode } from 'graphology-traversal';
import { bfs, buildGraph, type CityGraph } from '@cityward/city/graph';
import { seeded } from '@cityward/kernel';

const SEEDS = 20;
/** graphology takes more than a second for each search. */
const PEER_SEEDS = 5;
const WARM_UP = 10;

export interface BfsFigures {
  readonly figures: { readonly bfs_arcs_per_s_100k_500k: number; readonly times_graphology: number };
  readonly against: { readonly graphology_arcs_per_s: number };
  readonly workload: Readonly<Record<string, unknown>>;
}

interface RandomEdges {
  readonly nodes: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

function randomEdges(nodes: number, edges: number): RandomEdges {
  const random = seeded(`bench/bfs/${nodes}/${edges}`);
  const from = new Int32Array(edges);
  const to = new Int32Array(edges);
  for (let i = 0; i < edges; i++) {
    from[i] = random.int(nodes);
    do to[i] = random.int(nodes);
    while (to[i] === from[i]);
  }
  return { nodes, from, to };
}

/** Each edge as an arc both ways; places are random too, so that the spatial order of ids does not help. */
function ours({ nodes, from, to }: RandomEdges): CityGraph {
  const random = seeded('bench/bfs/places');
  const degrees = (): Float64Array => Float64Array.from({ length: nodes }, () => random.next());
  const both = (one: Int32Array, other: Int32Array): Int32Array => {
    const out = new Int32Array(one.length * 2);
    out.set(one);
    out.set(other, one.length);
    return out;
  };
  const ids = Array.from({ length: nodes }, (_, i) => `n-${i}`);
  const arcs = {
    count: from.length * 2,
    from: both(from, to),
    to: both(to, from),
    kind: new Uint8Array(from.length * 2),
  };
  return buildGraph(1, { ids, kinds: new Uint8Array(nodes), lon: degrees(), lat: degrees() }, arcs);
}

function theirs({ nodes, from, to }: RandomEdges): UndirectedGraph {
  const graph = new UndirectedGraph();
  for (let i = 0; i < nodes; i++) graph.addNode(i);
  for (let i = 0; i < from.length; i++) if (!graph.hasEdge(from[i], to[i])) graph.addEdge(from[i], to[i]);
  return graph;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

export function benchBfs({ quick }: { readonly quick: boolean }): BfsFigures {
  const [nodes, edges] = quick ? [2_000, 10_000] : [100_000, 500_000];
  const list = randomEdges(nodes, edges);
  const begun = performance.now();
  const graph = ours(list);
  const indexMs = performance.now() - begun;
  const peer = theirs(list);
  for (let i = 0; i < WARM_UP; i++) bfs(graph, i);
  const rates: number[] = [];
  const peerRates: number[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const start = performance.now();
    const { arcs } = bfs(graph, graph.indexOf(`n-${seed * 31}`));
    rates.push(arcs / ((performance.now() - start) / 1_000));
    if (seed % (SEEDS / PEER_SEEDS) === 0) peerRates.push(peerRate(peer, seed * 31));
  }
  const rate = median(rates);
  const peerArcs = median(peerRates);
  return {
    figures: { bfs_arcs_per_s_100k_500k: Math.round(rate), times_graphology: Math.round((rate / peerArcs) * 10) / 10 },
    against: { graphology_arcs_per_s: Math.round(peerArcs) },
    workload: {
      bfs_nodes: nodes,
      bfs_edges: edges,
      bfs_arcs: edges * 2,
      bfs_seeds: SEEDS,
      bfs_index_ms: Math.round(indexMs),
    },
  };
}

/** Arcs that graphology looks at: every neighbour of every node that it reaches. */
function peerRate(peer: UndirectedGraph, start: number): number {
  let arcs = 0;
  const begun = performance.now();
  bfsFromNode(peer, start, (node) => {
    arcs += peer.degree(node);
  });
  return arcs / ((performance.now() - begun) / 1_000);
}
