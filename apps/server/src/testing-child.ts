/** Starts the server of `testing-process.ts` and asks it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endChild } from './child.ts';
import type { Config } from './config.ts';
import type { Ask } from './testing-process.ts';

const ENTRY = fileURLToPath(new URL('./testing-process.ts', import.meta.url));
/** As `npm start` does: see start.mjs. */
const FLAGS = ['--liftoff-only', '--max-semi-space-size=4', '--disable-warning=ExperimentalWarning'];

export interface ServerChild {
  readonly ca: string;
  ask<T>(asked: Ask): Promise<T>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM. */
  end(): Promise<void>;
}
interface Said {
  readonly id: number;
  readonly value?: unknown;
  readonly fault?: string;
}

/** Resolves once it listens; rejects when it ends before. */
export async function startServerChild(
  config: Partial<Config>,
  options: { readonly flags?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ServerChild> {
  const env = { ...process.env, ...options.env };
  const args = [...FLAGS, ...(options.flags ?? []), ENTRY, JSON.stringify(config)];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const wait = answersOf(child);
  const { ca } = (await wait(0)) as { ca: string };
  let last = 0;
  return {
    ca,
    ask: async <T>(asked: Ask) => {
      const id = ++last;
      const answer = wait(id);
      child.send({ ...asked, id });
      return (await answer) as T;
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    end: () => endChild(child),
  };
}

function answersOf(child: ChildProcess): (id: number) => Promise<unknown> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(fault: Error): void }>();
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-4_000)));
  child.on('message', ({ id, value, fault }: Said) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (fault === undefined) one?.resolve(value);
    else one?.reject(new Error(fault));
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`the server ended with ${code ?? signal}: ${said}`));
    waiting.clear();
  });
  return (id) => new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}
