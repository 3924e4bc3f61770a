/** Flags that the verbs about devices share. */
import type { Asked } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';

export const REASON = { name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' } as const;

/** The flag's value; without it the verb is not understood. */
export function wanted({ flag }: Asked, name: string, verb: string): string {
  const value = flag(name);
  if (value === undefined) throw new CommandFault(EXIT.usage, `${verb}: give --${name}`);
  return value;
}
