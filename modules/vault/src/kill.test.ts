/** Killed before every call of the disk or SQL: nothing acknowledged is lost, and nothing goes that was not asked for on disk. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '@cityward/log';
import { openPglite } from '@cityward/sql';
import {
  AROHA,
  BEN,
  codeOf,
  consentTo,
  keysInTheClear,
  must,
  OFFICER,
  person,
  recordOf,
  testVault,
} from './testing.ts';
import { CACHE, linesOf } from './testing-killed.ts';
import { look } from './testing-rig.ts';
import { CAMERA } from './records/testing-clips.ts';

const SCRIPT = fileURLToPath(new URL('testing-kill.ts', import.meta.url));
/** The person's, the category's and the root's. */
const KEYS_ABOVE = 3;
const CALLS_MAX = 20;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-vault-kill-'));
  mkdirSync(join(folder, 'sql'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (what: 'take-back' | 'destroy' | 'agree' | 'clip', killAt: number): Promise<string[]> =>
  linesOf(SCRIPT, folder, CACHE, what, String(killAt));

async function afterRestart<T>(ask: (at: ReturnType<typeof testVault>) => Promise<T>): Promise<T> {
  const sql = await openPglite({ folder: join(folder, 'sql'), cache: CACHE, log: silentLog });
  const at = testVault(sql, folder);
  await at.vault.start();
  try {
    return await ask(at);
  } finally {
    await at.vault.stop();
    await sql.stop();
  }
}

describe('a vault killed before each call', () => {
  let kept: string;
  let live = 1;
  beforeAll(async () => {
    kept = await afterRestart(async ({ vault }) => {
      must(await vault.give(consentTo(BEN, { scope: { of: 'categories', categories: ['notes'] } }), AROHA));
      return must(await vault.put(recordOf('kept', { category: 'blood-tests' }), OFFICER)).record;
    });
  }, 120_000);

  it.each([
    // append, sync, save
    ['take-back', 3, 'RECORD_NOT_SEEN'],
    // append, sync; noise, sync, zeros, sync; save; copies ended, and that written down
    ['destroy', 9, 'RECORD_DESTROYED'],
  ] as const)(
    'while it is to %s something',
    async (what, calls, gone) => {
      for (let killAt = 1; ; killAt++) {
        expect(killAt).toBeLessThan(CALLS_MAX);
        const [record, acknowledged, made] = (await run(what, killAt)) as [string, string?, string?];
        const [asked, own, others] = await afterRestart(async ({ vault }) => [
          codeOf(await vault.view(look(record))),
          codeOf(await vault.view(look(record, { principal: person(AROHA) }))),
          codeOf(await vault.view(look(kept, { principal: person(AROHA) }))),
        ]);
        // Before the line was in the file nothing had happened; from then on it holds, answered or not.
        const isInForce = killAt > 1;
        if (acknowledged !== undefined) expect(isInForce).toBe(true);
        expect([what, killAt, asked]).toEqual([what, killAt, isInForce ? gone : 'done']);
        expect(own).toBe(what === 'destroy' && isInForce ? gone : 'done');
        expect(others).toBe('done');
        if (own === 'done') live++;
        expect(await keysInTheClear(join(folder, 'keys'))).toHaveLength(KEYS_ABOVE + live);
        if (acknowledged === undefined) continue;
        expect([what, Number(made)]).toEqual([what, calls]);
        return;
      }
    },
    600_000,
  );

  it('while a clip is stored: whole or not there, and no key of it is left', async () => {
    const NEVER = CALLS_MAX;
    await run('clip', NEVER); // from the second on the keys above are there
    const [, acknowledged, made] = await run('clip', NEVER);
    expect(acknowledged).toBe('acknowledged');
    const keys = () => keysInTheClear(join(folder, 'keys'));
    const clips = () =>
      afterRestart(async ({ vault }) => {
        await vault.desk().tend();
        const all = await vault.records(CAMERA);
        return Promise.all(
          all.map(async ({ id }) => codeOf(await vault.view(look(id, { principal: person(CAMERA) })))),
        );
      });
    expect(await clips()).toEqual(['done', 'done']);
    const before = (await keys()).length;
    for (const [runs, killAt] of [1, Number(made)].entries()) {
      expect(await run('clip', killAt)).toHaveLength(1);
      expect(await clips()).toEqual(['done', 'done']);
      // Each run stores a record that stays, before it begins.
      expect(await keys()).toHaveLength(before + runs + 1);
    }
  }, 600_000);

  it('while a request is agreed to: all of it or none', async () => {
    for (let killAt = 1; ; killAt++) {
      expect(killAt).toBeLessThan(CALLS_MAX);
      const [, acknowledged, made] = await run('agree', killAt);
      const [requests, consents] = await afterRestart(async ({ vault }) => [
        await vault.asking.about(AROHA),
        (await vault.consents(AROHA)).filter(({ uses }) => uses === 1),
      ]);
      const isDone = acknowledged !== undefined;
      expect(requests.map(({ state }) => state)).toEqual([isDone ? 'agreed' : 'open']);
      expect(consents.map(({ id }) => id)).toEqual(isDone ? [requests[0]!.consent] : []);
      if (!isDone) continue;
      expect(made).toBe('1');
      return;
    }
  }, 600_000);
});
