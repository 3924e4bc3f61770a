/** An empty PGlite cluster, made once and copied: initdb takes seconds, a copy takes tenths. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperationalFault } from '@cityward/kernel';
import { PGLITE_OPTIONS } from './pglite-options.ts';

const INITDB_MAX_MS = 120_000;

/** Names the cluster's format: another PGlite or other options make another template. */
function templateName(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = readFileSync(join(entry, '../../package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const hash = createHash('sha256')
    .update(JSON.stringify([version, PGLITE_OPTIONS]))
    .digest('hex');
  return `pglite-${version}-${hash.slice(0, 12)}`;
}

/**
 * Copies the template cluster to `folder`, making the template first where there is none.
 * @param cache where templates are kept, never in version control
 */
export async function createCluster(cache: string, folder: string): Promise<void> {
  const template = join(cache, templateName());
  if (!existsSync(template)) await makeTemplate(cache, template);
  const growing = `${folder}.${randomBytes(4).toString('hex')}`;
  await cp(template, growing, { recursive: true });
  await rename(growing, folder);
}

/** Two processes may make it at once; the first rename wins and the other's work is dropped. */
async function makeTemplate(cache: string, template: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const growing = join(cache, `growing-${randomBytes(6).toString('hex')}`);
  await runInitdb(growing);
  try {
    await rename(growing, template);
  } catch (error) {
    await rm(growing, { recursive: true, force: true });
    if (!existsSync(template)) throw error;
  }
}

async function runInitdb(folder: string): Promise<void> {
  const script = fileURLToPath(new URL('pglite-init.ts', import.meta.url));
  const flags = ['--liftoff-only', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, script, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  const limit = setTimeout(() => child.kill('SIGKILL'), INITDB_MAX_MS);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-2_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  clearTimeout(limit);
  if (code !== 0) {
    await rm(folder, { recursive: true, force: true });
    throw new OperationalFault(`make the database cluster in "${folder}": initdb ended with ${code}; ${said.trim()}`);
  }
}
