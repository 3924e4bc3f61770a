/** The opening of an emergency killed as a process before each call of the disk or SQL: it is open and the patient is told, or neither. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '@cityward/log';
import { openPglite } from '@cityward/sql';
import { noticesOf } from '../notices/notices.ts';
import { AROHA, CLINIC, codeOf, NOW, person, testVault } from '../testing.ts';
import { CACHE, linesOf } from '../testing-killed.ts';

const SCRIPT = fileURLToPath(new URL('../testing-kill-glass.ts', import.meta.url));
const CALLS_MAX = 20;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-kill-glass-'));
  mkdirSync(join(folder, 'sql'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** After a restart: of this clinician, what is open, what the patient was told, and whether another patient may be opened. */
async function afterRestart(clinician: string) {
  const sql = await openPglite({ folder: join(folder, 'sql'), cache: CACHE, log: silentLog });
  const at = testVault(sql, folder);
  at.posts.set(clinician, [{ organisation: CLINIC, role: 'doctor' }]);
  await at.vault.start();
  const { emergencies, care } = at.vault.people;
  try {
    const open = emergencies.of(clinician).length;
    const notices = await noticesOf(sql, AROHA, NOW);
    const told = notices.filter(({ kind, about }) => kind === 'glass-broken' && about['by'] === clinician).length;
    await care.report(
      { subject: 'per-other', kind: 'encounter', until: NOW + 1_000 },
      { by: 'svc-ward', organisation: CLINIC },
    );
    const draft = { subject: 'per-other', reason: 'cannot-answer', words: 'Another' } as const;
    return { open, told, another: codeOf(await emergencies.break(draft, person(clinician))) };
  } finally {
    await at.vault.stop();
    await sql.stop();
  }
}

it('an emergency killed while it is opened', async () => {
  const ends = new Set<number>();
  for (let killAt = 1; ; killAt++) {
    expect(killAt).toBeLessThan(CALLS_MAX);
    const [clinician, acknowledged, made] = await linesOf(SCRIPT, folder, CACHE, String(killAt));
    const { open, told, another } = await afterRestart(clinician!);
    expect(told).toBe(open);
    ends.add(open);
    // What was never opened stands in nobody's way.
    expect(another).toBe(open === 1 ? 'GLASS_REFUSED' : 'done');
    if (acknowledged === undefined) continue;
    expect([open, Number(made)]).toEqual([1, killAt - 1]);
    break;
  }
  expect([...ends]).toEqual([0, 1]);
}, 300_000);
