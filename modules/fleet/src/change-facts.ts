/** What of a change goes into the evidence. */
import type { JobReport, NewFact } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { Decision } from './domain/rollout/gates.ts';
import type { Attempt } from './domain/rollout/state.ts';
import type { Alarm } from './domain/rollout/take.ts';
import type { LiveChange } from './live-change.ts';

/** Up to so many devices each end of an attempt is a fact of its own; beyond, failures are, and the sums at the end. */
const EACH_DEVICE_MAX = 10_000;
/** Of one save; a change in which more fail stops long before. */
const FAILURES_PER_SAVE_MAX = 1_000;

export type Told =
  | { readonly decision: Decision; readonly by: string; readonly at: number }
  | { readonly started: true; readonly by: string; readonly at: number }
  /** An order to erase a device has ended: who says so, and how far it came. */
  | { readonly wiped: string; readonly by: string; readonly report: JobReport; readonly at: number }
  | { readonly resumed: string; readonly by: string; readonly at: number }
  | { readonly alarm: Alarm; readonly device: string; readonly reason: string; readonly at: number };

const TYPES = {
  'wave-opened': 'change.wave-opened',
  paused: 'change.paused',
  stopped: 'change.stopped',
  'rolling-back': 'change.rolled-back',
  finished: 'change.finished',
  'rolled-back': 'change.finished',
} as const satisfies Record<Decision['what'], NewFact['type']>;

export function factsOf(
  live: LiveChange,
  { attempts, told }: { readonly attempts: readonly Attempt[]; readonly told: readonly Told[] },
): NewFact[] {
  // One that failed is in the evidence as any other that did.
  const worth = told.filter((one) => !('wiped' in one) || one.report.state === 'done');
  return [...worth.map((one) => factOf(live, one)), ...attemptFacts(live, attempts)];
}

function factOf(live: LiveChange, told: Told): NewFact {
  const { id, devices, counter } = live.row;
  if ('alarm' in told) {
    const { alarm, device, reason, at } = told;
    const data = { change: id, alarm, reason };
    return { module: 'fleet', type: 'change.refused-by-device', actor: device, subject: device, at, data };
  }
  if ('wiped' in told) {
    const { wiped, by, report, at } = told;
    const data = { change: id, reason: report.reason, report: { ...report } as unknown as Json };
    return { module: 'fleet', type: 'device.wiped', actor: by, subject: wiped, at, data };
  }
  const common = { module: 'fleet', actor: told.by, subject: id, at: told.at } as const;
  if ('started' in told) return { ...common, type: 'change.started', data: { devices, counter } };
  if ('resumed' in told) return { ...common, type: 'change.resumed', data: { reason: told.resumed } };
  const { decision } = told;
  const count = 'devices' in decision ? { devices: decision.devices } : { devices };
  return { ...common, type: TYPES[decision.what], data: { reason: decision.words, ...count } };
}

function attemptFacts(live: LiveChange, attempts: readonly Attempt[]): NewFact[] {
  const each = live.row.devices <= EACH_DEVICE_MAX;
  const worth = attempts.filter(({ outcome }) => outcome !== 'offline' && outcome !== 'withdrawn');
  const shown = each
    ? worth
    : worth
        .filter(({ outcome }) => outcome === 'wrong-version' || outcome === 'rejected')
        .slice(0, FAILURES_PER_SAVE_MAX);
  return shown.map((attempt) => ({
    module: 'fleet',
    type: 'change.ended-for-device',
    actor: 'system',
    subject: live.ids[attempt.member]!,
    at: attempt.ended,
    data: {
      change: live.row.id,
      outcome: attempt.outcome,
      attempt: attempt.attempt,
      part: attempt.part === 0 ? 'forward' : 'revert',
      running: attempt.running,
      reason: attempt.reason ?? attempt.outcome,
    },
  }));
}
