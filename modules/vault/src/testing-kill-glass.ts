/** A vault in a process of its own that kills itself before the call of the opening of an emergency that its parent names. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openPglite } from '@cityward/sql';
import { countedCalls, steppedFiles, steppedSql } from './testing-calls.ts';
import { AROHA, CLINIC, must, NOW, person, testVault } from './testing.ts';

const [folder, cache, killAt] = process.argv.slice(2) as [string, string, string];
const say = (line: string): void => void writeSync(1, `${line}\n`);

const calls = countedCalls(Number(killAt));
const real = await openPglite({ folder: join(folder, 'sql'), cache, log: silentLog });
const at = testVault(steppedSql(real, calls.step), folder, steppedFiles(calls.step));
// Each time somebody else: what was being opened when its process ended counts against whoever did.
const clinician = `per-doctor-${killAt}`;
at.posts.set(clinician, [{ organisation: CLINIC, role: 'doctor' }]);
await at.vault.start();
const { people } = at.vault;
const patient = { subject: AROHA, kind: 'encounter', until: NOW + DAY_MS } as const;
must(await people.care.report(patient, { by: 'svc-ward', organisation: CLINIC }));
say(clinician);
calls.begin();
must(await people.emergencies.break({ subject: AROHA, reason: 'cannot-answer', words: 'A fall' }, person(clinician)));
say('acknowledged');
say(String(calls.end()));
await at.vault.stop();
await real.stop();
