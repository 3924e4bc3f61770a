/** A vault in a process of its own that kills itself before the call of the archive, the disk or SQL that its parent names. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '@cityward/log';
import { openObjects } from '@cityward/objects';
import { openPglite } from '@cityward/sql';
import { archiving, OLD } from './archive/testing-archive.ts';
import { countedCalls, steppedFiles, steppedSql } from './testing-calls.ts';
import { must, OFFICER, recordOf, testVault } from './testing.ts';

const [folder, cache, killAt] = process.argv.slice(2) as [string, string, string];
const say = (line: string): void => void writeSync(1, `${line}\n`);

const { step, begin } = countedCalls(Number(killAt));
const real = await openPglite({ folder: join(folder, 'sql'), cache, log: silentLog });
const objects = await openObjects({ folder: join(folder, 'archive') });
const { vault, clock } = testVault(steppedSql(real, step), folder, {
  ...steppedFiles(step),
  ...archiving({
    ...objects,
    put: async (bytes) => (await step(), objects.put(bytes)),
    get: async (hash) => (await step(), objects.get(hash)),
    delete: async (hash) => (await step(), objects.delete(hash)),
  }),
});
await vault.start();
say(must(await vault.put(recordOf(), OFFICER)).record);
clock.now = OLD;
begin();
await vault.archive().tend();
say('acknowledged');
await vault.stop();
await real.stop();
