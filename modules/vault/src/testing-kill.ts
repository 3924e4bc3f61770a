/** A vault in a process of its own that kills itself before the call of the disk or SQL that its parent names. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '@cityward/log';
import { openPglite } from '@cityward/sql';
import { retentionLaw } from './law/classes.ts';
import { clipOf, mp4 } from './records/testing-clips.ts';
import { countedCalls, steppedFiles, steppedSql } from './testing-calls.ts';
import { AROHA, BEN, consentTo, HARBOUR, must, NOW, OFFICER, recordOf, testVault } from './testing.ts';

const [folder, cache, what, killAt] = process.argv.slice(2) as [
  string,
  string,
  'take-back' | 'destroy' | 'agree' | 'clip',
  string,
];
const say = (line: string): void => void writeSync(1, `${line}\n`);

const calls = countedCalls(Number(killAt));
const real = await openPglite({ folder: join(folder, 'sql'), cache, log: silentLog });
const { vault } = testVault(steppedSql(real, calls.step), folder, {
  // The law keeps a blood test, and takes a clip only where a class says when it ends.
  ...(what === 'clip' && { retention: retentionLaw() }),
  posts: new Map([[BEN, [{ organisation: HARBOUR, role: 'doctor' }]]]),
  ...steppedFiles(calls.step),
});
await vault.start();
const scope = { of: 'categories' as const, categories: ['scans'] };
/** The one that waits, or a new one. */
async function askedBy(asker: string): Promise<string> {
  const waiting = (await vault.asking.asked(asker)).find(({ state }) => state === 'open');
  if (waiting) return waiting.id;
  const why = 'You are booked with me on Monday';
  const draft = { subject: AROHA, scope, rights: ['text' as const], why };
  return must(await vault.asking.ask({ ...draft, purpose: 'TREAT', days: 1 }, asker)).id;
}
const request = what === 'agree' ? await askedBy(BEN) : '';
const agreed = { rights: ['text' as const], from: NOW, until: NOW + 3_600_000, uses: 1, refrains: [] };
const { record } = must(await vault.put(recordOf(), OFFICER));
const consent =
  what === 'agree'
    ? ''
    : must(await vault.give(consentTo(BEN, { scope: { of: 'records', records: [record] } }), AROHA)).id;
say(record);
calls.begin();
if (what === 'agree') must(await vault.asking.answer(request, { answer: 'agree', scope, ...agreed }, AROHA));
else if (what === 'clip') must(await vault.put(clipOf(mp4()), OFFICER));
else if (what === 'take-back') must(await vault.takeBack(consent, AROHA));
else must(await vault.destroy(record, { by: OFFICER, reason: 'asked for' }));
say('acknowledged');
say(String(calls.end()));
await vault.stop();
await real.stop();
