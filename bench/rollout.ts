/** `bench rollout`: a constrained rollout over 1,000,000 devices, planned, signed and played through the service and its SQL store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEVICE_CLASSES, type ChangeDraft, type JobReport } from '@cityward/contracts';
import { columnsBuilder, createFleet, FLAGS, type Columns, type Fleet } from '@cityward/fleet';
import { signedOfficers, testPorts, testOfficer, testOfficers } from '@cityward/fleet/testing';
import { jobBytes } from '@cityward/fleet/verify';
import { DAY_MS, hash32, HOUR_MS, millis, MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openObjects } from '@cityward/objects';
import { openTestSql } from '@cityward/sql/testing';
import type { Report, RunOptions } from './report.ts';

const DEVICES = 1_000_000;
const QUICK_DEVICES = 20_000;
const CITY = 'Port Bench';
const PER_SITE = 25;
const MODELS = 40;
const REVISIONS = 3;
const WARDS = 24;
const FROM = '2.0.0';
const TO = '2.1.0';
/** Percent of the devices, each by its own fate. */
const FAIL = 3;
const SILENT = 5;
/** Devices that report at the same time. */
const CROWD = 20_000;
const TURNS_MAX = 2_000;
const START = Date.UTC(2026, 0, 5);

const idOf = (device: number): string => `dev-${String(device).padStart(7, '0')}`;
const fateOf = (id: string): 'fails' | 'silent' | 'works' => {
  const share = hash32(`fate/${id}`) % 100;
  return share < FAIL ? 'fails' : share < FAIL + SILENT ? 'silent' : 'works';
};

function cityOf(devices: number): Columns {
  const builder = columnsBuilder(devices);
  for (let device = 0; device < devices; device++) {
    const site = Math.floor(device / PER_SITE);
    const kind = device % (DEVICE_CLASSES.length - 1);
    builder.add({
      id: idOf(device),
      class: DEVICE_CLASSES[kind]!,
      model: `model-${device % MODELS}`,
      hardware: `rev-${device % REVISIONS}`,
      site: `site-${site}`,
      ward: `ward-${site % WARDS}`,
      service: `service-${kind}`,
      running: device % 50 === 0 ? TO : FROM,
      flags: device % 100 === 7 ? FLAGS.held : 0,
    });
  }
  return builder.done();
}

interface Stage {
  readonly fleet: Fleet;
  readonly time: { now: number };
  readonly devices: number;
}

