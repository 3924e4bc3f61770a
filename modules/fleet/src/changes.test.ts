/** Changes through the service and SQL: signed before they start, exact after every kill, sent back, frozen, mended. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { collected } from '@cityward/objects';
import type { ChangeDraft, JobOrder, JobReport } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { idOf, testColumns } from './domain/rollout/testing.ts';
import type { Fleet } from './service.ts';
import { createTestFleet } from './testing-fleet.ts';
import { signedOfficers, TEST_CITY, TEST_NOW, testOfficer, testOfficers } from './testing.ts';
import { jobBytes, verifyOrder } from './verify.ts';

const OLD = '1.0.0';
const NEW = '2.0.0';
const DEVICES = 60;
const people = [testOfficer('ada'), testOfficer('bea')];
const officers = testOfficers(people, { city: TEST_CITY });

let sql: TestSql;
let folder: string;
let now = TEST_NOW;
let refs: Record<string, { name: string; version: string; sha256: string; size: number }>;
const away = new Set<string>();
const alarms: string[] = [];
const columns = testColumns(DEVICES);
let opened: Fleet[] = [];

beforeAll(async () => {
  sql = await openTestSql();
  folder = mkdtempSync(join(tmpdir(), 'cityward-changes-'));
});
afterAll(async () => {
  for (const fleet of opened) await fleet.stop().catch(() => undefined);
  await sql.stop();
  rmSync(folder, { recursive: true, force: true });
});

function must<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
async function* once(text: string): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(Buffer.from(text));
}

let kill = (): unknown => undefined;

/** The service as after a start; the one before is left as a kill leaves it: it never writes again. */
async function open(database: Sql = sql): Promise<Fleet> {
  kill();
  for (const fleet of opened) await fleet.stop().catch(() => undefined);
  let alive = true;
  kill = () => (alive = false);
  const own: Sql = {
    ...database,
    transact: (work) => (alive ? database.transact(work) : Promise.reject(new Error('killed'))),
  };
  const fleet = await createTestFleet({
    sql: own,
    folder,
    now: () => now,
    columns: () => columns,
    city: { reachable: (device) => !away.has(device) },
    alarm: (device, what) => alarms.push(`${device} ${what}`),
  });
  await fleet.start();
  opened = [fleet];
  return fleet;
}

async function prepare(): Promise<Fleet> {
  const fleet = await open();
  must(await fleet.officers.add(signedOfficers(officers, people), 'test'));
  refs = {};
  for (const version of [OLD, NEW]) {
    const about = { kind: 'firmware' as const, name: 'cam', version, classes: [], models: [], hardware: [] };
    const { name, sha256, size } = must(await fleet.artifacts.add(about, once(version), 'test'));
    refs[version] = { name, version, sha256, size };
  }
  return fleet;
}
beforeEach(async () => {
  kill();
  for (const fleet of opened) await fleet.stop().catch(() => undefined);
  opened = [];
  if (refs) await sql.reset();
  now = TEST_NOW;
  away.clear();
  alarms.length = 0;
});

const draft = (changes: Partial<ChangeDraft> = {}, options: ChangeDraft['options'] = {}): ChangeDraft => ({
  title: 'Cameras to 2.0.0',
  action: { do: 'install', artifact: refs[NEW]! },
  revert: { to: refs[OLD]!, until: now + 7 * DAY_MS },
  selection: { classes: [], models: [], wards: [], sites: [], running: [], devices: [] },
  options: {
    canary: 6,
    shares: [0.3, 1],
    soakMs: 0,
    healthMs: 0,
    threshold: 0.5,
    retries: 1,
    backOffMs: MINUTE_MS,
    ...options,
  },
  tracks: [],
  notBefore: now,
  notAfter: now + DAY_MS,
  ...changes,
});

async function signed(fleet: Fleet, what: ChangeDraft = draft()): Promise<string> {
  const [change] = must(await fleet.changes.add(what, 'olga'));
  const bytes = jobBytes(must(await fleet.changes.job(change!.id)));
  for (const person of people) must(await fleet.signatures.add(change!.id, person.sign(bytes), 'olga'));
  return change!.id;
}
async function started(fleet: Fleet, what?: ChangeDraft): Promise<string> {
  const id = await signed(fleet, what);
  must(await fleet.changes.begin(id, 'olga', 'Tonight'));
  return id;
}

/** What the device itself has: it verifies, counts its reports and does a job once. */
interface Lamp {
  seq: Map<string, number>;
  runs: string;
  counter: number;
}
const lamps = new Map<string, Lamp>();
const lampOf = (device: string): Lamp => {
  const lamp = lamps.get(device) ?? { seq: new Map(), runs: OLD, counter: 0 };
  lamps.set(device, lamp);
  return lamp;
};
const everybody = Array.from({ length: DEVICES }, (_, device) => idOf(device));

