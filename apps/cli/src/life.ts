/** Verbs of a records officer: erase, hold, look what is left of a destruction, certify it; and for anybody, check a certificate. */
import { createHash, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERASE_TRIGGERS, type Api, type Destruction, type Hold } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { destructionBytes, destructionInWords, verifyDestruction } from '@cityward/vault/verify';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import { askLine, askPassphrase, PASSPHRASE_FLAG } from './ask.ts';
import type { Client } from './client.ts';
import type { Asked, Command, Said } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { openKeyFile, readKeyFile } from './key-file.ts';
import { bytesOf } from './read-file.ts';
import { CA_FLAG, KEY_FILE_FLAG, notVerified, trustedBy } from './verifying.ts';
import { listOf, oneOf, wanted } from './wanted.ts';

const HASH_TYPED_CHARS = 8;

export const lifeCommands = (api: Api): readonly Command[] => [
  eraseCommand(api),
  holdsCommand(api),
  askHoldCommand(api),
  setHoldCommand(api),
  liftHoldCommand(api),
  destructionsCommand(api),
  certifyCommand(api),
  certificateCommand(api),
  verifyCommand,
];

const eraseCommand = (api: Api): Command => ({
  verb: 'record erase',
  words: [],
  help: 'Erase what is held about a person: destroyed now where the law lets it, sealed until then where it does not.',
  flags: [
    { name: 'subject', value: 'ID', help: 'whose records' },
    { name: 'records', value: 'ID,…', help: 'these records alone' },
    { name: 'trigger', value: 'WORD', help: `${ERASE_TRIGGERS.join(', ')} (erasure-asked)` },
    { name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' },
  ],
  examples: ['record erase --subject per-7k2m9c0q4x1ab3d5 --reason "asked for by letter of 3 May"'],
  run: async (asked) => {
    const trigger = asked.flag('trigger') ?? 'erasure-asked';
    const fault = `record erase: --trigger "${trigger}": wanted ${ERASE_TRIGGERS.join(', ')}`;
    const known = oneOf(ERASE_TRIGGERS, trigger, fault);
    const records = listOf(asked.flag('records'));
    const body = {
      subject: wanted(asked, 'record erase', 'subject'),
      ...(records.length > 0 ? { records } : {}),
      trigger: known,
      reason: wanted(asked, 'record erase', 'reason'),
    };
    const answer = await asked.client.call(api.eraseRecords, { body });
    const more = answer.destruction === null ? [] : [`Destruction ${answer.destruction}`];
    return { data: answer, text: [...answer.words.map(plainText), ...more].join('\n') };
  },
});

const holdLine = ({ id, state, subject, category, record, basis, clause }: Hold): string =>
  `${id}  ${state}  ${subject}  ${record ?? category ?? 'everything'}  ${plainText(basis)} (${plainText(clause)})`;

const holdsCommand = (api: Api): Command => ({
  verb: 'hold ls',
  words: [],
  help: 'Legal holds that are in force or asked for.',
  flags: [{ name: 'subject', value: 'ID', help: 'of one person alone' }],
  examples: ['hold ls'],
  run: async ({ client, flag }) => {
    const subject = flag('subject');
    const { holds } = await client.call(api.listHolds, { query: subject === undefined ? {} : { subject } });
    return { data: holds, text: holds.map(holdLine).join('\n') || 'nothing is held' };
  },
});

const askHoldCommand = (api: Api): Command => ({
  verb: 'hold ask',
  words: [],
  help: 'Ask for a legal hold: nothing it covers is destroyed from now on. Another officer sets it within three days.',
  flags: [
    { name: 'subject', value: 'ID', help: 'whose records' },
    { name: 'category', value: 'NAME', help: 'only of this category' },
    { name: 'record', value: 'ID', help: 'only this record' },
    { name: 'basis', value: 'TEXT', help: 'why' },
    { name: 'clause', value: 'TEXT', help: 'by which law or order' },
    ...PERSON_FLAGS,
  ],
  examples: ['hold ask --subject per-7k2m9c0q4x1ab3d5 --basis "claim 12/27" --clause "High Court Rules 8.3"'],
  run: async (asked) => {
    const body = {
      subject: wanted(asked, 'hold ask', 'subject'),
      category: asked.flag('category') ?? null,
      record: asked.flag('record') ?? null,
      basis: wanted(asked, 'hold ask', 'basis'),
      clause: wanted(asked, 'hold ask', 'clause'),
    };
    const hold = await asPerson(api, asked, (client) => client.call(api.askHold, { body }));
    return { data: hold, text: holdLine(hold) };
  },
});

const setHoldCommand = (api: Api): Command => ({
  verb: 'hold set',
  words: ['ID'],
  help: 'Set a legal hold that another officer asked for.',
  flags: PERSON_FLAGS,
  examples: ['hold set hld-7k2m9c0q4x1ab3d5'],
  run: async (asked) => {
    const params = { id: asked.words[0] ?? '' };
    const hold = await asPerson(api, asked, (client) => client.call(api.setHold, { params }));
    return { data: hold, text: holdLine(hold) };
  },
});

const liftHoldCommand = (api: Api): Command => ({
  verb: 'hold lift',
  words: ['ID'],
  help: 'Ask for a legal hold to be lifted, or lift it where another officer asked.',
  flags: [{ name: 'basis', value: 'TEXT', help: 'why' }, ...PERSON_FLAGS],
  examples: ['hold lift hld-7k2m9c0q4x1ab3d5 --basis "claim settled"'],
  run: async (asked) => {
    const given = { params: { id: asked.words[0] ?? '' }, body: { basis: wanted(asked, 'hold lift', 'basis') } };
    const hold = await asPerson(api, asked, (client) => client.call(api.liftHold, given));
    return { data: hold, text: holdLine(hold) };
  },
});

function destructionLines({ id, state, subject, records, versions, by, reason, left }: Destruction): string[] {
  const copies = left.map(
    ({ kind, custodian, outcome, why }) => `    left: ${kind}, ${plainText(custodian)}, ${outcome}: ${plainText(why)}`,
  );
  return [
    `${id}  ${state}  ${subject}  ${records} records, ${versions} versions  by ${by}: ${plainText(reason)}`,
    ...copies,
  ];
}

const destructionsCommand = (api: Api): Command => ({
  verb: 'destruction ls',
  words: [],
  help: 'What was destroyed, newest first, with the copies that are left.',
  flags: [],
  examples: ['destruction ls'],
  run: async ({ client }) => {
    const { destructions } = await client.call(api.listDestructions, { query: {} });
    return {
      data: destructions,
      text: destructions.flatMap(destructionLines).join('\n') || 'nothing was destroyed',
    };
  },
});

const certifyCommand = (api: Api): Command => ({
  verb: 'destruction certify',
  words: ['ID'],
  help: 'Certify a destruction as the officer who verified it, never as the one who destroyed: looks anew, shows what you sign, signs with your key file, writes the certificate (JSON, PDF).',
  flags: [
    { name: 'name', value: 'NAME', help: 'your name' },
    { name: 'title', value: 'TEXT', help: 'what you are' },
    { name: 'location', value: 'TEXT', help: 'where you verified' },
    { name: 'contact', value: 'TEXT', help: 'how you are reached' },
    { name: 'key', value: 'FILE', help: 'your key file, made by "officers key"' },
    { name: 'out', value: 'FOLDER', help: 'where the files go (.)' },
    { name: 'yes', help: 'for scripts: sign without asking' },
    PASSPHRASE_FLAG,
    ...PERSON_FLAGS,
  ],
  examples: [
    'destruction certify dst-7k2m9c0q4x1ab3d5 --name "Ann Lee" --title "records officer" --location "City Hall" --contact records@city.example --key ann.key',
  ],
  run: (asked) => asPerson(api, asked, (client) => certify(api, asked, client)),
});

async function certify(api: Api, asked: Asked, client: Client): Promise<Said> {
  const params = { id: asked.words[0] ?? '' };
  const said = (name: string): string => wanted(asked, 'destruction certify', name);
  const keyPath = said('key');
  const { key: whose } = readKeyFile(keyPath);
  const verifier = { name: said('name'), title: said('title'), location: said('location'), contact: said('contact') };
  const draft = await client.call(api.draftCertificate, { params, body: { verifier } });
  const bytes = destructionBytes(draft.record);
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== draft.hash)
    throw new CommandFault(EXIT.notVerified, 'destruction certify: the city names another hash than its draft has');
  // From the document that is signed, never from words that the city sends.
  const words = destructionInWords(draft.record).map(plainText);
  process.stderr.write(`${words.join('\n')}\nKey ${whose.id}\nHash ${hash}\n`);
  if (!asked.has('yes')) {
    const ask = `Type the first ${HASH_TYPED_CHARS} characters of the hash to sign, or nothing to leave: `;
    const typed = await askLine(ask, '--yes');
    if (typed.trim().toLowerCase() !== hash.slice(0, HASH_TYPED_CHARS))
      throw new CommandFault(EXIT.refused, 'destruction certify: not signed, the characters were others');
  }
  const { key, privateKey } = openKeyFile(keyPath, await askPassphrase(asked, false));
  const signature = sign(null, bytes, privateKey).toString('base64url');
  const body = { hash, signature: { alg: 'ed25519' as const, key: key.id, publicKey: key.publicKey, signature } };
  await client.call(api.signCertificate, { params, body });
  return writeFiles(api, client, { id: params.id, out: asked.flag('out') ?? '.', record: undefined });
}

