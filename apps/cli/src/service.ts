/** Verbs about cloud services: who is registered, their secrets and codes, and the end. */
import { readFileSync } from 'node:fs';
import { DATA_SETS, type Api, type DataSet, type ServiceIdentity } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import type { Command } from './command.ts';
import { listOf, wanted } from './wanted.ts';

const REASON_FLAG = { name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' } as const;

export const serviceCommands = (api: Api): readonly Command[] => [
  registerCommand(api),
  listCommand(api),
  secretCommand(api),
  certificateCommand(api),
  keyCommand(api),
  endCommand(api),
];

const line = ({ id, state, owner, reach, name }: ServiceIdentity): string =>
  `${id}  ${state}  owner ${owner}  reads ${reach.data.join(', ')}${reach.sites.length > 0 ? ` at ${reach.sites.join(', ')}` : ''}  ${plainText(name)}`;

const registerCommand = (api: Api): Command => ({
  verb: 'service register',
  words: ['ID'],
  help: 'Register a cloud service with its owner and what it may read.',
  flags: [
    { name: 'name', value: 'TEXT', help: 'what people call it; default its id' },
    { name: 'owner', value: 'ID', help: 'the party or person who answers for it' },
    { name: 'reads', value: 'DATA,…', help: DATA_SETS.join(', ') },
    { name: 'sites', value: 'ID,…', help: 'only devices of these sites' },
  ],
  examples: ['service register air-map --owner harbour-trust --reads devices --sites site-0001'],
  run: async (asked) => {
    const id = asked.words[0] ?? '';
    const data = listOf(wanted(asked, 'service register', 'reads')) as DataSet[];
    const owner = wanted(asked, 'service register', 'owner');
    const reach = { data, sites: listOf(asked.flag('sites')) };
    const body = { id, name: asked.flag('name') ?? id, owner, reach };
    const made = await asked.client.call(api.registerService, { body });
    return { data: made, text: line(made) };
  },
});

const listCommand = (api: Api): Command => ({
  verb: 'service ls',
  words: [],
  help: 'Cloud services with their owners and what each may read.',
  flags: [],
  examples: ['service ls'],
  run: async ({ client }) => {
    const answer = await client.call(api.listServices, {});
    return { data: answer, text: answer.services.map(line).join('\n') || 'no cloud service is registered' };
  },
});

const secretCommand = (api: Api): Command => ({
  verb: 'service secret',
  words: ['ID'],
  help: 'Make a new client secret, shown once; the one before ends.',
  flags: [],
  examples: ['service secret air-map'],
  run: async ({ words, client }) => {
    const made = await client.call(api.issueServiceSecret, { params: { id: words[0] ?? '' } });
    return { data: made, text: `secret  ${made.secret}\ntokens  ${made.tokenUrl}` };
  },
});

const certificateCommand = (api: Api): Command => ({
  verb: 'service certificate',
  words: ['ID'],
  help: 'Issue a one-time code for the first certificate of a service; it renews by itself.',
  flags: [],
  examples: ['service certificate air-map'],
  run: async ({ words, client }) => {
    const made = await client.call(api.issueServiceCode, { params: { id: words[0] ?? '' } });
    const how = `curl --cacert ca.pem -u ${made.service}:CODE --data-binary @request.pem ${made.url}`;
    return { data: made, text: `code  ${made.code}\nwith  ${how}` };
  },
});

const keyCommand = (api: Api): Command => ({
  verb: 'service key',
  words: ['ID', 'FILE'],
  help: 'Set the public key (PEM) by which a service signs its assertions (private_key_jwt).',
  flags: [],
  examples: ['service key air-map public.pem'],
  run: async ({ words, client }) => {
    const publicKey = readFileSync(words[1] ?? '', 'utf8');
    const set = await client.call(api.setServiceKey, { params: { id: words[0] ?? '' }, body: { publicKey } });
    return { data: set, text: line(set) };
  },
});

const endCommand = (api: Api): Command => ({
  verb: 'service end',
  words: ['ID'],
  help: 'End a service for good: its tokens, secret and certificates count no more.',
  flags: [REASON_FLAG],
  examples: ['service end air-map --reason "contract over"'],
  run: async (asked) => {
    const body = { reason: wanted(asked, 'service end', 'reason') };
    const ended = await asked.client.call(api.endService, { params: { id: asked.words[0] ?? '' }, body });
    return { data: ended, text: line(ended) };
  },
});
