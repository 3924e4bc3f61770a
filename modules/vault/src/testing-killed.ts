/** Processes of a test that kill themselves before the call that their parent names: what both sides share. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** Where PGlite keeps what every database of it begins with. */
export const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/cityward', import.meta.url));

/** What the child said before it ended, line by line. */
export async function linesOf(script: string, ...args: readonly string[]): Promise<string[]> {
  const words = ['--disable-warning=ExperimentalWarning', script, ...args];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, faults] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (faults += chunk.toString()));
  await once(child, 'close');
  expect(faults).toBe('');
  return said.trim().split('\n');
}