interface Wanted {
  readonly id: string;
  readonly out: string;
  readonly record: string | undefined;
}
async function writeFiles(api: Api, client: Client, { id, out, record }: Wanted): Promise<Said> {
  const params = { id };
  const json = join(out, `${id}.json`);
  const query = record === undefined ? {} : { record };
  writeFileSync(json, await client.bytes(api.getCertificate, { params, query }));
  const pdf = join(out, `${id}.pdf`);
  writeFileSync(pdf, await client.bytes(api.getCertificatePdf, { params }));
  return { data: { destruction: id, files: [json, pdf] }, text: [json, pdf].join('\n') };
}

const certificateCommand = (api: Api): Command => ({
  verb: 'destruction certificate',
  words: ['ID'],
  help: 'Write a certificate of destruction (JSON, PDF), with the proof of one record where you name one.',
  flags: [
    { name: 'record', value: 'ID', help: 'prove that this record was among what was destroyed' },
    { name: 'out', value: 'FOLDER', help: 'where the files go (.)' },
  ],
  examples: ['destruction certificate dst-7k2m9c0q4x1ab3d5 --record rec-7k2m9c0q4x1ab3d5'],
  run: ({ client, words, flag }) =>
    writeFiles(api, client, { id: words[0] ?? '', out: flag('out') ?? '.', record: flag('record') }),
});

