/** A whole city that drifts, more devices than one order may name, mended by one change: found, planned, signed, done, found no more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SELECTED_DEVICES_MAX } from '@cityward/contracts';
import { MINUTE_MS, type Refusal, type Result } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { idOf, PER_SITE, testColumns } from './domain/rollout/testing.ts';
import type { Fleet } from './service.ts';
import { createTestFleet } from './testing-fleet.ts';
import { signedOfficers, TEST_CITY, TEST_NOW, testOfficer, testOfficers } from './testing.ts';
import { jobBytes, verifyOrder } from './verify.ts';

const DEVICES = 12_000;
const AS_WANTED = 6;
const STRANGE = 'f'.repeat(64);
const TICKS_MAX = 20;
const people = [testOfficer('ada'), testOfficer('bea')];
const officers = testOfficers(people, { city: TEST_CITY });
const everybody = Array.from({ length: DEVICES }, (_, device) => idOf(device));

let sql: TestSql;
let folder: string;
let fleet: Fleet;
let now = TEST_NOW;

beforeAll(async () => {
  sql = await openTestSql();
  folder = mkdtempSync(join(tmpdir(), 'cityward-drift-'));
  const columns = testColumns(DEVICES, () => ({ class: 'camera' }));
  fleet = await createTestFleet({ sql, folder, now: () => now, columns: () => columns });
  await fleet.start();
  must(await fleet.officers.add(signedOfficers(officers, people), 'test'));
}, 120_000);
afterAll(async () => {
  await fleet.stop();
  await sql.stop();
  rmSync(folder, { recursive: true, force: true });
});

function must<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe(`${DEVICES} devices that drift`, () => {
  it('are mended by one change, whose order each of them verifies, and drift no more', async () => {
    expect(DEVICES).toBeGreaterThan(SELECTED_DEVICES_MAX);
    const part = { document: { ntp: { servers: ['a', 'b'] } }, reason: 'Baseline', by: 'olga' };
    must(await fleet.desired.set({ scope: 'class', key: 'camera', ...part }));
    const wanted = must(await fleet.desired.of(everybody[0]!)).hash!;
    for (const [at, device] of everybody.entries())
      fleet.desk.seen(device, { firmware: null, document: at < AS_WANTED ? wanted : STRANGE });

    const { groups } = await fleet.desired.drift();
    expect(groups).toMatchObject([{ document: wanted, devices: DEVICES - AS_WANTED }]);
    const { draft } = groups[0]!;
    // They are found again when it is planned, by the document: nobody has to name them.
    expect(draft.selection.devices).toEqual([]);
    const options = { canary: 50, shares: [1], soakMs: 0, healthMs: 0, perSite: PER_SITE, inFlight: DEVICES };
    const changes = must(await fleet.changes.add({ ...draft, options }, 'olga'));
    expect(changes).toMatchObject([{ devices: DEVICES - AS_WANTED }]);
    const { id } = changes[0]!;
    must(await fleet.signatures.add(id, people[0]!.sign(jobBytes(must(await fleet.changes.job(id)))), 'olga'));
    must(await fleet.changes.begin(id, 'olga', 'Tonight'));

    let verified = 0;
    for (let tick = 0; tick < TICKS_MAX; tick++) {
      await Promise.all(
        everybody.map(async (device) => {
          const order = fleet.desk.orderFor(device);
          if (!order) return;
          // Every hundredth for itself: the signature over the tree is the same for all.
          if (order.index % 100 === 0) {
            const runs = { firmware: null, document: STRANGE };
            must(verifyOrder(order, { officers, device, counter: order.leaf.counter - 1, runs, now }));
            verified++;
          }
          const said = { order: 'job', job: order.job.id, part: order.part, seq: 1, at: now } as const;
          must(await fleet.desk.report(device, { ...said, state: 'done', running: wanted, reason: null }));
          fleet.desk.seen(device, { firmware: null, document: wanted });
        }),
      );
      now += MINUTE_MS;
      await fleet.changes.tick();
      if (must(await fleet.changes.get(id)).change.state === 'finished') break;
    }
    expect(must(await fleet.changes.get(id)).change.state).toBe('finished');
    expect(verified).toBeGreaterThan(100);
    const { kept, recounted } = must(await fleet.changes.counters(id));
    expect(kept).toEqual(recounted);
    expect(Object.entries(recounted).reduce((sum, [name, count]) => sum + (name.endsWith('done') ? count : 0), 0)).toBe(
      DEVICES - AS_WANTED,
    );
    expect(await fleet.desired.drift()).toEqual({ groups: [] });
  }, 180_000);
});
