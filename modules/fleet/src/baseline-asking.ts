/** Questions on their way: a reader is asked for few devices at a time, few readers at once, and nobody is waited for without end. */
import { ASKED_DEVICES_MAX, type BaselineAsk } from '@cityward/contracts';
import { SECOND_MS } from '@cityward/kernel';
import type { BaselineNeeds } from './baseline-needs.ts';
import type { LoadedSet } from './domain/baseline/catalogue.ts';

/** What one reader is asked for at a time; the next part goes when it has answered, or is silent for too long. */
const ASKED_AT_ONCE = 50;
const READERS_AT_ONCE = 200;
const ANSWER_MS = 90 * SECOND_MS;

export type Ended = 'answered' | 'silent' | 'unreachable';
export interface Question {
  readonly scan: string;
  readonly set: LoadedSet;
  readonly device: string;
  readonly reader: string;
}
interface Queued {
  readonly scan: string;
  readonly set: LoadedSet;
  readonly devices: string[];
}
interface Part extends Omit<Queued, 'devices'> {
  readonly reader: string;
  readonly left: Set<string>;
  readonly until: number;
}

export interface Asking {
  ask(questions: Iterable<Question>): void;
  answered(scan: string, device: string): void;
  /** Those that are silent for too long are waited for no longer. */
  tick(): void;
  stop(): void;
}

export function createAsking(needs: BaselineNeeds, ended: (scan: string, device: string, as: Ended) => void): Asking {
  const queues = new Map<string, Queued[]>();
  const busy = new Map<string, Part>();
  let stopped = false;
  const end = (part: Part, device: string, as: Ended): void => {
    if (!part.left.delete(device)) return;
    ended(part.scan, device, as);
    if (part.left.size > 0 || busy.get(part.reader) !== part) return;
    busy.delete(part.reader);
    // Not at once: many answers come in one turn.
    setImmediate(pump);
  };
  const send = (part: Part): void => {
    const { reader, scan, set, left, until } = part;
    const ask: BaselineAsk = { ask: 'baseline', scan, notAfter: until, reads: [...set.reads], devices: [...left] };
    needs.world.ask(reader, ask).catch((fault: unknown) => {
      needs.log.info('a reader could not be asked', { reader, fault: String(fault) });
      for (const device of [...left]) end(part, device, 'unreachable');
    });
  };
  function pump(): void {
    for (const [reader, queue] of queues) {
      if (stopped || busy.size >= READERS_AT_ONCE) return;
      const next = busy.has(reader) ? undefined : queue[0];
      if (!next) {
        if (queue.length === 0) queues.delete(reader);
        continue;
      }
      const devices = next.devices.splice(0, Math.min(ASKED_AT_ONCE, ASKED_DEVICES_MAX));
      if (next.devices.length === 0) queue.shift();
      const until = needs.clock() + ANSWER_MS;
      const part: Part = { reader, scan: next.scan, set: next.set, left: new Set(devices), until };
      busy.set(reader, part);
      send(part);
    }
  }
  return {
    ask: (questions) => {
      for (const { scan, set, device, reader } of questions) {
        const queue = queues.get(reader) ?? [];
        queues.set(reader, queue);
        const last = queue.at(-1);
        if (last?.scan === scan && last.set === set) last.devices.push(device);
        else queue.push({ scan, set, devices: [device] });
      }
      pump();
    },
    answered: (scan, device) => {
      for (const part of busy.values())
        if (part.scan === scan && part.left.has(device)) return end(part, device, 'answered');
    },
    tick: () => {
      for (const part of [...busy.values()])
        if (part.until <= needs.clock()) for (const device of [...part.left]) end(part, device, 'silent');
      pump();
    },
    stop: () => {
      stopped = true;
    },
  };
}
