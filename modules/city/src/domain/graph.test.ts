/** The graph: against a plain search over lists, by kind, by direction and by depth. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EDGE_KINDS, NODE_KINDS } from '@cityward/contracts';
import { bfs, buildGraph, edgeMask, nodeKindIndex, spatialOrder, type CityGraph } from './graph.ts';

type Arc = readonly [from: number, to: number, kind: number];

const graphOf = (size: number, arcs: readonly Arc[], places?: readonly (readonly [number, number])[]): CityGraph =>
  buildGraph(
    1,
    {
      ids: Array.from({ length: size }, (_, i) => `n${i}`),
      kinds: Array.from({ length: size }, () => 'device' as const),
      lon: Array.from({ length: size }, (_, i) => places?.[i]?.[0] ?? NaN),
      lat: Array.from({ length: size }, (_, i) => places?.[i]?.[1] ?? NaN),
    },
    {
      count: arcs.length,
      from: Int32Array.from(arcs, (arc) => arc[0]),
      to: Int32Array.from(arcs, (arc) => arc[1]),
      kind: Uint8Array.from(arcs, (arc) => arc[2]),
    },
  );

/** By id, the slow and obvious way. */
function slowBfs(size: number, arcs: readonly Arc[], start: number): number[] {
  const depth = new Array<number>(size).fill(-1);
  depth[start] = 0;
  for (let level = 0; depth.includes(level); level++)
    for (const [from, to] of arcs) if (depth[from] === level && depth[to] === -1) depth[to] = level + 1;
  return depth;
}

const city = fc.integer({ min: 1, max: 25 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    arcs: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1), fc.nat(EDGE_KINDS.length - 1)), { maxLength: 80 }),
    places: fc.array(
      fc.tuple(fc.double({ min: 170, max: 171, noNaN: true }), fc.double({ min: -46, max: -45, noNaN: true })),
      { maxLength: size },
    ),
    start: fc.nat(size - 1),
    kinds: fc.subarray([...EDGE_KINDS], { minLength: 1 }),
  }),
);

describe('bfs', () => {
  it('finds what a plain search finds, forwards and backwards, whatever kinds are let through', () => {
    fc.assert(
      fc.property(city, ({ size, arcs, places, start, kinds }) => {
        const graph = graphOf(size, arcs, places);
        const allowed = arcs.filter((arc) => kinds.includes(EDGE_KINDS[arc[2]]!));
        for (const direction of ['forward', 'backward'] as const) {
          const turned = direction === 'forward' ? allowed : allowed.map(([from, to, kind]): Arc => [to, from, kind]);
          const { depth, order } = bfs(graph, graph.indexOf(`n${start}`), { mask: edgeMask(kinds), direction });
          const wanted = slowBfs(size, turned, start);
          expect(Array.from({ length: size }, (_, i) => depth[graph.indexOf(`n${i}`)])).toEqual(wanted);
          expect([...order].map((node) => depth[node])).toEqual(
            wanted.filter((steps) => steps >= 0).sort((a, b) => a - b),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keeps both directions the same set of arcs', () => {
    fc.assert(
      fc.property(city, ({ size, arcs, places }) => {
        const graph = graphOf(size, arcs, places);
        const listed = (direction: 'forward' | 'backward'): string[] => {
          const { offsets, targets, kinds } = graph[direction];
          const out: string[] = [];
          for (let node = 0; node < size; node++)
            for (let arc = offsets[node]!; arc < offsets[node + 1]!; arc++) {
              const [from, to] = direction === 'forward' ? [node, targets[arc]!] : [targets[arc]!, node];
              out.push(`${graph.ids[from]} ${graph.ids[to]} ${kinds[arc]}`);
            }
          return out.sort();
        };
        expect(listed('forward')).toEqual(arcs.map(([from, to, kind]) => `n${from} n${to} ${kind}`).sort());
        expect(listed('backward')).toEqual(listed('forward'));
      }),
      { numRuns: 300 },
    );
  });

  it('starts from several nodes and stops at a depth', () => {
    const graph = graphOf(5, [[0, 1, 0], [1, 2, 0], [2, 3, 0], [4, 2, 0]]); // prettier-ignore
    const at = (i: number): number => graph.indexOf(`n${i}`);
    const { depth, arcs } = bfs(graph, [at(0), at(4), at(0)], { depthMax: 1 });
    expect([0, 1, 2, 3, 4].map((i) => depth[at(i)])).toEqual([0, 1, 1, -1, 0]);
    expect(arcs).toBe(2);
    expect(graph.indexOf('nobody')).toBe(-1);
  });
});

describe('order', () => {
  it('is a permutation, puts neighbours in space together and nodes without a place last', () => {
    const lon = [175, NaN, 175.00001, 176, 176.00001];
    const lat = [-41, NaN, -41.00001, -42, -42.00001];
    const order = [...spatialOrder(lon, lat)];
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(order.at(-1)).toBe(1);
    expect(Math.abs(order.indexOf(0) - order.indexOf(2))).toBe(1);
    expect(Math.abs(order.indexOf(3) - order.indexOf(4))).toBe(1);
  });

  it('numbers node kinds as the contract does', () =>
    expect(NODE_KINDS.map(nodeKindIndex)).toEqual([0, 1, 2, 3, 4, 5]));
});
