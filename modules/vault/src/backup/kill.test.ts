/** Backup and restore killed as processes: what is half there is taken for nothing, and a vault that was being restored starts closed. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CACHE, linesOf } from '../testing-killed.ts';
import { TEXT } from '../testing.ts';

const SCRIPT = fileURLToPath(new URL('../testing-kill-backup.ts', import.meta.url));
/** Each process takes seconds: every so many writes one is killed. Every single one fails in `cut-off.test.ts` and `backup.test.ts`. */
const EVERY = 6;
const CALLS_MAX = 60;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-kill-backup-'));
  for (const name of ['sql', 'backups']) mkdirSync(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Said {
  readonly before: { readonly record: string; readonly gate: string; readonly seen: string; readonly left: number };
  readonly done: { readonly calls: number } | null;
}
async function run(what: 'back-up' | 'restore', killAt: number): Promise<Said> {
  const [before, done = 'null'] = await linesOf(SCRIPT, folder, CACHE, what, String(killAt));
  return { before: JSON.parse(before!) as Said['before'], done: JSON.parse(done) as Said['done'] };
}
const whole = (): string[] => readdirSync(join(folder, 'backups')).filter((name) => !name.endsWith('.partial'));

it('a backup killed at a write is none, and its remains go at the next start', async () => {
  for (let killAt = 2; ; killAt += EVERY) {
    expect(killAt).toBeLessThan(CALLS_MAX);
    const { before, done } = await run('back-up', killAt);
    expect(before).toMatchObject({ gate: 'open', seen: TEXT, left: 0 });
    // Whole under its name, or not there.
    expect(whole()).toHaveLength(done === null ? 0 : 1);
    if (done === null) continue;
    expect(done.calls).toBeGreaterThan(8);
    return;
  }
}, 300_000);

it('a restore killed at a write leaves the vault closed at its next start, until it is run again', async () => {
  for (let killAt = 2; ; killAt += EVERY) {
    expect(killAt).toBeLessThan(CALLS_MAX);
    const { before, done } = await run('restore', killAt);
    if (killAt > 2) {
      expect(before.gate).toMatch(/^closed: .*a restore from|^closed, since/);
      expect(['', 'VAULT_CLOSED']).toContain(before.seen);
    }
    if (done === null) continue;
    expect(done.calls).toBeGreaterThan(8);
    return;
  }
}, 300_000);
