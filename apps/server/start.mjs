// Plain JavaScript for any Node from 20: finds the pinned Node 24 and runs the server with the flags that keep it small.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NO_NODE, pinnedNode, root, withPinnedNode } from '../../tools/pinned-node.mjs';

if (!existsSync(join(root, 'node_modules'))) {
  process.stderr.write('start Cityward: its packages are not installed; run "npm ci" in this folder first\n');
  process.exit(1);
}
const node = pinnedNode();
if (!node) {
  process.stderr.write(`start Cityward: ${NO_NODE}\n`);
  process.exit(1);
}

// --liftoff-only: without it V8's optimising compile of the database's WebAssembly lifts peak memory from 210 to 720 MB.
const flags = ['--liftoff-only', '--max-semi-space-size=4', '--disable-warning=ExperimentalWarning'];
const main = join(root, 'apps/server/src/main.ts');
const server = spawn(node, [...flags, main, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: withPinnedNode(node, process.env),
});
// The terminal sends Ctrl-C to the whole group; a signal to the launcher alone is handed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => server.kill(signal === 'SIGINT' ? 'SIGTERM' : signal));
server.on('error', (error) => {
  process.stderr.write(`start Cityward with "${node}": ${error.message}\n`);
  process.exit(1);
});
server.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
