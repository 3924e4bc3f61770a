/** Whether a module is what the process was started with. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const isMain = (url: string): boolean =>
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
