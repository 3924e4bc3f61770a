/** The path graph: nodes by their role, arrows with their time, cut edges dashed. */
import '@xyflow/react/dist/style.css';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Skeleton, useComputedColorScheme } from '@mantine/core';
import {
  Controls,
  Handle,
  MarkerType,
  Position,
  ReactFlow,
  type Edge,
  type Node,
  type NodeProps,
  type ReactFlowInstance,
  type ReactFlowProps,
} from '@xyflow/react';
import type { Trace } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl } from '../../frame/url.ts';
import { formatSeconds } from '../../ui/format.ts';
import { IconAlertTriangle, IconArrowRight, IconEye, IconHelp, IconShieldCheck } from '../../ui/icons.ts';
import type { Icon } from '../../ui/states.ts';
import { NODE_HEIGHT, NODE_WIDTH, place, type Placed } from './graph-layout.ts';

type GraphNode = Trace['graph']['nodes'][number];
type Role = GraphNode['role'];
type FlowNode = Node<{ readonly node: GraphNode }, 'city'>;
const ICONS: Readonly<Record<Role, Icon>> = {
  source: IconArrowRight,
  infected: IconAlertTriangle,
  outside: IconHelp,
  bystander: IconEye,
  protected: IconShieldCheck,
};

function CityNode({ data }: NodeProps<FlowNode>): ReactNode {
  const { node } = data;
  const Sign = ICONS[node.role];
  return (
    <div
      className="cw-node"
      data-role={node.role}
      title={[node.name, node.ward].filter((part) => part !== '').join(', ')}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <span className="cw-node-name">{node.name}</span>
      <span className="cw-node-role">
        <Sign size={13} stroke={2} aria-hidden /> {words.trace.roles[node.role]}
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
const NODE_TYPES = { city: CityNode };

const keyOf = (from: string, to: string): string => `${from}\n${to}`;

function flowOf(
  placed: Placed,
  path: Trace['sources'][number]['path'],
): { readonly nodes: FlowNode[]; readonly edges: Edge[] } {
  const onPath = new Set(path.map((step) => keyOf(step.from, step.to)));
  return {
    nodes: placed.nodes.map((node) => ({
      id: node.id,
      type: 'city',
      position: { x: node.x, y: node.y },
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      data: { node },
      ariaLabel: `${node.name}, ${words.trace.roles[node.role]}`,
      draggable: false,
    })),
    edges: placed.edges.map((edge, at) => {
      const strong = onPath.has(keyOf(edge.from, edge.to));
      return {
        id: `e${at}`,
        source: edge.from,
        target: edge.to,
        label: edge.cut
          ? `${formatSeconds(edge.at)} · ${words.trace.cut}`
          : strong
            ? formatSeconds(edge.at)
            : undefined,
        className: `cw-edge${strong ? ' cw-edge-strong' : ''}${edge.cut ? ' cw-edge-cut' : ''}`,
        markerEnd: {
          type: MarkerType.ArrowClosed,
          markerUnits: 'userSpaceOnUse',
          width: 14,
          height: 14,
          color: strong ? 'var(--cw-suspect-fill)' : 'var(--cw-line-strong)',
        },
        ariaLabel: `${edge.from} → ${edge.to}, ${edge.text}`,
      } as Edge;
    }),
  };
}

const HEIGHT_MIN = 260;
const HEIGHT_MAX = 580;
const ROOM = 120;
/** High enough for the graph and its buttons, never a page of emptiness. */
const heightOf = (graph: number): number => Math.min(HEIGHT_MAX, Math.max(HEIGHT_MIN, graph + ROOM));

const FIT = { padding: 0.05, maxZoom: 1.1, minZoom: 0.5 } as const;

/** Fits the graph again when it has grown, until somebody moves it: then their view stays. */
function useFit(placed: Placed | null): Required<Pick<ReactFlowProps, 'onInit' | 'onMoveEnd'>> {
  const graph = useRef<ReactFlowInstance | null>(null);
  const moved = useRef(false);
  useEffect(() => {
    if (placed && !moved.current) void graph.current?.fitView(FIT);
  }, [placed]);
  return {
    onInit: (instance) => {
      graph.current = instance;
      moved.current = false;
    },
    onMoveEnd: (event) => {
      if (event) moved.current = true; // our own fitting has no event
    },
  };
}

export function PathGraph({
  trace,
  path,
}: {
  readonly trace: Trace;
  readonly path: Trace['sources'][number]['path'];
}): ReactNode {
  const scheme = useComputedColorScheme('light');
  const setUrl = useSetUrl();
  const [placed, setPlaced] = useState<Placed | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let wanted = true;
    place(trace.graph)
      .then((next) => wanted && setPlaced(next))
      .catch(() => wanted && setFailed(true));
    return () => {
      wanted = false;
    };
  }, [trace.graph]);
  const { onInit, onMoveEnd } = useFit(placed);
  const flow = useMemo(() => (placed ? flowOf(placed, path) : null), [placed, path]);
  if (failed) return <p className="cw-muted">{words.trace.noLayout}</p>;
  if (!flow) return <Skeleton height={460} />;
  return (
    <>
      <div className="cw-graph" style={{ height: heightOf(placed?.height ?? 0) }}>
        <ReactFlow
          key={scheme}
          nodes={flow.nodes}
          edges={flow.edges}
          nodeTypes={NODE_TYPES}
          colorMode={scheme}
          fitView
          fitViewOptions={FIT}
          onInit={onInit}
          onMoveEnd={onMoveEnd}
          minZoom={0.1}
          nodesConnectable={false}
          proOptions={{ hideAttribution: true }}
          onNodeClick={(_event, node) => {
            if (!node.id.includes(':')) setUrl({ device: node.id });
          }}
        >
          <Controls showInteractive={false} />
        </ReactFlow>
      </div>
      {placed && placed.left > 0 && <p className="cw-muted cw-small">{words.trace.left(placed.left)}</p>}
    </>
  );
}
