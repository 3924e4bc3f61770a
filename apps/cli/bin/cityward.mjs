#!/usr/bin/env node
// Plain JavaScript for any Node from 20: runs the command with the pinned Node 24.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { NO_NODE, pinnedNode, root, withPinnedNode } from '../../../tools/pinned-node.mjs';

const node = pinnedNode();
if (!node) {
  process.stderr.write(`run cityward: ${NO_NODE}\n`);
  process.exit(1);
}
const main = join(root, 'apps/cli/src/main.ts');
const args = ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)];
const run = spawnSync(node, args, { stdio: 'inherit', env: withPinnedNode(node, process.env) });
process.exit(run.status ?? 1);
