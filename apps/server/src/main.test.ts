/** Starting and stopping as people do it: Ctrl-C while it starts, and a second one on the same data folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endChild } from './child.ts';
import { startServerChild } from './testing-child.ts';
import { eventually } from './testing-clients.ts';
import { freePorts } from './testing-ports.ts';
import { openTestServer } from './testing.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const PORT_FLAGS = [
  '--port',
  '--portal-port',
  '--services-port',
  '--est-port',
  '--ingest-port',
  '--mqtt-port',
  '--syslog-tls-port',
  '--syslog-port',
];
const children: ChildProcess[] = [];
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-main-'));
});
afterAll(async () => {
  for (const child of children) await endChild(child);
  rmSync(folder, { recursive: true, force: true });
});

async function startMain(data: string) {
  const ports = (await freePorts(PORT_FLAGS.length)).flatMap((port, index) => [PORT_FLAGS[index]!, String(port)]);
  const args = ['--liftoff-only', '--disable-warning=ExperimentalWarning', MAIN, '--data', data, '--devices', '200'];
  const child = spawn(process.execPath, [...args, ...ports], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  return { child, ended, said: () => said };
}
const locks = (data: string): string[] =>
  existsSync(data)
    ? readdirSync(data, { recursive: true })
        .map(String)
        .filter((name) => /(^|\/)lock$/.test(name))
    : [];

describe('Ctrl-C', () => {
  it('in the middle of the start ends what was started, and leaves no lock behind', async () => {
    const data = join(folder, 'stopped');
    const { child, ended, said } = await startMain(data);
    await eventually('it has begun', () => (said().includes('Preflight') ? true : null));
    // As a terminal and the launcher do: two signals for one Ctrl-C.
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(said()).toContain('Stopping');
    expect(said()).not.toContain('could not start');
    expect(locks(data)).toEqual([]);
  }, 60_000);
});

describe('a second server on the same data folder', () => {
  it('does not start, and says who has it and what to do', async () => {
    const first = await openTestServer();
    try {
      const { dataFolder } = first.config;
      await expect(startServerChild({ dataFolder })).rejects.toThrow(
        `process ${process.pid} has it open; stop that process or name another folder`,
      );
    } finally {
      await first.stop();
    }
  }, 60_000);
});
