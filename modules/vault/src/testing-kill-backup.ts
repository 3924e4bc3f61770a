/** A vault in a process of its own that says how it stands, and kills itself before the write of a backup or restore that its parent names. */
import { readdirSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '@cityward/log';
import { openPglite } from '@cityward/sql';
import { countedCalls, steppedFiles, steppedSql } from './testing-calls.ts';
import { openSite, shared, type Site } from './testing-disaster.ts';
import { must, OFFICER } from './testing.ts';

const [folder, cache, what, killAt] = process.argv.slice(2) as [string, string, 'back-up' | 'restore', string];

const calls = countedCalls(Number(killAt));
const { step } = calls;
const real = await openPglite({ folder: join(folder, 'sql'), cache, log: silentLog });
const site = await openSite({
  ...{ sql: steppedSql(real, step) as never, folder, beforeAppend: step },
  opening: { city: 'Test', check: () => ({ ok: true, value: ['ann', 'bob'] }) },
  ...steppedFiles(step),
  openBackupFile: async (path) => {
    const handle = await open(path, 'wx', 0o600);
    return {
      write: (async (...given: Parameters<typeof handle.write>) => (await step(), handle.write(...given))) as never,
      datasync: async () => (await step(), handle.datasync()),
      close: () => handle.close(),
    };
  },
});
const backups = join(folder, 'backups');
const whole = (): string[] => readdirSync(backups).filter((name) => !name.endsWith('.partial'));

/** The record of the first start, and how the vault stands before anything is done. */
async function standing({ vault, seen }: Site): Promise<{ record: string; gate: string; seen: string; left: number }> {
  // Of one that could not be opened nothing is listed.
  const held = await Promise.resolve()
    .then(() => vault.records('per-aroha'))
    .catch(() => []);
  const record = held[0]?.id ?? (vault.status().gate.is === 'open' ? (await shared(site)).record : '');
  const left = readdirSync(backups).length - whole().length;
  return { record, gate: vault.status().gateWords, seen: record === '' ? '' : await seen(record), left };
}
const said = await standing(site);
writeSync(1, `${JSON.stringify(said)}\n`);
calls.begin();
if (what === 'back-up') must(await site.vault.custody.backUp({ folder: backups, keysTo: null, by: OFFICER }));
else {
  const from = join(backups, whole()[0]!);
  must(await site.vault.custody.restore({ folder: from, keysFrom: null, reason: 'a fire', by: OFFICER }));
}
writeSync(1, `${JSON.stringify({ calls: calls.end() })}\n`);
await site.stop();
await real.stop();
