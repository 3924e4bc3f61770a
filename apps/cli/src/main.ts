/** The cityward command. */
import { api } from '@cityward/contracts';
import { createClient } from './client.ts';
import { findCommand, helpOf, overview, readArguments, type Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { cityCommands } from './city.ts';
import { deviceCommands } from './device.ts';
import { evidenceCommands } from './evidence.ts';
import { artifactCommands } from './artifact.ts';
import { doorCommands } from './doors.ts';
import { configCommands } from './config.ts';
import { baselineCommands } from './baseline.ts';
import { jobCommands } from './job.ts';
import { officersCommands } from './officers.ts';
import { radiusCommands } from './radius.ts';
import { serviceCommands } from './service.ts';
import { signCommand } from './sign.ts';
import { trustCommands } from './trust.ts';

const COMMANDS: readonly Command[] = [
  ...cityCommands(api),
  ...deviceCommands(api),
  ...evidenceCommands(api),
  signCommand,
  ...officersCommands(api),
  ...artifactCommands(api),
  ...jobCommands(api),
  ...configCommands(api),
  ...baselineCommands(api),
  ...doorCommands(api),
  ...radiusCommands(api),
  ...serviceCommands(api),
  ...trustCommands(api),
];

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 || args[0] === 'help' || (args.length === 1 && args[0] === '--help')) {
    process.stdout.write(overview(COMMANDS));
    return args.length === 0 ? EXIT.usage : EXIT.done;
  }
  const command = findCommand(COMMANDS, args);
  if (!command) throw new CommandFault(EXIT.usage, `run "${args.join(' ')}": no such verb\n${overview(COMMANDS)}`);
  const asked = readArguments(command, args);
  if (asked.has('help')) {
    process.stdout.write(helpOf(command));
    return EXIT.done;
  }
  const said = await command.run({
    ...asked,
    client: createClient(asked.flag('data') ?? process.env['CITYWARD_DATA'] ?? 'data'),
  });
  process.stdout.write(asked.has('json') ? `${JSON.stringify(said.data)}\n` : `${said.text}\n`);
  return said.exit ?? EXIT.done;
}

main(process.argv.slice(2)).then(
  (exit) => (process.exitCode = exit),
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof CommandFault ? error.message : `cityward failed: ${(error as Error).stack ?? String(error)}`}\n`,
    );
    process.exitCode = error instanceof CommandFault ? error.exit : EXIT.refused;
  },
);
