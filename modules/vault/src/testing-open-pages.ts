/** Attacks on one open page, each on a vault of its own. */
import type * as pages from './lease/testing-pages.ts';
import type { Place, Way } from './testing-attack.ts';

type Pages = typeof pages;

/** Calls `run` on an open page of its own vault. */
export const onPage =
  (
    run: (tools: Pages, at: pages.Bench, page: pages.Page) => Promise<boolean>,
    consent: Parameters<Pages['bench']>[1] = {},
  ): Way<Pages>['run'] =>
  async (tools: Pages, place: Place) => {
    const at = await tools.bench(place, consent);
    try {
      return await run(tools, at, await tools.Page.open(at));
    } finally {
      at.views.stop();
      await at.stop();
    }
  };

/** Seconds of the city's clocks, which the page may know nothing of. */
export function pass(at: pages.Bench, ms: number): void {
  at.at.clock.now += ms;
  at.monotonic.now += ms;
}