const reportOf = (device: string, order: JobOrder, state: JobReport['state']): JobReport => {
  const lamp = lampOf(device);
  const key = `${order.job.id} ${order.part}`;
  const seq = (lamp.seq.get(key) ?? 0) + 1;
  lamp.seq.set(key, seq);
  return { order: 'job', job: order.job.id, part: order.part, seq, at: now, state, running: lamp.runs, reason: null };
};
const ways = (order: JobOrder): JobReport['state'][] =>
  order.part === 'forward' ? ['accepted', 'installing', 'restarting', 'done'] : ['accepted', 'reverted'];

/** One device does its order to the end, reporting each step twice. */
async function obey(fleet: Fleet, device: string): Promise<void> {
  const order = fleet.desk.orderFor(device);
  if (!order) return;
  const lamp = lampOf(device);
  const runs = { firmware: lamp.runs, document: null };
  must(verifyOrder(order, { officers, device, counter: lamp.counter, runs, now }));
  for (const state of ways(order)) {
    if (state === 'done') Object.assign(lamp, { runs: NEW, counter: order.leaf.counter });
    if (state === 'reverted') lamp.runs = OLD;
    const report = reportOf(device, order, state);
    must(await fleet.desk.report(device, report));
    must(await fleet.desk.report(device, report));
  }
}

async function exact(fleet: Fleet, id: string): Promise<Readonly<Record<string, number>>> {
  const { kept, recounted } = must(await fleet.changes.counters(id));
  expect(kept).toEqual(recounted);
  return recounted;
}
const phaseOf = async (fleet: Fleet, id: string): Promise<string> => must(await fleet.changes.get(id)).change.state;

