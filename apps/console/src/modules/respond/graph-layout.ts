/** Lays a path graph out with ELK in a worker, left to right. */
import ELK from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { Trace } from '@cityward/contracts';
import { readable } from './graph-nodes.ts';

export const NODE_WIDTH = 150;
export const NODE_HEIGHT = 60;
type Graph = Trace['graph'];
export interface Placed {
  readonly nodes: readonly (Graph['nodes'][number] & { readonly x: number; readonly y: number })[];
  readonly edges: Graph['edges'];
  /** How many nodes are not drawn. */
  readonly left: number;
  readonly height: number;
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
    height: Math.max(0, ...[...places.values()].map((child) => (child.y ?? 0) + NODE_HEIGHT)),
  };
}
