/** Which nodes and edges of a path graph are drawn. Pure. */
import type { Trace } from '@cityward/contracts';

/** More nodes than a person can read: the rest is in the table. */
export const GRAPH_NODES_MAX = 80;

type Graph = Trace['graph'];
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
