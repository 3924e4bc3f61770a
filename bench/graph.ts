/** `bench graph`: how fast the city graph is searched, an attack is swept back in time, and a cut is found. */
import type { Report, RunOptions } from './report.ts';
import { benchBfs } from './graph/bfs.ts';
import { benchSearch } from './graph/search.ts';

export function run(options: RunOptions): Promise<Report> {
  const bfs = benchBfs(options);
  const search = benchSearch(options);
  return Promise.resolve({
    name: 'graph',
    figures: { ...bfs.figures, ...search.figures },
    against: bfs.against,
    workload: { ...bfs.workload, ...search.workload },
  });
}
