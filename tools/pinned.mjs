// `node tools/pinned.mjs COMMAND …`: runs an installed command, or a file, with the pinned Node 24.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { NO_NODE, pinnedNode, root, withPinnedNode } from './pinned-node.mjs';

const [command = '', ...args] = process.argv.slice(2);
const node = pinnedNode();
if (!node) {
  process.stderr.write(`run "${command}": ${NO_NODE}\n`);
  process.exit(1);
}
const installed = join(root, 'node_modules', '.bin', command);
const script = existsSync(installed) ? realpathSync(installed) : command;
const run = spawnSync(node, ['--disable-warning=ExperimentalWarning', script, ...args], {
  stdio: 'inherit',
  env: withPinnedNode(node, process.env),
});
process.exit(run.status ?? 1);
