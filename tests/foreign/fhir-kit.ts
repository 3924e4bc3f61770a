/** A FHIR library that is not ours, in a Python environment of its own below `.cache`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('./fhir/', import.meta.url));
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/cityward/fhir-python', import.meta.url));
const INSTALL_TIMEOUT_MS = 150_000;

const run = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore', timeout: INSTALL_TIMEOUT_MS }).status === 0;

/** Installs what the list names, once; says why not where it cannot. */
export function fhirPython(): { readonly python: string } | { readonly missing: string } {
  const [python, stamp] = [join(FOLDER, 'bin/python'), join(FOLDER, 'installed.txt')];
  const wanted = readFileSync(join(HERE, 'requirements.txt'), 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { python };
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  if (!run('python3', ['-m', 'venv', FOLDER])) return { missing: 'install python3-venv' };
  const install = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', join(HERE, 'requirements.txt')];
  if (!run(python, install)) return { missing: 'fhir.resources cannot be installed from PyPI' };
  writeFileSync(stamp, wanted);
  return { python };
}

export interface AskedOfFhir {
  readonly version: 'r4' | 'r5';
  readonly resource: object;
}
/** `accepted`, or `rejected` and why. */
export function askFhir(python: string, asked: readonly AskedOfFhir[]): string[] {
  const input = asked.map((one) => `${JSON.stringify(one)}\n`).join('');
  const ran = spawnSync(python, [join(HERE, 'validate.py')], { input, maxBuffer: 1 << 26 });
  return ran.stdout.toString().trim().split('\n');
}
