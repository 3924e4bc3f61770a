/** The city's past and its benign days as observations, told by the same functions that the simulator's devices live by. */
import type { Flow, Observation, Observed } from '@cityward/contracts';
import { DAY_MS, HOUR_MS } from '@cityward/kernel';
import type { PortMerrow } from './city.ts';
import { hourOf } from './rhythm.ts';
import { reportsPerHour, telemetryOf } from './telemetry.ts';
import { conversationsOf, isAwake, trafficOf, type HourOfTalk } from './traffic.ts';

export const HISTORY_DAYS = 14;
/** History lies before anything that a stream may hold, so its positions do too; each hour has room for so many. */
const HISTORY_POSITION = -1_000_000_000_000;
const POSITIONS_PER_HOUR = 500_000;

export interface Span {
  /** Milliseconds since 1970; cut down to whole hours. */
  readonly from: number;
  readonly to: number;
  /** One flow an hour for each pair of a device and a peer, or each conversation by itself. */
  readonly grain: 'hour' | 'conversation';
  /** True: positions below zero, before any stream. */
  readonly past: boolean;
}
export interface HistoryOptions {
  readonly days?: number;
  /** Where it ends: now, or the hour before the first live observation. */
  readonly endAt: number;
}

function flowOf(talk: HourOfTalk, at: number): Flow {
  return {
    kind: 'flow',
    at,
    src: talk.src,
    dst: talk.dst,
    dst_port: talk.port,
    protocol: talk.protocol,
    outcome: talk.unanswered === talk.count ? 'unanswered' : 'answered',
    bytes_out: talk.bytesOut,
    bytes_in: talk.bytesIn,
    count: talk.count,
  };
}

function apart(talk: HourOfTalk, hour: number, salt: number): Flow[] {
  return conversationsOf(talk, hour, salt).map((one) => ({
    kind: 'flow',
    at: one.at,
    src: talk.src,
    dst: talk.dst,
    dst_port: talk.port,
    protocol: talk.protocol,
    outcome: one.answered ? 'answered' : 'unanswered',
    bytes_out: one.bytesOut,
    bytes_in: one.bytesIn,
  }));
}

/**
 * Observations of the span, hour after hour; within an hour by device, or by time with grain `conversation`. Telemetry is told
 * once an hour with its count. Marked simulated and unauthenticated, gateway `history`; positions grow.
 */
export function* observations(city: PortMerrow, span: Span): Generator<Observed, void, undefined> {
  const traffic = trafficOf(city);
  const { devices, wiring } = city;
  const switches = devices.map((_, index) => devices[wiring.switchOf[index]!]!.id);
  let position = (span.past ? HISTORY_POSITION : 1) + hourOf(span.from) * POSITIONS_PER_HOUR;
  const tell = (reporter: string, body: Observation, received: number): Observed => ({
    reporter,
    gateway: 'history',
    received,
    authenticated: false,
    replay: false,
    simulated: true,
    position: position++,
    body,
  });
  for (let hour = hourOf(span.from); hour < hourOf(span.to); hour++) {
    const end = (hour + 1) * HOUR_MS - 1;
    const told: Observed[] = [];
    for (let index = 0; index < devices.length; index++) {
      if (!isAwake(city, index, hour)) continue;
      const device = devices[index]!;
      const salt = wiring.salt[index]!;
      for (const talk of traffic.hour(index, hour)) {
        if (span.grain === 'hour') yield tell(switches[index]!, flowOf(talk, end), end);
        else for (const flow of apart(talk, hour, salt)) told.push(tell(switches[index]!, flow, flow.at));
      }
      const values = telemetryOf(device.class, salt, end);
      const telemetry = {
        kind: 'telemetry',
        at: end,
        subject: device.id,
        values,
        count: reportsPerHour(device.class),
      } as const;
      if (span.grain === 'hour') yield tell(device.id, telemetry, end);
      else told.push(tell(device.id, telemetry, end));
    }
    if (told.length === 0) continue;
    told.sort((a, b) => a.body.at - b.body.at);
    const first = position - told.length;
    for (let i = 0; i < told.length; i++) yield { ...told[i]!, position: first + i };
  }
}

/** The days before `endAt`, by the hour: what a city that has run for a while already knows. Day 15, live, goes on from it. */
export function history(city: PortMerrow, options: HistoryOptions): Generator<Observed, void, undefined> {
  const days = options.days ?? HISTORY_DAYS;
  return observations(city, { from: options.endAt - days * DAY_MS, to: options.endAt, grain: 'hour', past: true });
}

/** The n-th benign day after `from` (0 is the day that begins there), conversation by conversation, as live traffic would be. */
export function benignDay(
  city: PortMerrow,
  options: { from: number; day: number },
): Generator<Observed, void, undefined> {
  const from = options.from + options.day * DAY_MS;
  return observations(city, { from, to: from + DAY_MS, grain: 'conversation', past: false });
}
