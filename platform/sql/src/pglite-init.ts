/** Child process: makes an empty cluster in the folder named by its argument and ends, which gives initdb's memory back. */
import { PGlite } from '@electric-sql/pglite';
import { PGLITE_OPTIONS } from './pglite-options.ts';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('make a cluster: name its folder as the first argument');
const database = await PGlite.create({ dataDir: folder, ...PGLITE_OPTIONS });
await database.close();
