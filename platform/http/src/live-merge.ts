/** Folds events of one short while together, so that a stream carries at most a few of each kind. */
import type { LiveEvent } from '@cityward/contracts';

type DevicesEvent = Extract<LiveEvent, { kind: 'devices' }>;
export const DEVICES_PER_EVENT_MAX = 5_000;

export interface LiveMerge {
  add(event: LiveEvent): void;
  readonly empty: boolean;
  /** What was added since the last time, folded, oldest first; forgets it. */
  take(): LiveEvent[];
}

/** Counts, evidence, trust: the newest stands. Devices: the newest state of each. The others: the same said twice is said once. */
export function createLiveMerge(): LiveMerge {
  let kept = new Map<string, LiveEvent>();
  let states = new Map<string, DevicesEvent['changes'][number]>();
  let statesAt = 0;
  return {
    add(event) {
      if (event.kind === 'devices') {
        for (const change of event.changes) states.set(change[0], change);
        statesAt = Math.max(statesAt, event.at);
        return;
      }
      const key = keyOf(event);
      kept.delete(key);
      kept.set(key, event);
    },
    get empty() {
      return kept.size === 0 && states.size === 0;
    },
    take() {
      const events: LiveEvent[] = [...chunks([...states.values()], statesAt), ...kept.values()];
      kept = new Map();
      states = new Map();
      return events;
    },
  };
}

function* chunks(changes: DevicesEvent['changes'], at: number): Generator<LiveEvent> {
  for (let from = 0; from < changes.length; from += DEVICES_PER_EVENT_MAX)
    yield { kind: 'devices', at, changes: changes.slice(from, from + DEVICES_PER_EVENT_MAX) };
}

function keyOf(event: Exclude<LiveEvent, DevicesEvent>): string {
  if (!('id' in event)) return event.kind;
  const change = 'change' in event ? event.change : event.state;
  return `${event.kind}/${event.id}/${change}`;
}
