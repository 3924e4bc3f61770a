/** A vault with many records of one person, which are erased in one go. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { AROHA, must, OFFICER, testVault, verifyEvery, type TestVault } from '@cityward/vault/testing';
import { answer } from '../ingest/plan.ts';

let sql: TestSql;
let at: TestVault;
let folder: string;

async function fill({ versions, bytes, batch }: { versions: number; bytes: number; batch: number }) {
  folder = mkdtempSync(join(tmpdir(), 'cityward-bench-destroy-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  sql = await openTestSql();
  at = testVault(sql, folder);
  await at.vault.start();
  const content = Buffer.from(JSON.stringify({ note: 'x'.repeat(bytes - 11) })).toString('base64');
  const draft = { subject: AROHA, category: 'library', media: 'application/json', content } as const;
  for (let done = 0; done < versions; done += batch)
    must(
      await at.vault.putMany(
        Array.from({ length: Math.min(batch, versions - done) }, () => draft),
        OFFICER,
      ),
    );
  return null;
}

async function erase({ versions }: { versions: number }) {
  const desk = at.vault.desk();
  const began = performance.now();
  const answered = must(
    await desk.erasing.erase({ subject: AROHA, by: AROHA, code: 'erasure-asked', reason: 'please' }),
  );
  const erased = performance.now();
  const verifier = { name: 'Otto', title: 'officer', location: 'City Hall', contact: 'records@port.test' };
  const { record } = must(await desk.destructions.draft(answered.destruction!, { verifier, by: 'per-otto' }));
  const drafted = performance.now();
  const proven = await verifyEvery(sql, answered.destruction!, record);
  const ended = performance.now();
  const { keysFound, slotsFound, ciphertextLeft } = record.verification;
  if (answered.destroyed !== versions || proven !== versions || keysFound + slotsFound + ciphertextLeft > 0)
    throw new Error(`destroy: ${answered.destroyed} of ${versions} destroyed, ${proven} proven`);
  const phases = { erase_ms: erased - began, draft_ms: drafted - erased, prove_ms: ended - drafted };
  const rounded = Object.fromEntries(Object.entries(phases).map(([name, ms]) => [name, Math.round(ms)]));
  return { ms: ended - began, phases: rounded, engine: sql.engine };
}

answer({
  fill,
  erase,
});
