/** Builds the console's static files; `npm start` calls it in a child process when the source has changed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const WORKSPACE = join(HERE, '..', '..');
/** All that the built files depend on, from the workspace's root. */
const SOURCES = [
  'apps/console/src',
  'apps/console/public',
  'apps/console/index.html',
  'apps/console/vite-options.ts',
  'apps/console/build.ts',
  'contracts/src',
  'kernel/src',
  'package-lock.json',
];
const HASH_FILE = 'source-hash.txt';

function* filesBelow(path: string): Generator<string> {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    yield path;
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) yield* filesBelow(join(path, entry.name));
}

/** SHA-256 (hex) over the names and bytes of every source file; tests and the dev mock do not count. */
export function sourceHash(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES)
    for (const file of filesBelow(join(WORKSPACE, source))) {
      if (/\.test\.tsx?$/.test(file)) continue;
      const bytes = readFileSync(file);
      hash.update(`${relative(WORKSPACE, file).split(sep).join('/')}\0${bytes.length}\0`).update(bytes);
    }
  return hash.digest('hex');
}

/** The source hash that the files in `outDir` were built from; null when there are none. */
export function builtHash(outDir: string): string | null {
  try {
    return readFileSync(join(outDir, HASH_FILE), 'utf8').trim();
  } catch {
    return null;
  }
}

/**
 * Builds into `outDir` (emptied first) and leaves the source hash there last, so that a build that was cut off is done again.
 * Throws with Vite's message when the source does not build.
 */
export async function buildConsole(options: { readonly outDir: string }): Promise<{ readonly hash: string }> {
  const [{ build }, { consoleOptions }] = await Promise.all([import('vite'), import('./vite-options.ts')]);
  const hash = sourceHash();
  process.env['NODE_ENV'] = 'production';
  await build(consoleOptions(options.outDir));
  writeFileSync(join(options.outDir, HASH_FILE), `${hash}\n`);
  return { hash };
}

if (import.meta.main) {
  const { hash } = await buildConsole({ outDir: join(HERE, 'dist') });
  process.stdout.write(`console built into dist from ${hash.slice(0, 12)}\n`);
}
