/** `npm run ok`: the whole gate, step by step; stops at the first that fails and says which. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const STEPS: readonly (readonly [string, readonly string[]])[] = [
  ['types', ['run', '-s', 'types']],
  ['lint', ['run', '-s', 'lint']],
  ['format', ['run', '-s', 'format']],
  ['docs links', ['run', '-s', 'docs']],
  ['tests and architecture', ['test']],
];

for (const [name, args] of STEPS) {
  const began = performance.now();
  process.stdout.write(`\n== ${name}\n`);
  const run = spawnSync('npm', args, { cwd: root, stdio: 'inherit' });
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  if (run.status !== 0) {
    process.stderr.write(`== ${name} failed after ${seconds} s\n`);
    process.exit(1);
  }
  process.stdout.write(`== ${name} holds (${seconds} s)\n`);
}
