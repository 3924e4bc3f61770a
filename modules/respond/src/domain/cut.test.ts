/** The cut equals brute force on small graphs, and never takes what may not be cut. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { minimumVertexCut, type CutProblem } from './cut.ts';

const NODES_MAX = 9;
const problems = fc
  .record({
    nodes: fc.integer({ min: 2, max: NODES_MAX }),
    links: fc.array(fc.tuple(fc.nat(NODES_MAX - 1), fc.nat(NODES_MAX - 1)), { maxLength: 20 }),
    weights: fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(Infinity)), {
      minLength: NODES_MAX,
      maxLength: NODES_MAX,
    }),
    infected: fc.array(fc.nat(NODES_MAX - 1), { minLength: 1, maxLength: 3 }),
    protect: fc.array(fc.nat(NODES_MAX - 1), { minLength: 1, maxLength: 3 }),
  })
  .map(({ nodes, links, weights, infected, protect }): CutProblem => ({
    nodes,
    links: Int32Array.from(links.map(([a, b]) => [a % nodes, b % nodes]).flat()),
    weight: Float64Array.from(weights.slice(0, nodes)),
    infected: [...new Set(infected.map((node) => node % nodes))],
    protect: [...new Set(protect.map((node) => node % nodes))],
  }));

function separated({ nodes, links, infected, protect }: CutProblem, cut: ReadonlySet<number>): boolean {
  const seen = new Set(infected.filter((node) => !cut.has(node)));
  for (let grown = true; grown;) {
    grown = false;
    for (let i = 0; i < links.length; i += 2) {
      for (const [a, b] of [
        [links[i]!, links[i + 1]!],
        [links[i + 1]!, links[i]!],
      ] as const) {
        if (seen.has(a) && !seen.has(b) && !cut.has(b)) {
          seen.add(b);
          grown = true;
        }
      }
    }
  }
  return nodes > 0 && protect.every((node) => !seen.has(node));
}

function bruteForce(problem: CutProblem): number {
  let best = Infinity;
  const never = new Set(problem.protect);
  for (let mask = 0; mask < 2 ** problem.nodes; mask++) {
    const chosen = Array.from({ length: problem.nodes }, (_, node) => node).filter((node) => mask & (1 << node));
    if (chosen.some((node) => never.has(node))) continue;
    const weight = chosen.reduce((sum, node) => sum + problem.weight[node]!, 0);
    if (weight < best && separated(problem, new Set(chosen))) best = weight;
  }
  return best;
}

it('is exactly as cheap as the best of all subsets, on 1,000 random graphs', () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const cut = minimumVertexCut(problem);
      const best = bruteForce(problem);
      expect(cut.possible).toBe(best !== Infinity);
      if (!cut.possible) return;
      expect(cut.weight).toBe(best);
      expect(cut.nodes.reduce((sum, node) => sum + problem.weight[node]!, 0)).toBe(best);
      expect(cut.nodes.some((node) => problem.protect.includes(node))).toBe(false);
      expect(separated(problem, new Set(cut.nodes))).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

it('says that no safe cut exists when the infected is itself what may not be cut', () => {
  const problem = {
    nodes: 2,
    links: Int32Array.of(0, 1),
    weight: Float64Array.of(Infinity, 1),
    infected: [0],
    protect: [1],
  };
  expect(minimumVertexCut(problem)).toEqual({ possible: false });
});
