/** The verb that finds out whose copy a picture of a record is. */
import { readFileSync, statSync } from 'node:fs';
import { TRACED_MAX_BYTES, type Api, type TracedCopy } from '@cityward/contracts';
import type { Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';

const line = ({ person, record, subject, session, consent, purpose, at }: TracedCopy): string =>
  [
    `copy of ${person}`,
    `  record ${record} of ${subject}, for ${purpose}`,
    `  ${consent === null ? 'by no consent' : `by consent ${consent}`}, in session ${session}`,
    `  first seen ${new Date(at).toISOString()}`,
  ].join('\n');

export const tracePictureCommand = (api: Api): Command => ({
  verb: 'trace-picture',
  words: ['FILE'],
  help: 'Whose copy is this picture of a record? Reads its hidden mark; that it was asked is recorded.',
  flags: [],
  examples: ['trace-picture screenshot.jpg'],
  run: async (asked) => {
    const path = asked.words[0] ?? '';
    const { size } = statSync(path);
    if (size > TRACED_MAX_BYTES)
      throw new CommandFault(EXIT.usage, `trace "${path}": it has ${size} bytes, wanted at most ${TRACED_MAX_BYTES}`);
    const traced = await asked.client.call(api.tracePicture, {
      body: { picture: readFileSync(path).toString('base64') },
    });
    const none = `no mark found, among ${traced.among} that were given out`;
    return {
      data: traced,
      text: traced.copies.length === 0 ? none : traced.copies.map(line).join('\n'),
      exit: traced.copies.length === 0 ? EXIT.refused : EXIT.done,
    };
  },
});
