/** What holds a change back: only freezes at sites of its own devices, each with how many of them wait because of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, type Refusal, type Result } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { idOf, testColumns } from './domain/rollout/testing.ts';
import type { Fleet } from './service.ts';
import { createTestFleet } from './testing-fleet.ts';
import { signedOfficers, TEST_CITY, TEST_NOW, testOfficer, testOfficers } from './testing.ts';
import { jobBytes } from './verify.ts';

const DEVICES = 60;
const PER_SITE = 6;
const people = [testOfficer('ada'), testOfficer('bea')];
const columns = testColumns(DEVICES);
const everybody = Array.from({ length: DEVICES }, (_, device) => idOf(device));
const atSite = (site: number): string[] => everybody.slice(site * PER_SITE, (site + 1) * PER_SITE);

let sql: TestSql;
let folder: string;
let fleet: Fleet;

function must<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

beforeAll(async () => {
  sql = await openTestSql();
  folder = mkdtempSync(join(tmpdir(), 'cityward-held-back-'));
  fleet = await createTestFleet({ sql, folder, now: () => TEST_NOW, columns: () => columns });
  await fleet.start();
  must(await fleet.officers.add(signedOfficers(testOfficers(people, { city: TEST_CITY }), people), 'test'));
}, 60_000);
afterAll(async () => {
  await fleet.stop();
  await sql.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function freeze(scope: string): Promise<void> {
  must(await fleet.freezes.freeze({ scope, until: TEST_NOW + HOUR_MS, reason: 'Incident', by: 'respond' }));
}
async function frozen(id: string): Promise<(readonly [string, number])[]> {
  return must(await fleet.changes.get(id)).frozen.map(({ scope, devices }) => [scope, devices] as const);
}
async function planned(devices: readonly string[]): Promise<string> {
  const [change] = must(
    await fleet.changes.add(
      {
        title: 'Restart them',
        action: { do: 'restart' },
        revert: null,
        selection: { classes: [], models: [], wards: [], sites: [], running: [], devices: [...devices] },
        options: { canary: 60, shares: [1], soakMs: 0, healthMs: 0, perSite: 100, silenceMs: 2 * HOUR_MS },
        tracks: [],
        notBefore: TEST_NOW,
        notAfter: TEST_NOW + DAY_MS,
      },
      'olga',
    ),
  );
  return change!.id;
}

it('is named before the change starts, while it runs, and no longer once it is stopped', async () => {
  const id = await planned([...atSite(0), ...atSite(3).slice(0, 4)]);
  expect(await frozen(id)).toEqual([]);
  await freeze('site-3');
  await freeze('site-9');
  expect(await frozen(id)).toEqual([['site-3', 4]]);

  const bytes = jobBytes(must(await fleet.changes.job(id)));
  for (const person of people) must(await fleet.signatures.add(id, person.sign(bytes), 'olga'));
  must(await fleet.changes.begin(id, 'olga', 'Tonight'));
  await fleet.changes.tick();
  const first = everybody.find((device) => fleet.desk.orderFor(device))!;
  const said = {
    order: 'job',
    job: id,
    part: 'forward',
    seq: 1,
    at: TEST_NOW,
    running: '1.0.0',
    reason: null,
  } as const;
  must(await fleet.desk.report(first, { ...said, state: 'accepted' }));
  expect(await frozen(id)).toEqual([['site-3', 4]]);
  await freeze('all');
  // The one that has taken its order carries on.
  expect(await frozen(id)).toEqual([
    ['site-3', 4],
    ['all', 9],
  ]);

  must(await fleet.changes.steer(id, { how: 'stop', reason: 'Not tonight', by: 'olga' }));
  expect(await frozen(id)).toEqual([]);
});
