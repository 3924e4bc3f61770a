/** What a verb is: its words, its flags, and what it does with a running city or a file. */
import { parseArgs } from 'node:util';
import type { Client } from './client.ts';
import { CommandFault, EXIT } from './exit-codes.ts';

export interface Flag {
  readonly name: string;
  readonly value?: string;
  readonly help: string;
}
export interface Asked {
  readonly words: readonly string[];
  readonly flag: (name: string) => string | undefined;
  readonly has: (name: string) => boolean;
  readonly client: Client;
}
/** What a verb hands back: `data` for --json, `text` for people. */
export interface Said {
  readonly data: unknown;
  readonly text: string;
  readonly exit?: number;
}
export interface Command {
  /** Such as `evidence verify`. */
  readonly verb: string;
  /** Names of the words after the verb; `?` at the end for one that may be left out. */
  readonly words: readonly string[];
  readonly help: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
  readonly run: (asked: Asked) => Promise<Said>;
}

const COMMON: readonly Flag[] = [
  { name: 'data', value: 'FOLDER', help: 'data folder of the running city (./data)' },
  { name: 'json', help: 'print JSON' },
  { name: 'help', help: 'print this help' },
];

/** Finds the verb among the words; two-word verbs first. */
export function findCommand(commands: readonly Command[], args: readonly string[]): Command | null {
  const [first = '', second = ''] = args.filter((arg) => !arg.startsWith('-'));
  return (
    commands.find((one) => one.verb === `${first} ${second}`) ?? commands.find((one) => one.verb === first) ?? null
  );
}

/** Reads flags and words of one command; throws a CommandFault that names the fault. */
export function readArguments(command: Command, args: readonly string[]): Omit<Asked, 'client'> {
  const options = Object.fromEntries(
    [...command.flags, ...COMMON].map((flag) => [
      flag.name,
      { type: flag.value ? ('string' as const) : ('boolean' as const) },
    ]),
  );
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new CommandFault(EXIT.usage, `read the command: ${(error as Error).message}\n${helpOf(command)}`);
  }
  const words = parsed.positionals.slice(command.verb.split(' ').length);
  const wanted = command.words.filter((word) => !word.endsWith('?')).length;
  const { values } = parsed;
  if (values['help'] !== true && (words.length < wanted || words.length > command.words.length)) {
    throw new CommandFault(
      EXIT.usage,
      `read "${command.verb}": ${wanted} ${wanted === 1 ? 'word is' : 'words are'} wanted after it, ${words.length} given\n${helpOf(command)}`,
    );
  }
  return {
    words,
    flag: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
    has: (name) => values[name] === true,
  };
}

export function helpOf(command: Command): string {
  const words = command.words.map((word) => (word.endsWith('?') ? `[${word.slice(0, -1)}]` : word)).join(' ');
  const flags = [...command.flags, ...COMMON].map(
    (flag) => `  ${`--${flag.name}${flag.value ? ` ${flag.value}` : ''}`.padEnd(22)} ${flag.help}`,
  );
  return [
    `cityward ${command.verb} ${words}`.trimEnd(),
    '',
    command.help,
    '',
    ...flags,
    '',
    'Examples:',
    ...command.examples.map((one) => `  npx cityward ${one}`),
    '',
  ].join('\n');
}

export function overview(commands: readonly Command[]): string {
  const lines = commands.map(
    (one) =>
      `  ${`${one.verb} ${one.words.map((word) => (word.endsWith('?') ? `[${word.slice(0, -1)}]` : word)).join(' ')}`.padEnd(34)} ${one.help.split('. ')[0]}`,
  );
  return [
    'cityward: ask and steer the running city; verify its evidence anywhere.',
    '',
    ...lines,
    '',
    'Each has --help with examples and --json. Exit codes: 0 done, 1 refused, 2 not understood, 3 no city answers, 4 not verified.',
    '',
  ].join('\n');
}
