/** The baseline as one: read, judged, excepted, mended; and keys that grow old. */
import type { BaselineSummary, DeviceBaseline, JobReport } from '@cityward/contracts';
import type { Refusal, Result } from '@cityward/kernel';
import { createExceptions, type Exceptions } from './baseline-exceptions.ts';
import { addFix, previewFix } from './baseline-mending.ts';
import type { BaselineNeeds } from './baseline-needs.ts';
import { createReads } from './baseline-readings.ts';
import { createRegister, standingScore, type Register } from './baseline-register.ts';
import { createScans, SCAN_TICK_MS, type Scans } from './baseline-scans.ts';
import { controlView, deviceRows, deviceView, setViews, type DeviceQuery } from './baseline-view.ts';
import type { TierScore } from './domain/baseline/score.ts';
import { createRotations, type Rotations } from './rotation.ts';
import { allReadings } from './store-baseline.ts';

/** How a device stands now, over the default protection and the basic tier; for whoever decides by it. */
export interface BaselineStanding extends Omit<TierScore, 'tier'> {
  /** When it was read; null for never, or too long ago to say anything. */
  readonly read: number | null;
  /** By whom. */
  readonly by: string | null;
  /** The controls that fail, by id, without those excepted. */
  readonly failing: readonly string[];
}

export interface Baseline {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A reading from MQTT: resolves once it is saved; refused with a reason. */
  take(reporter: string, payload: Uint8Array): Promise<Result<void, Refusal>>;
  /** Null: no controls are kept for such a device, or there is none. From memory. */
  standing(device: string): BaselineStanding | null;
  summary(): BaselineSummary;
  control(id: string): ReturnType<typeof controlView>;
  devices(query: DeviceQuery): ReturnType<typeof deviceRows>;
  device(id: string): Promise<Result<DeviceBaseline, Refusal>>;
  readonly scans: Pick<Scans, 'start' | 'get' | 'tick'>;
  readonly exceptions: Pick<Exceptions, 'list' | 'add' | 'end' | 'tick'>;
  readonly rotations: Pick<Rotations, 'view' | 'plan'>;
  previewFix(order: Parameters<typeof previewFix>[1]): ReturnType<typeof previewFix>;
  addFix(order: Parameters<typeof addFix>[1], by: string): ReturnType<typeof addFix>;
  /** A device reported that it is done: what was changed is read again, what was renewed is remembered. */
  changed(device: string, report: JobReport): Promise<void>;
  settled(): Promise<void>;
}

/** After a change a device may start anew: it is read when it has had time for that. */
const AGAIN_AFTER_MS = 5_000;
/** The others are read with the next daily scan. */
const AGAIN_MAX = 50_000;

export function createBaseline(needs: BaselineNeeds, { ticking = true } = {}): Baseline {
  const register = createRegister(needs);
  const parts = { needs, register };
  const scans = createScans(parts);
  const exceptions = createExceptions(parts);
  const rotations = createRotations(parts);
  const reads = createReads({ ...parts, answered: scans.answered });
  const again = createAgain(scans.again);
  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    scans.tick();
    exceptions
      .tick()
      .catch((fault: unknown) =>
        needs.log.warn('exceptions could not be ended, and will be', { fault: String(fault) }),
      );
  };
  return {
    start: async () => {
      for await (const page of allReadings(needs.sql)) for (const row of page) register.rows.set(row.device, row);
      await exceptions.start();
      await rotations.start();
      if (ticking) timer = setInterval(tick, SCAN_TICK_MS);
      timer?.unref();
    },
    stop: async () => {
      clearInterval(timer);
      again.stop();
      scans.stop();
      await reads.settled();
    },
    take: reads.take,
    standing: (device) => standingOf(register, device),
    summary: () => ({ sets: setViews(parts), exceptions: exceptions.list().length, scan: scans.newest() }),
    control: (id) => controlView(parts, id),
    devices: (query) => deviceRows(parts, query),
    device: (id) => deviceView(parts, id),
    scans,
    exceptions,
    rotations,
    previewFix: (order) => previewFix(parts, order),
    addFix: (order, by) => addFix(parts, order, by),
    changed: async (device, report) => {
      const action = needs.actionOf(report.job);
      if (action?.do === 'rotate' && report.part === 'forward') await rotations.done(device, report, action.what);
      if (register.rows.has(device)) again.add(device);
    },
    settled: reads.settled,
  };
}

function standingOf(register: Register, device: string): BaselineStanding | null {
  const one = register.standing(device);
  if (!one) return null;
  const failing = one.set.controls.filter(
    ({ rated, tier }, at) =>
      rated !== false && tier !== 'extended' && one.stateOf(at) === 'failed' && !one.isExcepted(at),
  );
  return {
    ...standingScore(one),
    read: one.isUnread ? null : one.row!.received,
    by: one.isUnread ? null : one.row!.reporter,
    failing: failing.map(({ id }) => id),
  };
}

/** Devices that changed, collected for a moment and read together. */
function createAgain(read: (devices: readonly string[]) => void) {
  const devices = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    const now = [...devices];
    devices.clear();
    read(now);
  };
  return {
    add: (device: string): void => {
      if (devices.size < AGAIN_MAX) devices.add(device);
      timer ??= setTimeout(flush, AGAIN_AFTER_MS).unref();
    },
    stop: (): void => clearTimeout(timer),
  };
}
