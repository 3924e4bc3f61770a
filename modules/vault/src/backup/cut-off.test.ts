/** A restore that is cut off at any write leaves the vault closed, and is ended by running it again. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTestSql } from '@cityward/sql/testing';
import { must, OFFICER, TEXT } from '../testing.ts';
import { steppedFiles } from '../testing-calls.ts';
import { backUp, openSite, shared, type SiteOptions } from '../testing-disaster.ts';

const CALLS_MAX = 30;
const opening: SiteOptions['opening'] = { city: 'Test', check: () => ({ ok: true, value: ['ann', 'bob'] }) };

it('a restore cut off at every write of keys, journal, database and ledger, as by a full disk', async () => {
  const sql = await openTestSql();
  const folder = mkdtempSync(join(tmpdir(), 'cityward-cut-'));
  mkdirSync(join(folder, 'backups'));
  let left = Infinity;
  const step = (): void => {
    if (--left < 0) throw new Error('ENOSPC: no space left on device');
  };
  try {
    const beforeWrite = (): Promise<void> => new Promise((done) => done(step()));
    const site = await openSite({
      ...{ sql: { ...sql, transact: async (work) => (await beforeWrite(), sql.transact(work)) } },
      ...{ folder, opening, beforeAppend: beforeWrite },
      ...steppedFiles(beforeWrite),
    });
    const { record } = await shared(site);
    const made = await backUp(site, folder);
    const asked = { folder: made, keysFrom: null, reason: 'a fire', by: OFFICER };
    for (let calls = 0; ; calls++) {
      expect(calls).toBeLessThan(CALLS_MAX);
      left = calls;
      const done = await site.vault.custody.restore(asked).catch((fault: unknown) => fault as Error);
      left = Infinity;
      if (!(done instanceof Error) && done.ok && done.value.gate.startsWith('closed, since')) break;
      // Nobody sees anything of what is half there, after a restart neither, which says what to do.
      expect(await site.seen(record)).toBe('VAULT_CLOSED');
      await site.vault.stop();
      await site.vault.start();
      expect(site.vault.status().gateWords).toMatch(/a restore from|^closed, since/);
      expect(await site.seen(record)).toBe('VAULT_CLOSED');
    }
    must(await site.vault.custody.open(must(await site.vault.custody.opening()), []));
    expect(await site.seen(record)).toBe(TEXT);
    await site.stop();
  } finally {
    await sql.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
