/** What the city seals for a recipient is opened by age, the program of its authors; what that program seals, by ours. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSealed, sealFor } from '@cityward/vault/sealing';
import { has } from './est-kit.ts';

const able = has('age', 'age');
const folder = mkdtempSync(join(tmpdir(), 'cityward-foreign-age-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** More than one chunk of the format (64 KiB). */
const TABLE = Buffer.from(Array.from({ length: 9_000 }, (_, row) => `${row},Quay,20-39`).join('\n'));

describe.skipIf(!able)('age by Debian', () => {
  it('opens what the city sealed with its key, and nothing that was changed', async () => {
    expect(spawnSync('age-keygen', ['-o', at('key')]).status).toBe(0);
    const recipient = /age1[0-9a-z]+/.exec(readFileSync(at('key'), 'utf8'))![0];
    const sealed = (await sealFor(recipient, TABLE, {}))!;
    writeFileSync(at('table.age'), sealed);
    const opened = spawnSync('age', ['-d', '-i', at('key'), at('table.age')], { maxBuffer: 1_048_576 });
    expect([opened.status, opened.stdout.equals(TABLE)]).toEqual([0, true]);
    sealed[sealed.length - 1]! ^= 1;
    writeFileSync(at('changed.age'), sealed);
    expect(spawnSync('age', ['-d', '-i', at('key'), at('changed.age')]).status).not.toBe(0);
  });

  it('seals what ours opens', async () => {
    expect(spawnSync('age-keygen', ['-o', at('other')]).status).toBe(0);
    const text = readFileSync(at('other'), 'utf8');
    const [recipient, secret] = [/age1[0-9a-z]+/.exec(text)![0], /AGE-SECRET-KEY-1[0-9A-Z]+/.exec(text)![0]];
    const sealed = spawnSync('age', ['-r', recipient], { input: TABLE, maxBuffer: 1_048_576 });
    expect((await openSealed(secret, sealed.stdout))!.equals(TABLE)).toBe(true);
  });
});