export async function run({ quick }: RunOptions): Promise<Report> {
  const devices = quick ? QUICK_DEVICES : DEVICES;
  const sql = await openTestSql();
  const folder = await mkdtemp(join(tmpdir(), 'cityward-bench-rollout-'));
  const objects = await openObjects({ folder: join(folder, 'objects') });
  const time = { now: START };
  const columns = cityOf(devices);
  const fleet = createFleet({
    sql,
    objects,
    clock: () => millis(time.now),
    log: silentLog,
    keyFolder: folder,
    cityName: CITY,
    ...testPorts(),
    city: {
      columns: () => columns,
      reachable: () => true,
      barred: () => null,
      returning: () => false,
      siteOf: () => null,
    },
    authorities: () => [],
    alarm: () => undefined,
  });
  try {
    await fleet.start();
    const report = await measure({ fleet, time, devices });
    return { ...report, workload: { engine: sql.engine, ...report.workload } };
  } finally {
    await fleet.stop();
    await sql.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function must<T>(
  result: Promise<{ ok: true; value: T } | { ok: false; error: { message: string } }>,
): Promise<T> {
  const got = await result;
  if (!got.ok) throw new Error(got.error.message);
  return got.value;
}
const peakMb = (): number => Math.round(process.resourceUsage().maxRSS / 1_024);

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(bytes);
}

/** Officers, an artifact, and the change they sign. */
async function prepare({ fleet, time }: Stage): Promise<{ draft: ChangeDraft; sign: (id: string) => Promise<void> }> {
  const people = [testOfficer('ada'), testOfficer('bea')];
  const officers = testOfficers(people, { city: CITY, expires: START + 365 * DAY_MS });
  await must(fleet.officers.add(signedOfficers(officers, people), 'bench'));
  const about = { kind: 'firmware' as const, name: 'firmware', version: TO, classes: [], models: [], hardware: [] };
  const { name, version, sha256, size } = await must(fleet.artifacts.add(about, once(Buffer.from(TO)), 'bench'));
  const everything = { classes: [], models: [], wards: [], sites: [], running: [], devices: [] };
  const draft: ChangeDraft = {
    title: 'Everything to the newest',
    action: { do: 'install', artifact: { name, version, sha256, size } },
    revert: null,
    selection: everything,
    options: {
      canary: 1_000,
      shares: [0.05, 0.2, 0.5, 1],
      quorum: 0.8,
      threshold: 0.15,
      perSite: 8,
      inFlight: 200_000,
      silenceMs: 15 * MINUTE_MS,
      healthMs: MINUTE_MS,
      soakMs: 0,
      retries: 1,
      backOffMs: HOUR_MS,
    },
    tracks: [],
    notBefore: time.now,
    notAfter: time.now + 30 * DAY_MS,
  };
  const sign = async (id: string): Promise<void> => {
    const bytes = jobBytes(await must(fleet.changes.job(id)));
    for (const person of people) await must(fleet.signatures.add(id, person.sign(bytes), 'bench'));
  };
  return { draft, sign };
}

async function measure(stage: Stage): Promise<Report> {
  const { fleet, devices } = stage;
  const { draft, sign } = await prepare(stage);
  const begun = performance.now();
  const dry = await must(Promise.resolve(fleet.changes.plan(draft)));
  const dryMs = performance.now() - begun;
  const planBegun = performance.now();
  const [change] = await must(fleet.changes.add(draft, 'bench'));
  const planMs = performance.now() - planBegun;
  const planMb = peakMb();
  const { id } = change!;
  await sign(id);
  const playBegun = performance.now();
  const played = await play(stage, id);
  const playMs = performance.now() - playBegun;
  const counters = await must(fleet.changes.counters(id));
  const keys = new Set([...Object.keys(counters.kept), ...Object.keys(counters.recounted)]);
  let errors = 0;
  for (const key of keys) errors += Math.abs((counters.kept[key] ?? 0) - (counters.recounted[key] ?? 0));
  const sums = new Map<string, number>();
  for (const [key, count] of Object.entries(counters.recounted)) {
    const outcome = key.split(' ')[2]!;
    sums.set(outcome, (sums.get(outcome) ?? 0) + count);
  }
  return {
    name: 'rollout',
    figures: {
      plan_1m_ms: Math.round(planMs),
      plan_1m_rss_mb: planMb,
      play_1m_ms: Math.round(playMs),
      counter_errors: errors,
      dry_run_ms: Math.round(dryMs),
      play_rss_mb: peakMb(),
    },
    workload: {
      devices,
      in_change: dry.devices,
      waves: dry.waves.map((wave) => wave.devices),
      fail_percent: FAIL,
      silent_percent: SILENT,
      attempts: Object.fromEntries(sums),
      reports: played.reports,
      ended_as: played.state,
      plan: 'exclusions, waves, effects, device tree of the job, stored',
    },
  };
}

/** Every device polls its order and reports as its fate wants; time jumps to the next thing that can happen. */
async function play({ fleet, time }: Stage, id: string): Promise<{ reports: number; state: string }> {
  let told: string[] = [];
  fleet.desk.onOrder((device) => told.push(device));
  await must(fleet.changes.begin(id, 'bench', 'Bench'));
  let reports = 0;
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    const devices = told;
    told = [];
    for (let from = 0; from < devices.length; from += CROWD)
      reports += await crowd(fleet, devices.slice(from, from + CROWD), time.now);
    // The first jump lets the well ones prove themselves, the second the silent ones be silent for too long.
    time.now += devices.length > 0 ? MINUTE_MS + SECOND_MS : 15 * MINUTE_MS;
    await fleet.changes.tick();
    const state = fleet.changes.running.live(id)!.rollout.phase;
    if (state !== 'running') return { reports, state };
  }
  throw new Error(`play a rollout: not over after ${TURNS_MAX} turns`);
}

const WAYS = {
  works: ['accepted', 'installing', 'restarting', 'done'],
  fails: ['accepted', 'installing', 'failed'],
  silent: ['accepted'],
} as const satisfies Record<string, readonly JobReport['state'][]>;

async function crowd(fleet: Fleet, devices: readonly string[], at: number): Promise<number> {
  const waiting: Promise<unknown>[] = [];
  let reports = 0;
  for (const device of devices) {
    const order = fleet.desk.orderFor(device);
    if (!order) throw new Error(`poll for "${device}": it was told of an order that is not there`);
    let seq = fleet.desk.nextSeq(device, order.job.id);
    for (const state of WAYS[fateOf(device)]) {
      const running = state === 'done' ? TO : FROM;
      const said = {
        order: 'job',
        job: order.job.id,
        part: order.part,
        seq: seq++,
        at,
        state,
        running,
        reason: null,
      } as const;
      waiting.push(must(fleet.desk.report(device, said)));
      reports++;
    }
  }
  await Promise.all(waiting);
  return reports;
}
