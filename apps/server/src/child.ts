/** Child processes of the server: started with the same pinned Node, ended with it. */
import { spawn, type ChildProcess } from 'node:child_process';

const KILL_AFTER_MS = 5_000;

/** Runs a script to its end, or until the signal ends it; throws with its last words when it fails. */
export async function runToEnd(script: string, args: readonly string[], signal?: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal ? { signal } : {}),
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-4_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`run "${script}": it ended with ${code}; ${said.trim()}`);
}

/** Asks a child to end and makes it when it does not. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  await gone;
  clearTimeout(timer);
}
