/** The verb by which a person takes along what is held about them. */
import { writeFileSync } from 'node:fs';
import type { Api } from '@cityward/contracts';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Command } from './command.ts';
import { wanted } from './wanted.ts';

export const myDataCommand = (api: Api): Command => ({
  verb: 'my-data',
  words: [],
  help: 'Everything that is held about the person who has the recovery code, as a zip: FHIR, files, who looked, a PDF.',
  flags: [
    { name: 'out', value: 'FILE', help: 'write it there (mode 600)' },
    { name: 'after', value: 'RECORD', help: 'go on after this record, as the manifest of the part before says' },
    ...PERSON_FLAGS,
  ],
  examples: ['my-data --out my-data.zip'],
  run: async (asked) => {
    const [out, after] = [wanted(asked, 'my-data', 'out'), asked.flag('after')];
    const query = after === undefined ? {} : { after };
    const zip = await asPerson(api, asked, (client) => client.bytes(api.takeOut, { query }));
    writeFileSync(out, zip, { mode: 0o600, flag: 'wx' });
    return { data: { bytes: zip.length, out }, text: `${zip.length} bytes in ${out}` };
  },
});
