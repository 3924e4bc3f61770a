/** Verbs about whoever has copies outside the city: register them, see what they were asked, bring their answers; and for them, answer. */
import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  RECIPIENT_DID,
  RECIPIENT_REQUEST_STATES,
  type Api,
  type RecipientReceipt,
  type RecipientRequestShown,
  type SignedReceipt,
} from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { answerBytes, requestHash, verifyRequest } from '@cityward/vault/verify';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Command } from './command.ts';
import { day } from './days.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { readJson, writeJson } from './sign.ts';
import { listOf, oneOf, wanted } from './wanted.ts';

export const recipientCommands = (api: Api): readonly Command[] => [
  listCommand(api),
  addCommand(api),
  noteCommand(api),
  requestsCommand(api),
  requestCommand(api),
  receiptCommand(api),
  signCommand,
];

const STATES: Readonly<Record<RecipientRequestShown['state'], string>> = {
  asked: 'not answered',
  reminded: 'not answered, reminded',
  silent: 'not answered; excluded by name from certificates',
  deleted: 'signed that it is deleted',
  kept: 'signed that it keeps it',
};
function line({ id, recipient, ask, versions, at, state, tries, fault }: RecipientRequestShown): string {
  const sent = tries === 0 ? '' : `, sent ${tries} times${fault === null ? '' : `: ${plainText(fault)}`}`;
  return `${id}  ${recipient}  ${ask} ${versions} versions  ${day(at)}  ${STATES[state]}${sent}`;
}

const listCommand = (api: Api): Command => ({
  verb: 'recipient ls',
  words: [],
  help: 'Whoever has copies of records outside the city and has a key registered.',
  flags: [],
  examples: ['recipient ls'],
  run: async ({ client }) => {
    const { recipients } = await client.call(api.listRecipients, {});
    const text = recipients.map(({ id, name, url }) => `${id}  ${plainText(name)}  ${url ?? 'by hand'}`).join('\n');
    return { data: recipients, text: text || 'nobody is registered' };
  },
});

const addCommand = (api: Api): Command => ({
  verb: 'recipient add',
  words: ['ID'],
  help: 'Register who has copies outside the city, as an officer: their key, and where they are asked; or change it.',
  flags: [
    { name: 'name', value: 'TEXT', help: 'what they are called' },
    { name: 'key', value: 'FILE', help: 'their public key, PEM: Ed25519 or P-256' },
    { name: 'address', value: 'URL', help: 'where requests are sent; without it an officer sends them by hand' },
    ...PERSON_FLAGS,
  ],
  examples: [
    'recipient add harbour-clinic --name "Harbour Clinic" --key harbour.pem --address https://harbour.example/requests',
  ],
  run: async (asked) => {
    const body = {
      id: asked.words[0] ?? '',
      name: wanted(asked, 'recipient add', 'name'),
      url: asked.flag('address') ?? null,
      publicKey: readFileSync(wanted(asked, 'recipient add', 'key'), 'utf8'),
    };
    const kept = await asPerson(api, asked, (client) => client.call(api.keepRecipient, { body }));
    return { data: kept, text: `${kept.id} is registered` };
  },
});

const noteCommand = (api: Api): Command => ({
  verb: 'recipient note',
  words: ['ID'],
  help: 'Note, as an officer, that a recipient has copies of records: it is asked to delete them when they are destroyed.',
  flags: [
    { name: 'records', value: 'ID,…', help: 'of one person' },
    { name: 'basis', value: 'TEXT', help: 'why they have them' },
    ...PERSON_FLAGS,
  ],
  examples: ['recipient note north-cloud --records rec-7k2m9c0q4x1ab3d5 --basis "storage contract 7"'],
  run: async (asked) => {
    const body = {
      records: listOf(wanted(asked, 'recipient note', 'records')),
      basis: wanted(asked, 'recipient note', 'basis'),
    };
    const params = { id: asked.words[0] ?? '' };
    const noted = await asPerson(api, asked, (client) => client.call(api.noteRecipientCopy, { params, body }));
    return { data: noted, text: `${noted.copy}  ${noted.versions} versions` };
  },
});

