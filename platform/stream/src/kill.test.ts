/** A real process killed with SIGKILL while it appends: all that it acknowledged is there, and the next one takes over the folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openStream } from './stream.ts';

const CHILD = fileURLToPath(new URL('./kill.child.ts', import.meta.url));
const KILLS = 4;
const LINES_BEFORE_KILL = 200;

test('SIGKILL under load loses nothing acknowledged', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cityward-kill-'));
  const acknowledged = new Map<number, string>();
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [CHILD, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split('\n').length > LINES_BEFORE_KILL) child.kill('SIGKILL');
    });
    const [, signal] = (await once(child, 'close')) as [number | null, string];
    expect(signal).toBe('SIGKILL');
    for (const line of text.split('\n').slice(0, -1)) {
      const [position, payload] = line.split(' ');
      acknowledged.set(Number(position), payload!);
    }
  }
  const stream = await openStream({ folder });
  const stored = new Map<number, string>();
  for await (const batch of stream.read())
    for (const record of batch) stored.set(record.position, Buffer.from(record.payload).toString().replace(/\.+$/, ''));
  expect(acknowledged.size).toBeGreaterThan(KILLS * LINES_BEFORE_KILL * 0.9);
  for (const [position, payload] of acknowledged) expect(stored.get(position)).toBe(payload);
  expect(stored.size).toBe(stream.last);
  await stream.close();
  await rm(folder, { recursive: true });
});
