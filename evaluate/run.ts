/** `npm run -s evaluate -- NAME [--json] [--quick]`: runs evaluate/NAME.ts on $CITYWARD_CORPORA and prints its figures. */
import { runNamed } from '../tools/run-named.ts';

await runNamed(new URL('.', import.meta.url), process.argv.slice(2));
