#!/usr/bin/env node
// Plain JavaScript for any Node from 20: runs the command with the pinned Node 24.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
const pinned = join(here, '../../../node_modules/.bin/node');
const runtime = existsSync(pinned) ? pinned : process.execPath;
const run = spawnSync(
  runtime,
  ['--disable-warning=ExperimentalWarning', join(here, '../src/main.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exit(run.status ?? 1);
