import type * as run from '../nodes/model/run.ts';
import { attack, type Control } from '../testing-attack.ts';

/** Of the model with faults; the measurement makes ten million. */
const STEPS = 60_000;
/** Of several cities: ids are drawn anew each time, and one city in many shows a cut control nothing. */
const CITIES = 3;

const way = (name: string, control: Control) => ({
  way: name,
  control,
  run: async ({ runModel }: typeof run) => {
    for (let city = 0; city < CITIES; city++) {
      const { served, pushed, confirmed, servedAfterRevoke } = await runModel(`attack/nodes/${city}`, STEPS);
      if (served === 0 || pushed === 0 || confirmed === 0) throw new Error('the model did nothing');
      if (servedAfterRevoke > 0) return true;
    }
    return false;
  },
});

attack<typeof run>({
  id: 'A5',
  name: 'consent taken back while a node lags, freezes, is cut off or crashes',
  through: 'nodes/model/run.ts',
  ways: [
    way('a piece that a node writes after it was away', {
      file: 'lease/views.ts',
      text: 'if (!this.#parts.mayServe() || !this.#stands(view)) return sink.drop();',
      cut: '',
    }),
    way('a lease that a node pushes to a page after it was away', {
      file: 'lease/views.ts',
      text: 'if (!this.#parts.mayServe()) return false;',
      cut: '',
    }),
    way('a node whose lease has ended', {
      file: 'nodes/node.ts',
      text: 'this.#parts.monotonic() < monotonic && this.#parts.now() < wall',
      cut: 'true',
    }),
    way('a taking back that is confirmed before all nodes have it', {
      file: 'nodes/node.ts',
      text: 'if (isHere && nodes.every((node) => node.applied >= sequence || this.#isOver(node))) return;',
      cut: 'if (isHere) return;',
    }),
    way('a node that is taken for ended before its lease is', {
      file: 'nodes/node.ts',
      text: 'this.#parts.monotonic() - sighting.since >= NODE_LEASE_MS',
      cut: 'this.#parts.monotonic() - sighting.since >= 0',
    }),
  ],
});
