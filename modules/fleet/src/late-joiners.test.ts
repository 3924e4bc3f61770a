/** Devices that come after a change was signed: the same is prepared for them, once, of the newest, and nothing moves unsigned. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Change, ChangeDraft } from '@cityward/contracts';
import { DAY_MS, MINUTE_MS, type Refusal, type Result } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { UNKNOWN, type ColumnRow, type Columns } from './domain/rollout/columns.ts';
import { idOf, testColumns } from './domain/rollout/testing.ts';
import type { Fleet } from './service.ts';
import { createTestFleet } from './testing-fleet.ts';
import { signedOfficers, TEST_CITY, TEST_NOW, testOfficer, testOfficers } from './testing.ts';
import { jobBytes, verifyOrder } from './verify.ts';

const AT_FIRST = 12;
const people = [testOfficer('ada'), testOfficer('bea')];
const officers = testOfficers(people, { city: TEST_CITY });
const [OLD, NEW, NEWER] = ['1.0.0', '2.0.0', '3.0.0'] as const;

let sql: TestSql;
let folder: string;
let fleet: Fleet;
let now: number;
let columns: Columns;
let refs: Record<string, { name: string; version: string; sha256: string; size: number }>;
/** What each device runs, and devices that have no certificate yet. */
let runs: Map<string, string>;
let unknown: Set<string>;

function must<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
async function* once(text: string): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(Buffer.from(text));
}
const cityOf = (devices: number): void => {
  const change = (device: number): Partial<ColumnRow> => ({
    class: 'camera',
    model: device % 2 === 0 ? 'even' : 'odd',
    running: runs.get(idOf(device)) ?? OLD,
    flags: unknown.has(idOf(device)) ? UNKNOWN : 0,
  });
  columns = testColumns(devices, change);
};

beforeAll(async () => {
  sql = await openTestSql();
  folder = mkdtempSync(join(tmpdir(), 'cityward-late-'));
});
afterAll(async () => {
  await sql.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await fleet?.stop();
  if (fleet) await sql.reset();
  now = TEST_NOW;
  runs = new Map();
  unknown = new Set();
  cityOf(AT_FIRST);
  fleet = await createTestFleet({
    sql,
    folder,
    now: () => now,
    columns: () => columns,
    city: { siteOf: () => 'site-0' },
  });
  await fleet.start();
  must(await fleet.officers.add(signedOfficers(officers, people), 'test'));
  refs = {};
  for (const version of [OLD, NEW, NEWER]) {
    const about = { kind: 'firmware' as const, name: 'cam', version, classes: [], models: [], hardware: [] };
    const { name, sha256, size } = must(await fleet.artifacts.add(about, once(version), 'test'));
    refs[version] = { name, version, sha256, size };
  }
}, 60_000);
afterAll(() => fleet.stop());

const draft = (version: string, more: Partial<ChangeDraft> = {}): ChangeDraft => ({
  title: `Cameras to ${version}`,
  action: { do: 'install', artifact: refs[version]! },
  revert: { to: refs[OLD]!, until: now + 7 * DAY_MS },
  selection: { classes: ['camera'], models: ['even'], wards: [], sites: [], running: [], devices: [] },
  options: { canary: 6, shares: [1], soakMs: 0, healthMs: 0, perSite: 100, quorum: 1 },
  tracks: [],
  notBefore: now,
  notAfter: now + DAY_MS,
  ...more,
});

async function sign(id: string): Promise<void> {
  const bytes = jobBytes(must(await fleet.changes.job(id)));
  for (const person of people) must(await fleet.signatures.add(id, person.sign(bytes), 'olga'));
}
/** Signed, begun, and done by every device that it names, each of which verifies that it is named. */
async function play(id: string, version: string): Promise<string[]> {
  await sign(id);
  must(await fleet.changes.begin(id, 'olga', 'Tonight'));
  const did: string[] = [];
  for (let tick = 0; tick < 10; tick++) {
    for (const device of columns.ids) {
      const order = fleet.desk.orderFor(device);
      if (!order || order.job.id !== id) continue;
      const against = { officers, device, counter: order.leaf.counter - 1, now };
      must(verifyOrder(order, { ...against, runs: { firmware: runs.get(device) ?? OLD, document: null } }));
      const said = { order: 'job', job: id, part: 'forward', seq: 1, at: now } as const;
      must(await fleet.desk.report(device, { ...said, state: 'done', running: version, reason: null }));
      runs.set(device, version);
      did.push(device);
    }
    now += MINUTE_MS;
    await fleet.changes.tick();
    if (must(await fleet.changes.get(id)).change.state === 'finished') break;
  }
  expect(must(await fleet.changes.get(id)).change.state).toBe('finished');
  cityOf(columns.ids.length);
  return did;
}
const plan = async (what: ChangeDraft): Promise<string> => must(await fleet.changes.add(what, 'olga'))[0]!.id;
const membersOf = async (change: Change): Promise<string[]> =>
  must(await fleet.changes.devices(change.id, { limit: 100 }))
    .devices.map(({ device }) => device)
    .sort();