const requestsCommand = (api: Api): Command => ({
  verb: 'recipient requests',
  words: [],
  help: 'What recipients were asked to delete, and what they answered.',
  flags: [{ name: 'state', value: 'WORD', help: RECIPIENT_REQUEST_STATES.join(', ') }],
  examples: ['recipient requests --state silent'],
  run: async ({ client, flag }) => {
    const given = flag('state');
    const fault = `recipient requests: --state "${given}": wanted ${RECIPIENT_REQUEST_STATES.join(', ')}`;
    const query = given === undefined ? {} : { state: oneOf(RECIPIENT_REQUEST_STATES, given, fault) };
    const { requests } = await client.call(api.listRecipientRequests, { query });
    return { data: requests, text: requests.map(line).join('\n') || 'nobody was asked' };
  },
});

const requestCommand = (api: Api): Command => ({
  verb: 'recipient request',
  words: ['ID', 'FILE'],
  help: 'Write a request as the city signed it, to send by hand.',
  flags: [],
  examples: ['recipient request rrq-7k2m9c0q4x1ab3d5 request.json'],
  run: async ({ words, client }) => {
    const file = await client.call(api.getRecipientRequest, { params: { id: words[0] ?? '' } });
    const path = writeJson(words[1] ?? '', file);
    return { data: { file: path }, text: `Written to ${path}; it is to be answered by ${day(file.request.answerBy)}` };
  },
});

const receiptCommand = (api: Api): Command => ({
  verb: 'recipient receipt',
  words: ['FILE'],
  help: "Bring a recipient's signed answer: it is checked with the key that is registered.",
  flags: [],
  examples: ['recipient receipt receipt.json'],
  run: async ({ words, client }) => {
    const body = readJson(words[0] ?? '') as unknown as SignedReceipt;
    const params = { id: body.receipt?.request ?? '' };
    const taken = await client.call(api.takeReceipt, { params, body });
    return { data: taken, text: line(taken) };
  },
});

function privateKey(path: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(path));
  } catch (fault) {
    throw new CommandFault(EXIT.usage, `read key "${path}": ${(fault as Error).message}, wanted a private key, PEM`);
  }
}

/** On the recipient's own machine: needs no city. */
const signCommand: Command = {
  verb: 'recipient sign',
  words: ['REQUEST', 'FILE'],
  help: 'For a recipient: check that a request is the city’s, and sign what became of the copies.',
  flags: [
    { name: 'ca', value: 'FILE', help: "the city's root, PEM" },
    { name: 'key', value: 'FILE', help: 'your private key, PEM' },
    { name: 'did', value: 'WORD', help: RECIPIENT_DID.join(' or ') },
    { name: 'because', value: 'TEXT', help: 'where they are kept: by which law' },
  ],
  examples: ['recipient sign request.json receipt.json --ca city-root.pem --key harbour.key --did deleted'],
  run: (asked) => {
    const path = asked.words[0] ?? '';
    const checked = verifyRequest(readJson(path), readFileSync(wanted(asked, 'recipient sign', 'ca'), 'utf8'));
    if (!checked.ok) throw new CommandFault(EXIT.notVerified, `read "${path}": ${checked.error.message}`);
    const request = checked.value;
    const did = RECIPIENT_DID.find((one) => one === wanted(asked, 'recipient sign', 'did'));
    const because = asked.flag('because') ?? null;
    if (!did || (did === 'kept') !== (because !== null))
      throw new CommandFault(EXIT.usage, 'recipient sign: wanted --did deleted, or --did kept with --because');
    const key = privateKey(wanted(asked, 'recipient sign', 'key'));
    const receipt: RecipientReceipt = {
      ...({ kind: 'cityward-recipient-receipt', version: 1, request: request.id } as const),
      ...{
        hash: requestHash(request),
        recipient: request.recipient,
        did,
        because,
        at: Math.max(Date.now(), request.at),
      },
    };
    const algorithm = key.asymmetricKeyType === 'ec' ? 'sha256' : null;
    const signed: SignedReceipt = {
      receipt,
      signature: sign(algorithm, answerBytes(receipt), key).toString('base64'),
    };
    const written = writeJson(asked.words[1] ?? '', signed);
    return Promise.resolve({ data: { file: written, receipt }, text: `Written to ${written}; send it to the city` });
  },
};
