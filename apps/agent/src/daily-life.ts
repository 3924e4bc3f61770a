/** The city's ordinary conversations, as its profile tells them, carried over the site switches at their time. */
import { HOUR_MS, MINUTE_MS } from '@cityward/kernel';
import { conversationsOf, trafficOf, type HourOfTalk, type PortMerrow } from '@cityward/city/reference';
import type { Fabric } from './fabric.ts';
import type { Field } from './field.ts';
import type { Schedule } from './schedule.ts';

/** So much is planned at a time: an hour of a large city would fill memory with what is yet to come. */
const SLICE_MS = 5 * MINUTE_MS;
const MODBUS_PORT = 502;
/** Bytes of one register read on the wire, and how many one conversation has at most. */
const READ_BYTES = 12;
const READS_MAX = 400;

export interface LifeParts {
  readonly city: PortMerrow;
  readonly fabric: Fabric;
  readonly field: Field;
  readonly schedule: Schedule;
}

interface Turn {
  readonly at: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly answered: boolean;
  /** First conversation of its hour: a controller then sets the pump's speed for it. */
  readonly first: boolean;
}

/** What a pump is told for this hour: more by day. */
export const setPointAt = (at: number): number => {
  const hour = Math.floor(at / HOUR_MS) % 24;
  return hour >= 6 && hour < 22 ? 82 : 58;
};

/** Really polls over Modbus TCP if the switches let it through; what was on the wire is what is reported. */
async function pollPump({ fabric, field }: LifeParts, talk: HourOfTalk, turn: Turn): Promise<void> {
  const { src, dst, port, protocol } = talk;
  const planned = { src, dst, port, protocol, bytesOut: turn.bytesOut, bytesIn: turn.bytesIn } as const;
  if (!fabric.passes(src, dst)) {
    fabric.carry({ ...planned, answer: 'unanswered' }, turn.at);
    return;
  }
  const setPoint = turn.first ? setPointAt(turn.at) : null;
  const reads = Math.max(1, Math.min(READS_MAX, Math.round(turn.bytesOut / READ_BYTES)));
  const polled = await field.poll(dst, { reads, setPoint });
  const answer = polled && !polled.answered ? 'unanswered' : turn.answered ? 'answered' : 'unanswered';
  const outcome = fabric.carry({ ...planned, ...(polled ?? {}), answer }, turn.at);
  if (setPoint !== null && outcome === 'answered') {
    fabric.command({ src, dst, action: `write speed set-point ${setPoint} %` }, turn.at);
  }
}

/** Plans the conversations of the slice that begins at `from`, leaving out what is past already. */
export function planSlice(
  parts: LifeParts,
  traffic: ReturnType<typeof trafficOf>,
  span: { from: number; now: number },
): void {
  const { city, fabric, schedule } = parts;
  const hour = Math.floor(span.from / HOUR_MS);
  for (let index = 0; index < city.devices.length; index++) {
    for (const talk of traffic.hour(index, hour)) {
      conversationsOf(talk, hour, city.wiring.salt[index]!).forEach((one, k) => {
        if (one.at < Math.max(span.from, span.now) || one.at >= span.from + SLICE_MS) return;
        const { src, dst, port, protocol } = talk;
        schedule.at(one.at, () => {
          if (port === MODBUS_PORT) return void pollPump(parts, talk, { ...one, first: k === 0 });
          const answer = one.answered ? 'answered' : 'unanswered';
          fabric.carry({ src, dst, port, protocol, bytesOut: one.bytesOut, bytesIn: one.bytesIn, answer }, one.at);
        });
      });
    }
  }
}

/** Begins ordinary life now and goes on slice by slice until the schedule stops. */
export function beginLife(parts: LifeParts, now: number): void {
  const traffic = trafficOf(parts.city);
  const plan = (from: number, at: number): void => {
    planSlice(parts, traffic, { from, now: at });
    parts.schedule.at(from + SLICE_MS, (later) => plan(from + SLICE_MS, later));
  };
  plan(Math.floor(now / SLICE_MS) * SLICE_MS, now);
}
