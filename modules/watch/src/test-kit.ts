/** A small city for the tests of watch: three kinds of device, a way to speak in their name, a state to fold into. */
import type { DeviceClass, Flow, Observed } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@cityward/kernel';
import { learn, observe } from './domain/engine.ts';
import type { LiveFinding } from './domain/findings.ts';
import { settle } from './domain/hours.ts';
import { decodeState, encodeState } from './domain/snapshot.ts';
import { createState, type KindOf, type WatchState } from './domain/state.ts';

/** A Monday, 00:00 UTC. */
export const MONDAY = Date.UTC(2026, 10, 23);
export const hours = (count: number): number => count * HOUR_MS;
export const minutes = (count: number): number => count * MINUTE_MS;
export const days = (count: number): number => count * DAY_MS;

const CLASSES: Readonly<Record<string, DeviceClass>> = {
  cam: 'camera',
  rec: 'other',
  pump: 'water-pump',
  plc: 'plant-controller',
  bin: 'waste-bin',
};
/** `cam-0001` is a camera, `rec-0001` a recorder, and so on; everything else is not of the city. */
export const kindOf: KindOf = (node) => {
  const found = /^(cam|rec|pump|plc|bin)-\d{4}$/.exec(node);
  const deviceClass = found ? CLASSES[found[1]!]! : undefined;
  return deviceClass ? { kind: `${deviceClass} M1`, class: deviceClass, name: `Device ${node}`, ward: 'ward-1' } : null;
};

export const newState = (): WatchState => createState({ kindOf, idOf: (text) => `fnd ${text}` });

let position = 0;
export const restartPositions = (): void => {
  position = 0;
};
export const seen = (body: Observed['body'], rest: Partial<Observed> = {}): Observed => ({
  reporter: 'switch-0001',
  gateway: 'mqtt',
  received: body.at,
  authenticated: true,
  replay: false,
  simulated: false,
  position: ++position,
  body,
  ...rest,
});

export interface Talk extends Partial<Flow> {
  readonly at: number;
  readonly src: string;
  readonly dst: string;
}
export const talk = (given: Talk): Flow => ({
  kind: 'flow',
  dst_port: 443,
  protocol: 'tcp',
  outcome: 'answered',
  bytes_out: 1_000,
  bytes_in: 500,
  ...given,
});
export const report = (subject: string, at: number, count?: number): Observed['body'] => ({
  kind: 'telemetry',
  at,
  subject,
  values: { level_pct: 1 },
  ...(count === undefined ? {} : { count }),
});

/** Folds live and answers what was raised by it. */
export function tell(
  state: WatchState,
  bodies: readonly Observed['body'][],
  rest: Partial<Observed> = {},
): LiveFinding[] {
  for (const body of bodies) observe(state, seen(body, rest));
  return takeRaised(state);
}
export function takeRaised(state: WatchState): LiveFinding[] {
  const { raised } = state.registry;
  state.registry.raised = [];
  return raised;
}

/** The fortnight (or fewer days) before `MONDAY`: every hour what `usual` says of it. */
export function teach(state: WatchState, usual: (at: number) => readonly Observed['body'][], dayCount = 14): void {
  for (let at = MONDAY - days(dayCount); at < MONDAY; at += HOUR_MS)
    for (const body of usual(at + minutes(30)))
      learn(state, seen(body, { gateway: 'history', simulated: true, position: -1 }));
}

export const CAMERAS = ['cam-0001', 'cam-0002', 'cam-0003'] as const;
/** Cameras send video to their recorder, reports to the gateway; a controller polls its pumps. */
export const usualHour = (at: number): Observed['body'][] => [
  ...CAMERAS.flatMap((camera): Observed['body'][] => [
    talk({ at, src: camera, dst: 'rec-0001', dst_port: 554, bytes_out: 400_000_000, bytes_in: 4_000_000, count: 12 }),
    talk({ at, src: camera, dst: 'ip:10.0.0.10', dst_port: 8883, bytes_out: 24_000, bytes_in: 7_000, count: 6 }),
    report(camera, at, 60),
  ]),
  talk({ at, src: 'plc-0001', dst: 'pump-0001', dst_port: 502, count: 60 }),
  talk({ at, src: 'plc-0001', dst: 'pump-0002', dst_port: 502, count: 60 }),
  report('plc-0001', at, 60),
  report('pump-0001', at, 60),
  report('pump-0002', at, 60),
];
const lessons = new Map<number, Buffer>();
/** A state that knows the city's fortnight, or its last days. */
export function taught(dayCount = 14): WatchState {
  const needs = { kindOf, idOf: (text: string) => `fnd ${text}` };
  let lesson = lessons.get(dayCount);
  if (!lesson) {
    const state = newState();
    teach(state, usualHour, dayCount);
    settle(state);
    lesson = Buffer.concat(encodeState(state));
    lessons.set(dayCount, lesson);
  }
  return decodeState(lesson, needs) as WatchState;
}
