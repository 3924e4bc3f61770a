/** Child process: builds the console into the folder named by its argument and ends. */
import { buildConsole } from '@cityward/console/build';

const [outDir] = process.argv.slice(2);
if (!outDir) throw new Error('build the console: name the folder as the first argument');
await buildConsole({ outDir });