const verifyCommand: Command = {
  verb: 'verify certificate',
  words: ['FILE'],
  help: "Check a certificate of destruction offline: the officer's signature, the city's, the ledger's proof, and that nothing is left. Exit code 4 when it does not hold.",
  flags: [
    CA_FLAG,
    KEY_FILE_FLAG,
    { name: 'record', value: 'ID', help: 'and that this record was among what was destroyed' },
  ],
  examples: ['verify certificate dst-7k2m9c0q4x1ab3d5.json --ca city-root.pem --key-file ledger.vkey'],
  run: (asked) => {
    const record = asked.flag('record');
    const verified = verifyDestruction({
      json: bytesOf(asked.words[0] ?? ''),
      ...trustedBy(asked, 'verify certificate'),
      ...(record === undefined ? {} : { record }),
    });
    if (!verified.ok) return Promise.resolve(notVerified(verified.error));
    const { hash, signer, entry, proven, record: document } = verified.value;
    const end = `Verified: signed by ${plainText(document.verified.name)} and by ${plainText(signer)}; entry ${entry} of the ledger; ${proven} versions proven to be in the list.`;
    const text = [...destructionInWords(document).map(plainText), `Hash ${hash}`, end].join('\n');
    return Promise.resolve<Said>({ data: { verified: true, hash, signer, entry, proven, document }, text });
  },
};
