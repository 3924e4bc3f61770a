/** `bench graph`: how fast the city graph is searched. */
import type { Report, RunOptions } from './report.ts';
import { benchBfs } from './graph/bfs.ts';

export function run(options: RunOptions): Promise<Report> {
  const bfs = benchBfs(options);
  return Promise.resolve({ name: 'graph', figures: bfs.figures, against: bfs.against, workload: bfs.workload });
}
