// Where the pinned Node 24 is. Plain JavaScript for any Node from 20; looked up by folder, since npm does not always link
// a command that two optional packages (one a processor) both bring.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
const NODE_MAJOR_MIN = 24;

/** The path of a Node that can run this project, or null when there is none. */
export function pinnedNode() {
  const pinned = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(pinned)) return pinned;
  return Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN ? process.execPath : null;
}

/** The environment in which children find that Node first. */
export const withPinnedNode = (node, env) => ({ ...env, PATH: `${dirname(node)}:${env.PATH ?? ''}` });

/** What a person does when there is none. */
export const NO_NODE = `Node ${process.versions.node} is too old and the pinned Node ${NODE_MAJOR_MIN} is not installed (it comes for Linux on x64 and arm64); run "npm ci" in this folder, or install Node ${NODE_MAJOR_MIN}`;
