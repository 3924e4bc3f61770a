/** The command that runs a witness, as a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createTree, leafHash } from '@cityward/tlog-tiles';
import { signCheckpoint } from '@cityward/tlog-tiles/checkpoint';
import { openCosignatures, parseCosignerKey } from '@cityward/tlog-tiles/cosignature';
import { createSigner, formatVerifierKey } from '@cityward/tlog-tiles/note';
import { formatAddCheckpoint } from '@cityward/tlog-tiles/witness-request';
import { runCommand } from './run.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'cityward-witness-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const log = createSigner('city.example/ledger', generateKeyPairSync('ed25519').privateKey);
const logs = join(folder, 'logs.txt');
writeFileSync(logs, `# Port Merrow\n${formatVerifierKey(log)}\n`);

function noteOf(size: number): string {
  const tree = createTree(() => undefined);
  for (let i = 0; i < size; i++) tree.append(leafHash(Buffer.from(String(i))));
  return signCheckpoint({ origin: log.name, size, root: tree.root(), extensions: [] }, [log]);
}

/** Ended by SIGKILL where `how` says so. */
async function withWitness<T>(how: NodeJS.Signals, work: (url: string, key: string) => Promise<T>): Promise<T> {
  const args = [
    'witness',
    join(folder, 'state'),
    '--name',
    'witness.example',
    '--logs',
    logs,
    '--listen',
    '127.0.0.1:0',
  ];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args]);
  let said = '';
  try {
    for await (const chunk of child.stderr as AsyncIterable<Buffer>)
      if (/\nkey .*\n/.test((said += chunk.toString()))) break;
    const [, url, key] = /at (\S+)\nkey (\S+)/.exec(said) ?? [];
    if (!url || !key) throw new Error(said);
    return await work(url, key);
  } finally {
    if (child.exitCode === null) {
      child.kill(how);
      await once(child, 'close');
    }
  }
}
const ask = async (url: string, oldSize: number, size: number): Promise<[number, string]> => {
  const body = formatAddCheckpoint({ oldSize, proof: [], note: noteOf(size) });
  const answer = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
  return [answer.status, await answer.text()];
};

describe('cityward witness', () => {
  it('signs, and remembers what it signed over a kill', async () => {
    const first = await withWitness('SIGKILL', async (url, key) => {
      const [status, lines] = await ask(url, 0, 4);
      const parsed = parseCosignerKey(key);
      const opened = openCosignatures(noteOf(4) + lines, parsed.ok ? [parsed.value] : []);
      expect([status, opened.ok && opened.value.length]).toEqual([200, 1]);
      return key;
    });
    await withWitness('SIGTERM', async (url, key) => {
      expect(key).toBe(first);
      expect(await ask(url, 0, 2)).toEqual([409, '4\n']);
      expect((await ask(url, 4, 4))[0]).toBe(200);
    });
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
  }, 60_000);

  it('says what is wrong with what it was given', async () => {
    const run = async (...more: string[]) => {
      const { exit, err } = await runCommand(['witness', join(folder, 'other'), '--name', 'w.example', ...more]);
      return [exit, err] as const;
    };
    expect((await run())[1]).toContain('--logs is wanted');
    expect((await run('--logs', join(folder, 'none')))[1]).toContain('there is no such file');
    expect((await run('--logs', logs, '--listen', 'nowhere'))[1]).toContain('is no HOST:PORT');
    const bad = join(folder, 'bad.txt');
    writeFileSync(bad, 'rubbish\n');
    expect((await run('--logs', bad))[1]).toContain('is none');
    writeFileSync(bad, '');
    expect(await run('--logs', bad)).toEqual([2, expect.stringContaining('it names none')]);
  });
});
