/** A client program of somebody else, running for a while: what it says is kept, and it never outlives its test. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const LIFE_MAX_MS = 300_000;
const SAID_MAX_CHARS = 30_000;
/** One instance of swupdate was seen to live on after SIGTERM. */
const HARD_AFTER_MS = 2_000;

export interface ClientProcess {
  readonly process: ChildProcess;
  /** The newest of what it has said. */
  said(): string;
  stop(): Promise<void>;
}

/** @param at the folder that it runs in, and what its environment has more than ours */
export function startClient(
  program: string,
  args: readonly string[],
  at: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): ClientProcess {
  const env = { ...process.env, ...at.env };
  const child = spawn(program, args, { cwd: at.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-SAID_MAX_CHARS)));
  const end = setTimeout(() => child.kill('SIGKILL'), LIFE_MAX_MS);
  return {
    process: child,
    said: () => said,
    stop: async () => {
      clearTimeout(end);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), HARD_AFTER_MS);
      await gone;
      clearTimeout(hard);
    },
  };
}
