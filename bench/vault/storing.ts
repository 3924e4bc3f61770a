/** Stores records in bulk, a batch being made ready while the one before is written, as two imports at once do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { must, testVault, type TestVault } from '@cityward/vault/testing';
import { answer } from '../ingest/plan.ts';

interface Wanted {
  readonly records: number;
  readonly batch: number;
  readonly people: number;
  readonly importers: number;
  readonly bytes: number;
}
let made: { readonly sql: TestSql; readonly at: TestVault } | null = null;

async function vault() {
  if (made) return made;
  const folder = mkdtempSync(join(tmpdir(), 'cityward-bench-storing-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const sql = await openTestSql();
  const at = testVault(sql, folder);
  await at.vault.start();
  return (made = { sql, at });
}

function contentOf(i: number, bytes: number): string {
  const resource = { resourceType: 'Observation', id: `obs-${i}`, status: 'final', note: '' };
  const text = JSON.stringify(resource);
  return Buffer.from(JSON.stringify({ ...resource, note: 'x'.repeat(bytes - text.length) })).toString('base64');
}

async function store({ records, batch, people, importers, bytes }: Wanted) {
  const { sql, at } = await vault();
  const drafts = Array.from({ length: records }, (_, i) => ({
    ...{ subject: `sub-${i % people}`, category: 'blood-tests', media: 'application/fhir+json' as const },
    content: contentOf(i, bytes),
  }));
  const began = performance.now();
  let next = 0;
  const importer = async (): Promise<void> => {
    for (let from = next; from < records; from = next) {
      next += batch;
      must(await at.vault.putMany(drafts.slice(from, from + batch), 'system'));
    }
  };
  await Promise.all(Array.from({ length: importers }, importer));
  return { perSecond: records / ((performance.now() - began) / 1_000), engine: sql.engine };
}

answer({ store });