describe('devices that came after a change was signed', () => {
  it('are given the same by a change that waits for signatures of its own, and does nothing before', async () => {
    const id = await plan(draft(NEW));
    expect(await play(id, NEW)).toHaveLength(AT_FIRST / 2);
    expect(await fleet.changes.followUp()).toEqual([]);
    cityOf(AT_FIRST + 4);
    const late = [idOf(AT_FIRST), idOf(AT_FIRST + 2)];
    const [prepared] = await fleet.changes.followUp();
    expect(prepared).toMatchObject({
      state: 'planned',
      devices: 2,
      planned: { by: 'system' },
      signed: { complete: false },
    });
    expect(prepared!.words).toBe(
      `Prepared for 2 devices that came after "Cameras to ${NEW}" was signed; waits for signatures`,
    );
    expect(await membersOf(prepared!)).toEqual(late);
    for (const device of late) expect(fleet.desk.orderFor(device)).toBeNull();
    expect(await fleet.changes.begin(prepared!.id, 'olga', 'Now')).toMatchObject({ error: { code: 'NOT_SIGNED' } });
    // It is not prepared again while it waits, whoever else comes.
    cityOf(AT_FIRST + 6);
    expect(await fleet.changes.followUp()).toEqual([]);
    expect((await play(prepared!.id, NEW)).sort()).toEqual(late);
    const [next] = await fleet.changes.followUp();
    expect(await membersOf(next!)).toEqual([idOf(AT_FIRST + 4)]);
  }, 60_000);

  it('get no order by the signatures that were there before: the device itself refuses to be added', async () => {
    const id = await plan(draft(NEW));
    await sign(id);
    must(await fleet.changes.begin(id, 'olga', 'Tonight'));
    const order = fleet.desk.orderFor(idOf(0))!;
    const device = idOf(AT_FIRST);
    const forged = { ...order, leaf: { ...order.leaf, device } };
    expect(
      verifyOrder(forged, { officers, device, counter: 0, runs: { firmware: OLD, document: null }, now }),
    ).toMatchObject({
      ok: false,
    });
  });

  it('are also those that stood in the city without a certificate then', async () => {
    unknown.add(idOf(2));
    cityOf(AT_FIRST);
    await play(await plan(draft(NEW)), NEW);
    expect(await fleet.changes.followUp()).toEqual([]);
    unknown.clear();
    cityOf(AT_FIRST);
    const [prepared] = await fleet.changes.followUp();
    expect(await membersOf(prepared!)).toEqual([idOf(2)]);
  }, 60_000);

  it('get the newest, not the queue of the old ones', async () => {
    await play(await plan(draft(NEW)), NEW);
    await play(await plan(draft(NEWER)), NEWER);
    cityOf(AT_FIRST + 2);
    const prepared = await fleet.changes.followUp();
    expect(prepared.map(({ title, devices }) => [title, devices])).toEqual([[`Later: Cameras to ${NEWER}`, 1]]);
  }, 60_000);

  it('get nothing of a change that named its devices, was sent back, or is not over', async () => {
    const named = draft(NEW);
    await play(await plan({ ...named, selection: { ...named.selection, devices: [idOf(0), idOf(2)] } }), NEW);
    const running = await plan(draft(NEWER));
    await sign(running);
    must(await fleet.changes.begin(running, 'olga', 'Tonight'));
    cityOf(AT_FIRST + 2);
    expect(await fleet.changes.followUp()).toEqual([]);
    must(await fleet.changes.steer(running, { how: 'stop', reason: 'Not tonight', by: 'olga' }));
    expect(await fleet.changes.followUp()).toEqual([]);
  }, 60_000);

  it('are named anew when nobody signed in time', async () => {
    await play(await plan(draft(NEW)), NEW);
    cityOf(AT_FIRST + 2);
    expect(await fleet.changes.followUp()).toHaveLength(1);
    now += 20 * DAY_MS;
    const [again] = await fleet.changes.followUp();
    expect(await membersOf(again!)).toEqual([idOf(AT_FIRST)]);
    now += 91 * DAY_MS;
    expect(await fleet.changes.followUp()).toEqual([]);
  }, 60_000);
});
