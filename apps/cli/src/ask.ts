/** Questions to the person at the terminal, on standard error, so that standard output stays the answer. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Asked } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';

/** One line; throws when nobody is there to type it. */
export async function askLine(question: string, instead: string): Promise<string> {
  return ask({ question, instead, echo: true });
}

async function ask({ question, instead, echo }: { question: string; instead: string; echo: boolean }): Promise<string> {
  if (!process.stdin.isTTY)
    throw new CommandFault(EXIT.usage, `ask "${question}": this is no terminal; give ${instead}`);
  process.stderr.write(question);
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (echo) process.stderr.write(chunk);
      done();
    },
  });
  const reading = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await reading.question('');
  } finally {
    reading.close();
    if (!echo) process.stderr.write('\n');
  }
}

/** Not shown as it is typed. */
export const askHidden = (question: string, instead: string): Promise<string> =>
  ask({ question, instead, echo: false });

export const PASSPHRASE_FLAG = {
  name: 'passphrase-file',
  value: 'FILE',
  help: 'read the passphrase from a file instead of asking',
} as const;

/** @param again ask twice: for a passphrase that is new */
export async function askPassphrase({ flag }: Asked, again: boolean): Promise<string> {
  const file = flag(PASSPHRASE_FLAG.name);
  if (file) return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  const instead = `--${PASSPHRASE_FLAG.name}`;
  const passphrase = await ask({ question: 'Passphrase: ', instead, echo: false });
  if (again && passphrase !== (await ask({ question: 'The same again: ', instead, echo: false })))
    throw new CommandFault(EXIT.usage, 'make a key: the two passphrases differ; try again');
  return passphrase;
}
