/** The cityward command. */
import { runCommand } from './run.ts';

const { exit, out, err } = await runCommand(process.argv.slice(2));
process.stdout.write(out);
process.stderr.write(err);
process.exitCode = exit;
