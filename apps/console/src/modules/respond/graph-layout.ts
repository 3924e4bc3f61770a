/** Lays a path graph out with ELK in a worker, left to right. */
import ELK from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { Trace } from '@cityward/contracts';

export const NODE_WIDTH = 150;
export const NODE_HEIGHT = 60;
/** More nodes than a person can read: the rest is in the table. */
export const GRAPH_NODES_MAX = 80;

type Graph = Trace['graph'];
export interface Placed {
  readonly nodes: readonly (Graph['nodes'][number] & { readonly x: number; readonly y: number })[];
  readonly edges: Graph['edges'];
  /** How many nodes are not drawn. */
  readonly left: number;
}

const RANK: Readonly<Record<Graph['nodes'][number]['role'], number>> = {
  source: 0,
  outside: 1,
  protected: 2,
  infected: 3,
  bystander: 4,
};

/** The most telling nodes, and the edges among them (the first of each pair). */
export function readable(
  graph: Graph,
  max = GRAPH_NODES_MAX,
): { readonly nodes: Graph['nodes']; readonly edges: Graph['edges']; readonly left: number } {
  const nodes = graph.nodes.toSorted((a, b) => RANK[a.role] - RANK[b.role]).slice(0, max);
  const kept = new Set(nodes.map((node) => node.id));
  const seen = new Set<string>();
  const edges = graph.edges
    .toSorted((a, b) => a.at - b.at)
    .filter((edge) => {
      const pair = `${edge.from}\n${edge.to}`;
      if (edge.from === edge.to || !kept.has(edge.from) || !kept.has(edge.to) || seen.has(pair)) return false;
      seen.add(pair);
      return true;
    });
  return { nodes, edges, left: graph.nodes.length - nodes.length };
}

let elk: InstanceType<typeof ELK> | null = null;

export async function place(graph: Graph): Promise<Placed> {
  elk ??= new ELK({ workerFactory: () => new Worker(workerUrl) });
  const { nodes, edges, left } = readable(graph);
  const laid = await elk.layout({
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.spacing.nodeNode': '12',
      'elk.layered.spacing.nodeNodeBetweenLayers': '48',
      'elk.separateConnectedComponents': 'true',
    },
    children: nodes.map((node) => ({ id: node.id, width: NODE_WIDTH, height: NODE_HEIGHT })),
    edges: edges.map((edge, at) => ({ id: `e${at}`, sources: [edge.from], targets: [edge.to] })),
  });
  const places = new Map((laid.children ?? []).map((child) => [child.id, child]));
  return {
    nodes: nodes.map((node) => ({ ...node, x: places.get(node.id)?.x ?? 0, y: places.get(node.id)?.y ?? 0 })),
    edges,
    left,
  };
}
