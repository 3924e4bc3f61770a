/** The release of an export killed as a process before each call of the disk or SQL: it is released once and counted once, or not at all. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '@cityward/log';
import { openPglite } from '@cityward/sql';
import { codeOf, testVault } from '../testing.ts';
import { releaseExport } from '../testing-exports.ts';
import { CACHE, linesOf } from '../testing-killed.ts';

const SCRIPT = fileURLToPath(new URL('../testing-kill-export.ts', import.meta.url));
const CALLS_MAX = 20;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-kill-export-'));
  mkdirSync(join(folder, 'sql'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Tables {
  'vault.copy': { place: string };
  'platform.outbox': { type: string; subject: string; data: unknown };
}
/** After a restart: how it stands, and how once it is released again. */
async function afterRestart(id: string) {
  const sql = await openPglite({ folder: join(folder, 'sql'), cache: CACHE, log: silentLog });
  const at = testVault(sql, folder);
  await at.vault.start();
  const found = async () => (await at.vault.exports.list()).find((one) => one.id === id)!;
  try {
    const { state: killed } = await found();
    const again = codeOf(await releaseExport(at, id));
    const { state, manifest } = await found();
    const copies = await sql
      .for<Tables>()
      .selectFrom('vault.copy')
      .select('place')
      .where('place', '=', `export:${id}`)
      .execute();
    const facts = await sql
      .for<Tables>()
      .selectFrom('platform.outbox')
      .selectAll()
      .where('type', '=', 'export.released')
      .execute();
    const told = facts.filter((fact) => JSON.stringify(fact).includes(id)).length;
    return { killed, again, state, before: manifest?.before, copies: copies.length, told };
  } finally {
    await at.vault.stop();
    await sql.stop();
  }
}

it('an export killed at its release', async () => {
  const once = { state: 'released', copies: 1, told: 1 };
  for (let killAt = 1; ; killAt++) {
    expect(killAt).toBeLessThan(CALLS_MAX);
    const [id, acknowledged, made] = (await linesOf(SCRIPT, folder, CACHE, String(killAt))) as [
      string,
      string?,
      string?,
    ];
    const after = await afterRestart(id);
    expect(after).toMatchObject({ ...once, before: killAt - 1 });
    expect(after.again).toBe(after.killed === 'released' ? 'EXPORT_DECIDED' : 'done');
    if (acknowledged === undefined) continue;
    expect([after.killed, Number(made)]).toEqual(['released', killAt - 1]);
    return;
  }
}, 300_000);
