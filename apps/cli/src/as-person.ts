/** What only a person may do, never the machine: signed in with one of their recovery codes, and out again. */
import { readFileSync } from 'node:fs';
import type { Api } from '@cityward/contracts';
import { askHidden } from './ask.ts';
import { clientAt, type Client } from './client.ts';
import type { Asked, Flag } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';

const URL_DEFAULT = 'http://localhost:8080';
export const PERSON_FLAGS: readonly Flag[] = [
  {
    name: 'code-file',
    value: 'FILE',
    help: 'read the recovery code from a file instead of asking; its first line is used up',
  },
  { name: 'url', value: 'URL', help: `where the console is (${URL_DEFAULT})` },
];

export async function asPerson<T>(api: Api, asked: Asked, work: (client: Client) => Promise<T>): Promise<T> {
  const origin = originOf(asked.flag('url') ?? URL_DEFAULT);
  const file = asked.flag('code-file');
  const code = file
    ? readFileSync(file, 'utf8').split('\n')[0]!.trim()
    : await askHidden('Recovery code: ', '--code-file');
  let cookie: string | null = null;
  const client = clientAt({
    to: { host: origin.hostname, port: origin.port },
    how: 'name the console with --url',
    headers: () => ({ host: origin.host, origin: origin.origin, ...(cookie === null ? {} : { cookie }) }),
    heard: ({ 'set-cookie': set }) => {
      if (set?.[0]) cookie = set[0].split(';')[0]!;
    },
  });
  await client.call(api.signInByRecoveryCode, { body: { code } });
  try {
    return await work(client);
  } finally {
    await client.call(api.signOut, {});
  }
}

function originOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  // In the clear it goes no further than this machine: a recovery code is a way in.
  const isHere = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (!url || !isHere)
    throw new CommandFault(EXIT.usage, `reach the console at "${text}": wanted such as ${URL_DEFAULT}`);
  return url;
}
