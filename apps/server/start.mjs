// Plain JavaScript for any Node from 20: finds the pinned Node 24 and runs the server with the flags that keep it small.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pinned = `${root}node_modules/.bin/node`;
const major = Number(process.versions.node.split('.')[0]);
const runtime = existsSync(pinned) ? pinned : major >= 24 ? process.execPath : null;

if (!existsSync(`${root}node_modules`)) {
  process.stderr.write('start Cityward: its packages are not installed; run "npm ci" in this folder first\n');
  process.exit(1);
}
if (!runtime) {
  process.stderr.write(
    `start Cityward: Node ${process.versions.node} is too old and the pinned Node 24 was not installed (it comes for Linux on x64 and arm64); install Node 24, then run "npm ci" again\n`,
  );
  process.exit(1);
}

// --liftoff-only: without it V8's optimising compile of the database's WebAssembly lifts peak memory from 210 to 720 MB.
const flags = ['--liftoff-only', '--max-semi-space-size=4', '--disable-warning=ExperimentalWarning'];
const server = spawn(runtime, [...flags, `${root}apps/server/src/main.ts`, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// The terminal sends Ctrl-C to the whole group; a signal to the launcher alone is handed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => server.kill(signal === 'SIGINT' ? 'SIGTERM' : signal));
server.on('error', (error) => {
  process.stderr.write(`start Cityward with "${runtime}": ${error.message}\n`);
  process.exit(1);
});
server.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
