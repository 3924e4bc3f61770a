/** Loads one benchmark or evaluation by name, runs it and prints `{name, figures, against, workload, machine, commit}`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Report, RunOptions } from '../bench/report.ts';

const NOT_RUNNABLE = new Set(['run.ts', 'report.ts']);

/**
 * @param folder where the named files are
 * @param args NAME and flags; exits 2 on an unknown name
 */
export async function runNamed(folder: URL, args: readonly string[]): Promise<void> {
  const name = args.find((arg) => !arg.startsWith('--'));
  const file = new URL(`${name}.ts`, folder);
  if (!name || !/^[a-z-]+$/.test(name) || !existsSync(file)) {
    const names = readdirSync(folder).filter((entry) => entry.endsWith('.ts') && !NOT_RUNNABLE.has(entry));
    process.stderr.write(`run "${name ?? ''}": name one of ${names.map((entry) => entry.slice(0, -3)).join(', ')}\n`);
    process.exit(2);
  }
  const { run } = (await import(file.href)) as { run: (options: RunOptions) => Promise<Report> };
  const report = await run({ quick: args.includes('--quick') });
  const line = { ...report, machine: machine(), commit: commit() };
  if (!args.includes('--json')) process.stdout.write(`${JSON.stringify(line, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit(0));
}

function machine(): Record<string, unknown> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
