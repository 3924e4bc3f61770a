/** A file that the caller named. */
import { readFileSync } from 'node:fs';
import { CommandFault, EXIT } from './exit-codes.ts';

export function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (fault) {
    throw new CommandFault(
      EXIT.usage,
      `read "${path}": ${(fault as NodeJS.ErrnoException).code ?? 'it cannot be read'}`,
    );
  }
}