describe('a change', () => {
  beforeEach(() => lamps.clear());

  it('starts only with the signatures that devices ask for, and only once', async () => {
    const fleet = await prepare();
    const seen: string[] = [];
    fleet.changes.running.onLive((event) => seen.push(event.kind === 'change' ? event.state : event.kind));
    const [change] = must(await fleet.changes.add(draft(), 'olga'));
    const refused = await fleet.changes.begin(change!.id, 'olga', 'Tonight');
    expect(refused).toMatchObject({ ok: false, error: { code: 'NOT_SIGNED' } });
    const bytes = jobBytes(must(await fleet.changes.job(change!.id)));
    must(await fleet.signatures.add(change!.id, people[0]!.sign(bytes), 'olga'));
    expect(await fleet.changes.begin(change!.id, 'olga', 'Tonight')).toMatchObject({ error: { code: 'NOT_SIGNED' } });
    must(await fleet.signatures.add(change!.id, people[1]!.sign(bytes), 'olga'));
    expect(seen).toEqual(['planned', 'planned', 'planned']); // planned, and signed twice: screens show each at once
    must(await fleet.changes.begin(change!.id, 'olga', 'Tonight'));
    expect(await fleet.changes.begin(change!.id, 'olga', 'Again')).toMatchObject({ error: { code: 'CHANGE_STATE' } });
  });

  it('reaches every device although the server is killed between all steps', async () => {
    let fleet = await prepare();
    const id = await started(fleet);
    for (let round = 0; round < 40 && (await phaseOf(fleet, id)) === 'running'; round++) {
      for (const device of everybody) {
        const order = fleet.desk.orderFor(device);
        if (!order) continue;
        await obey(fleet, device);
        if (Number(device.slice(4)) % 7 === 0) fleet = await open();
      }
      fleet = await open();
      now += MINUTE_MS;
      await fleet.changes.tick();
      fleet = await open();
      await exact(fleet, id);
    }
    expect(await phaseOf(fleet, id)).toBe('finished');
    expect(await exact(fleet, id)).toEqual({ '0 0 done': 6, '0 1 done': 12, '0 2 done': 42 });
    const { attempts } = must(await fleet.changes.attempts(id, { limit: 100 }));
    expect(attempts).toHaveLength(DEVICES);
    expect(new Set(attempts.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  }, 60_000);

  it('is exact when a save fails, and acknowledges nothing that is not saved', async () => {
    let failing = false;
    await prepare();
    const fragile: Sql = {
      ...sql,
      transact: (work) => (failing ? Promise.reject(new Error('the disk is full')) : sql.transact(work)),
    };
    const fleet = await open(fragile);
    const id = await started(fleet);
    const device = everybody.find((one) => fleet.desk.orderFor(one))!;
    const order = fleet.desk.orderFor(device)!;
    for (const state of ['accepted', 'restarting'] as const)
      must(await fleet.desk.report(device, reportOf(device, order, state)));
    lampOf(device).runs = NEW;
    const report = reportOf(device, order, 'done');
    failing = true;
    await expect(fleet.desk.report(device, report)).rejects.toThrow('disk');
    await expect(fleet.desk.report(device, report)).rejects.toThrow('disk');
    failing = false;
    must(await fleet.desk.report(device, report));
    expect(await exact(fleet, id)).toEqual({ '0 0 done': 1 });
    const again = await open();
    expect(await exact(again, id)).toEqual({ '0 0 done': 1 });
    expect(again.desk.orderFor(device)).toBeNull();
  });

  it('stops at the threshold and sends back, over a restart', async () => {
    let fleet = await prepare();
    const id = await started(fleet, draft({}, { threshold: 0.3, atThreshold: 'roll-back', retries: 0 }));
    const told = everybody.filter((device) => fleet.desk.orderFor(device));
    await obey(fleet, told[0]!);
    for (const device of told.slice(1, 3)) {
      const order = fleet.desk.orderFor(device)!;
      must(await fleet.desk.report(device, reportOf(device, order, 'accepted')));
      must(await fleet.desk.report(device, reportOf(device, order, 'failed')));
    }
    now += 1_000;
    await fleet.changes.tick();
    expect(await phaseOf(fleet, id)).toBe('rolling-back');
    fleet = await open();
    expect(await phaseOf(fleet, id)).toBe('rolling-back');
    for (let round = 0; round < 9; round++) {
      for (const device of everybody) await obey(fleet, device);
      now += 1_000;
      await fleet.changes.tick();
      fleet = await open();
      await exact(fleet, id);
    }
    expect(await phaseOf(fleet, id)).toBe('rolled-back');
    expect(lampOf(told[0]!).runs).toBe(OLD);
    const { decisions, failures, options } = must(await fleet.changes.get(id));
    expect(decisions.map(({ words }) => words).join('\n')).toContain('2 of 6 devices failed in wave "canary"');
    expect([failures, options.threshold]).toEqual([[{ outcome: 'error', part: 'forward', attempts: 2 }], 0.3]);
  });

  it('never has more of a class of one site under way than half', async () => {
    const fleet = await prepare();
    await started(fleet, draft({}, { canary: 60, shares: [1] }));
    const perGroup = new Map<string, number>();
    for (const device of everybody.filter((one) => fleet.desk.orderFor(one))) {
      const number = Number(device.slice(4));
      const group = `${Math.floor(number / 6)} ${number % 6 < 4 ? 'camera' : 'signal'}`;
      perGroup.set(group, (perGroup.get(group) ?? 0) + 1);
    }
    expect(perGroup.size).toBe(20);
    for (const [group, count] of perGroup) expect(count).toBe(group.endsWith('camera') ? 2 : 1);
  });

  it('holds while a site is frozen, over a restart, and thaws by itself', async () => {
    let fleet = await prepare();
    must(await fleet.freezes.freeze({ scope: 'site-3', until: now + HOUR_MS, reason: 'Incident', by: 'respond' }));
    const id = await started(fleet, draft({}, { canary: 60, shares: [1], silenceMs: 2 * HOUR_MS }));
    const frozen = everybody.slice(18, 24);
    const orders = (): number => frozen.filter((device) => fleet.desk.orderFor(device)).length;
    expect(orders()).toBe(0);
    expect(everybody.slice(0, 6).some((device) => fleet.desk.orderFor(device))).toBe(true);
    fleet = await open();
    now += 30 * MINUTE_MS;
    await fleet.changes.tick();
    expect(orders()).toBe(0);
    now += 31 * MINUTE_MS;
    await fleet.changes.tick();
    expect(orders()).toBeGreaterThan(0);
    expect(fleet.freezes.list()).toEqual([]);
    await exact(fleet, id);
  });

  it('gives a device the newest of two changes, and its counter only grows', async () => {
    const fleet = await prepare();
    const first = await started(fleet);
    const second = await started(fleet, draft({ title: 'Cameras again' }, { canary: 60, shares: [1] }));
    const one = must(await fleet.changes.get(first)).change.counter;
    const two = must(await fleet.changes.get(second)).change.counter;
    expect(two).toBeGreaterThan(one);
    await fleet.changes.tick();
    const given = everybody.flatMap((device) => fleet.desk.orderFor(device)?.job.id ?? []);
    expect(given.filter((job) => job === second).length).toBeGreaterThan(0);
    now -= 10 * DAY_MS; // a clock put back, or an old backup: the count still grows
    const third = await signed(fleet, draft({ title: 'And again' }));
    expect(must(await fleet.changes.get(third)).change.counter).toBeGreaterThan(two);
  });

  it('refuses reports of orders that a device does not have', async () => {
    const fleet = await prepare();
    const id = await started(fleet);
    const without = everybody.find((device) => !fleet.desk.orderFor(device))!;
    const what = { order: 'job', job: id, part: 'forward', seq: 1, at: now } as const;
    const report: JobReport = { ...what, state: 'done', running: NEW, reason: null };
    const last = must(await fleet.changes.attempts(id, {})).attempts.length;
    expect(await fleet.desk.report('nobody', report)).toMatchObject({ error: { code: 'ORDER_UNKNOWN' } });
    expect(await fleet.desk.report(everybody[0]!, { ...report, job: 'chg-unknown' })).toMatchObject({ ok: false });
    const revert = { ...report, part: 'revert' as const };
    expect(await fleet.desk.report(without, revert)).toMatchObject({ error: { code: 'ORDER_UNKNOWN' } });
    expect(must(await fleet.changes.attempts(id, {})).attempts).toHaveLength(last);
  });

  it('alarms when a device refuses what it was told', async () => {
    const fleet = await prepare();
    await started(fleet);
    const device = everybody.find((one) => fleet.desk.orderFor(one))!;
    const order = fleet.desk.orderFor(device)!;
    must(await fleet.desk.report(device, { ...reportOf(device, order, 'refused'), reason: 'NOT_SIGNED' }));
    expect(alarms).toEqual([`${device} refused`]);
    expect(fleet.desk.orderFor(device)).toBeNull();
  });

  it('alarms when a device went back by another way than a signed one', async () => {
    const fleet = await prepare();
    fleet.desk.seen(everybody[0]!, { firmware: NEW, document: null });
    fleet.desk.seen(everybody[0]!, { firmware: null, document: null });
    expect(alarms).toEqual([]);
    fleet.desk.seen(everybody[0]!, { firmware: OLD, document: null });
    expect(alarms).toEqual([`${everybody[0]} downgrade`]);
  });

  it('says in a dry run what it would do, and keeps nothing', async () => {
    const fleet = await prepare();
    const plan = must(fleet.changes.plan(draft()));
    expect(plan).toMatchObject({ devices: 60, difference: [{ from: OLD, to: NEW, devices: 60 }] });
    expect(plan.waves.map(({ name, devices }) => `${name} ${devices}`)).toEqual(['canary 6', '30 % 12', 'all 42']);
    expect(await fleet.changes.list()).toEqual([]);
    expect(fleet.changes.plan(draft({}, { zone: 'Nowhere' }))).toMatchObject({ error: { code: 'ZONE_UNKNOWN' } });
    expect(fleet.changes.plan(draft({}, { shares: [0.5, 0.2] }))).toMatchObject({ error: { code: 'WAVES' } });
  });

  it('finds devices that drift and plans what mends them', async () => {
    const fleet = await prepare();
    const part = { document: { ntp: { servers: ['a', 'b'] }, ssh: true }, reason: 'Baseline', by: 'olga' };
    must(await fleet.desired.set({ scope: 'class', key: 'camera', ...part }));
    must(await fleet.desired.set({ ...part, scope: 'site', key: 'site-0', document: { ssh: false } }));
    const wanted = must(await fleet.desired.of(everybody[0]!));
    expect(wanted).toMatchObject({ document: { ntp: { servers: ['a', 'b'] }, ssh: false }, drift: 'not-said' });
    expect(wanted.origins).toContainEqual({ path: 'ssh', scope: 'site', key: 'site-0' });
    fleet.desk.seen(everybody[0]!, { firmware: OLD, document: wanted.hash });
    expect(must(await fleet.desired.of(everybody[0]!)).drift).toBe('none');
    const other = must(await fleet.desired.of(everybody[7]!));
    fleet.desk.seen(everybody[0]!, { firmware: null, document: other.hash });
    const { groups } = await fleet.desired.drift();
    expect(groups).toMatchObject([{ document: wanted.hash, devices: 1, sample: [everybody[0]] }]);
    expect(must(await fleet.desired.of(everybody[0]!)).difference).toEqual([{ path: 'ssh', is: true, wanted: false }]);
    must(await fleet.changes.add(groups[0]!.draft, 'olga'));
    expect((await collected((await fleet.desk.source(wanted.hash!))!)).toString()).toBe(
      '{"ntp":{"servers":["a","b"]},"ssh":false}',
    );
    // A device with our agent that names no document runs none, and so not the one that is wanted.
    fleet.desk.seen(everybody[8]!, { firmware: OLD, document: null, officers: 1 });
    const bare = must(await fleet.desired.of(everybody[8]!));
    expect([bare.drift, bare.difference.length, fleet.desired.drifted(bare.hash!).size]).toEqual(['drifted', 2, 1]);
  });
});
