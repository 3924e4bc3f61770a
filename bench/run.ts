/** `npm run -s bench -- NAME [--json] [--quick]`: runs bench/NAME.ts and prints its figures as the last line. */
import { runNamed } from '../tools/run-named.ts';

await runNamed(new URL('.', import.meta.url), process.argv.slice(2));
