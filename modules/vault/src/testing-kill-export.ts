/** A vault in a process of its own that kills itself before the call of the release of an export that its parent names. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '@cityward/log';
import { openPglite } from '@cityward/sql';
import { countedCalls, steppedFiles, steppedSql } from './testing-calls.ts';
import { addPatients, askExport, releaseExport } from './testing-exports.ts';
import { must, testVault } from './testing.ts';

const [folder, cache, killAt] = process.argv.slice(2) as [string, string, string];
const PATIENTS = 40;
const say = (line: string): void => void writeSync(1, `${line}\n`);

const calls = countedCalls(Number(killAt));
const real = await openPglite({ folder: join(folder, 'sql'), cache, log: silentLog });
const at = testVault(steppedSql(real, calls.step), folder, steppedFiles(calls.step));
await at.vault.start();
if ((await at.vault.exports.list()).length === 0) await addPatients(at, { count: PATIENTS, from: 0 });
const id = await askExport(at);
say(id);
calls.begin();
must(await releaseExport(at, id));
say('acknowledged');
say(String(calls.end()));
await at.vault.stop();
await real.stop();
