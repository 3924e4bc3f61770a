/** What verbs share that check a paper of the city offline. */
import type { Asked, Flag, Said } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { bytesOf } from './read-file.ts';
import { wanted } from './wanted.ts';

export const CA_FLAG: Flag = {
  name: 'ca',
  value: 'FILE',
  help: "the city's root certificate, which you had from the city itself",
};
export const KEY_FILE_FLAG: Flag = { name: 'key-file', value: 'FILE', help: "a file with the log's key" };

/** What is believed: the city's root and its log's key, from files that the caller has. */
export const trustedBy = (asked: Asked, verb: string): { readonly ca: string; readonly verifierKey: string } => ({
  ca: bytesOf(wanted(asked, verb, 'ca')).toString('latin1'),
  verifierKey: bytesOf(wanted(asked, verb, 'key-file'))
    .toString('utf8')
    .trim(),
});

export const notVerified = (error: { readonly message: string }): Said => ({
  data: { verified: false, ...error },
  text: `NOT VERIFIED: ${error.message}`,
  exit: EXIT.notVerified,
});
