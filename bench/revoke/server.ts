/** The server of `bench revoke`: a vault with one record behind a listener of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Millis } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { openDoor, type TestDoor } from '../../modules/vault/src/lease/testing-views.ts';
import { must, OFFICER, recordOf, testVault, type TestVault } from '../../modules/vault/src/testing.ts';
import { answer } from '../ingest/plan.ts';

let sql: TestSql;
let at: TestVault;
let door: TestDoor;
const folder = mkdtempSync(join(tmpdir(), 'cityward-revoke-'));

answer({
  start: async ({ pages }: { pages: number }) => {
    sql = await openTestSql();
    at = testVault(sql, folder, { viewsPerPersonMax: pages });
    Object.defineProperty(at.clock, 'now', { get: () => Date.now() as Millis });
    await at.vault.start();
    // A page has a stream and, for moments, a request.
    door = await openDoor(at.vault, { connectionsMax: 3 * pages + 1_000 });
    return { base: door.base, record: must(await at.vault.put(recordOf(), OFFICER)).record };
  },
  stop: async () => {
    await door.listener.stop();
    await at.vault.stop();
    await sql.stop();
    rmSync(folder, { recursive: true, force: true });
    return null;
  },
});
