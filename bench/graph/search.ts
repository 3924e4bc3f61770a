/** Backward search over ten million contacts and the exact vertex cut, as respond runs them. */
import { backwardClosure, minimumVertexCut, type ContactView, type CutProblem } from '@cityward/respond';
import { seeded } from '@cityward/kernel';
import type { RunOptions } from '../report.ts';

const SEEDS = 20;
const INFECTED = 20;
const PROTECTED = 12;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

/** Contacts between random nodes at random times, sorted; the sort is the index and is stated apart. */
function contacts(events: number, nodes: number, seed: number): { view: ContactView; indexMs: number } {
  const random = seeded(`contacts/${seed}`);
  const at = Float64Array.from({ length: events }, () => random.int(86_400_000));
  const indexMs = timed(() => void at.sort());
  const from = Int32Array.from({ length: events }, () => random.int(nodes));
  const to = Int32Array.from({ length: events }, () => random.int(nodes));
  const what = new Int32Array(events);
  return {
    view: {
      at,
      from,
      to,
      what,
      length: events,
      nodes,
      pairFirstAt: (index) => at[index]!,
      nodeOf: String,
      indexOf: Number,
    },
    indexMs,
  };
}

/** Mean degree 6, integer weights 1 to 10, random ids. */
function cutProblem(nodes: number, links: number, seed: number): CutProblem {
  const random = seeded(`cut/${seed}`);
  return {
    nodes,
    links: Int32Array.from({ length: 2 * links }, () => random.int(nodes)),
    weight: Float64Array.from({ length: nodes }, () => 1 + random.int(10)),
    infected: Array.from({ length: INFECTED }, () => random.int(nodes)),
    protect: Array.from({ length: PROTECTED }, () => random.int(nodes)),
  };
}

export function benchSearch({ quick }: RunOptions) {
  const seeds = quick ? 2 : SEEDS;
  const events = quick ? 100_000 : 10_000_000;
  const sweeps: number[] = [];
  const { view, indexMs } = contacts(events, quick ? 2_000 : 100_000, 1);
  for (let seed = 0; seed < seeds; seed++)
    sweeps.push(timed(() => void backwardClosure(view, { node: seed, at: 86_400_000 })));
  const [nodes, links] = quick ? [2_000, 6_000] : [50_000, 150_000];
  const cuts: number[] = [];
  let possible = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const problem = cutProblem(nodes!, links!, seed);
    cuts.push(timed(() => void (possible += minimumVertexCut(problem).possible ? 1 : 0)));
  }
  return {
    figures: { backward_10m_events_ms: median(sweeps), vertex_cut_50k_150k_ms: median(cuts) },
    workload: {
      backward: { events, seeds, index_ms: indexMs },
      vertex_cut: { nodes, links, infected: INFECTED, protected: PROTECTED, seeds, possible },
    },
  };
}
