/** The console's static files: built by a child when its source has changed, kept between starts. */
import { fileURLToPath } from 'node:url';
import { builtHash, sourceHash } from '@cityward/console/build';
import { runToEnd } from './child.ts';

export const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url));
const BUILD_SCRIPT = fileURLToPath(new URL('./build-console.ts', import.meta.url));

export const consoleIsBuilt = (): boolean => builtHash(CONSOLE_FOLDER) === sourceHash();

/** Vite's memory goes back with the child that ran it. */
export const buildConsoleFiles = (signal?: AbortSignal): Promise<void> =>
  runToEnd(BUILD_SCRIPT, [CONSOLE_FOLDER], signal);
