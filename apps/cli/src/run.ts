/** The command line, from its arguments to what it says and how it ends. */
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
import { myDataCommand } from './my-data.ts';
import { officersCommands } from './officers.ts';
import { accessRequestCommands } from './access-request.ts';
import { consentCommands } from './consent.ts';
import { consentFhirCommands } from './consent-fhir.ts';
import { postCommands } from './post.ts';
import { receiptCommands } from './receipt.ts';
import { requestCommands } from './request.ts';
import { lifeCommands } from './life.ts';
import { unsealingCommands } from './unsealing.ts';
import { recipientCommands } from './recipient.ts';
import { recordCommands } from './record.ts';
import { exportCommands } from './export.ts';
import { radiusCommands } from './radius.ts';
import { serviceCommands } from './service.ts';
import { signCommand } from './sign.ts';
import { tracePictureCommand } from './trace-picture.ts';
import { trustCommands } from './trust.ts';
import { vaultCommands } from './vault.ts';
import { witnessCommand } from './witness.ts';
import { whoseDataCommands } from './whose-data.ts';

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
  ...recordCommands(api),
  ...exportCommands(api),
  ...lifeCommands(api),
  ...unsealingCommands(api),
  ...recipientCommands(api),
  ...consentCommands(api),
  ...receiptCommands(api),
  ...consentFhirCommands(api),
  ...accessRequestCommands(api),
  ...postCommands(api),
  tracePictureCommand(api),
  ...requestCommands(api),
  ...vaultCommands(api),
  witnessCommand,
  ...whoseDataCommands(api),
  myDataCommand(api),
];

/** What a run of the command prints, and its exit code. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export async function runCommand(args: readonly string[]): Promise<Ran> {
  try {
    return { err: '', ...(await answer(args)) };
  } catch (error) {
    const { exit, message } = asFault(error);
    return { exit, out: '', err: `${message}\n` };
  }
}

async function answer(args: readonly string[]): Promise<Omit<Ran, 'err'>> {
  if (args.length === 0 || args[0] === 'help' || (args.length === 1 && args[0] === '--help'))
    return { exit: args.length === 0 ? EXIT.usage : EXIT.done, out: overview(COMMANDS) };
  const command = findCommand(COMMANDS, args);
  if (!command) throw new CommandFault(EXIT.usage, `run "${args.join(' ')}": no such verb\n${overview(COMMANDS)}`);
  const asked = readArguments(command, args);
  if (asked.has('help')) return { exit: EXIT.done, out: helpOf(command) };
  const client = createClient(asked.flag('data') ?? process.env['CITYWARD_DATA'] ?? 'data');
  const said = await command.run({ ...asked, client });
  return { exit: said.exit ?? EXIT.done, out: asked.has('json') ? `${JSON.stringify(said.data)}\n` : `${said.text}\n` };
}

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder, a file is wanted',
  ENOTDIR: 'a part of it is no folder',
  EACCES: 'it may not be opened',
};

/** A file that the caller named and that is not there is no fault of ours. */
function asFault(error: unknown): { readonly exit: number; readonly message: string } {
  if (error instanceof CommandFault) return error;
  const { code, path, stack } = error as NodeJS.ErrnoException;
  const why = FILE_FAULTS[code ?? ''];
  if (why !== undefined)
    return { exit: EXIT.usage, message: path === undefined ? `open what was named: ${why}` : `open "${path}": ${why}` };
  return { exit: EXIT.refused, message: `cityward failed: ${stack ?? String(error)}` };
}
