/** Killed as a process while a record goes to the archive: it is seen all the same, and no object is there without a row. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '@cityward/log';
import { openObjects } from '@cityward/objects';
import { openPglite } from '@cityward/sql';
import { AROHA, codeOf, person, testVault } from '../testing.ts';
import { CACHE, linesOf } from '../testing-killed.ts';
import { look } from '../testing-rig.ts';
import { archiving, OLD } from './testing-archive.ts';

const SCRIPT = fileURLToPath(new URL('../testing-kill-archive.ts', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-kill-archive-'));
  mkdirSync(join(folder, 'sql'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Tables {
  'vault.copy': { place: string; closed_at: number | null };
  'vault.version': { record: string; content: Buffer | null; archived: string | null };
}
/** After a restart, and after the next round. */
async function afterRestart(record: string) {
  const sql = await openPglite({ folder: join(folder, 'sql'), cache: CACHE, log: silentLog });
  const objects = await openObjects({ folder: join(folder, 'archive') });
  const at = testVault(sql, folder, archiving(objects));
  await at.vault.start();
  at.clock.now = OLD;
  const seen = async () => codeOf(await at.vault.view(look(record, { principal: person(AROHA) })));
  const withoutRow = async (): Promise<number> => {
    const rows = await sql
      .for<Tables>()
      .selectFrom('vault.copy')
      .select('place')
      .where('closed_at', 'is', null)
      .execute();
    const named = new Set(rows.map(({ place }) => place));
    return (await objects.list()).filter((hash) => !named.has(`object:${hash}`)).length;
  };
  const isInSql = async (): Promise<boolean> => {
    const version = await sql
      .for<Tables>()
      .selectFrom('vault.version')
      .select('content')
      .where('record', '=', record)
      .executeTakeFirstOrThrow();
    return version.content !== null;
  };
  try {
    const killed = { seen: await seen(), withoutRow: await withoutRow(), isInSql: await isInSql() };
    await at.vault.archive().tend();
    return { killed, next: { seen: await seen(), withoutRow: await withoutRow(), isInSql: await isInSql() } };
  } finally {
    await at.vault.stop();
    await sql.stop();
  }
}

/** Each process takes seconds. In between, faults are thrown in `archive.test.ts`. */
it.each([
  ['its row is there, and its bytes are not', 2],
  ['its bytes lie there, and in SQL too', 4],
])(
  'a record killed on its way to the archive when %s',
  async (_, killAt) => {
    const said = await linesOf(SCRIPT, folder, CACHE, String(killAt));
    expect(said).toHaveLength(1);
    const { killed, next } = await afterRestart(said[0]!);
    expect(killed).toEqual({ seen: 'done', withoutRow: 0, isInSql: true });
    expect(next).toEqual({ seen: 'done', withoutRow: 0, isInSql: false });
  },
  120_000,
);
