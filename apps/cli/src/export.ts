/** Verbs about exports of records: ask, list, release, refuse, fetch, open, trace. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Api, Export, ExportDraft, Traced } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { newKeyPair, openSealed } from '@cityward/vault/sealing';
import { asPerson, PERSON_FLAGS } from './as-person.ts';
import type { Asked, Command } from './command.ts';
import { day } from './days.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { wanted } from './wanted.ts';

export const exportCommands = (api: Api): readonly Command[] => [
  askCommand(api),
  listCommand(api),
  releaseCommand(api),
  refuseCommand(api),
  fetchCommand(api),
  traceCommand(api),
  keyCommand(),
  openCommand(),
];

function line({ id, state, draft, manifest, asked, bytes, fetched, decided }: Export): string {
  const shown = manifest
    ? `${manifest.shown} people shown, ${manifest.marks} rows of nobody`
    : `k ${draft.k}, l ${draft.l}`;
  const file = bytes === null ? '' : `  ${bytes} bytes${fetched === null ? ', not fetched' : ''}`;
  const why = decided?.why ? `  (${plainText(decided.why)})` : '';
  return `${id}  ${state}  ${draft.category} as ${draft.shape} for ${draft.purpose} to ${plainText(draft.recipient.name)} until ${day(draft.until)}  asked by ${asked.by}  ${shown}${file}${why}`;
}
const id = ({ words }: Asked): string => words[0] ?? '';

function json(path: string, what: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (fault) {
    throw new CommandFault(EXIT.usage, `${what} "${path}": ${(fault as Error).message}, wanted a file of JSON`);
  }
}

const askCommand = (api: Api): Command => ({
  verb: 'export ask',
  words: ['FILE'],
  help: 'Ask for an export, as an officer: the file says which records, columns, purpose and recipient. Another officer releases it.',
  flags: [...PERSON_FLAGS],
  examples: ['export ask asthma-by-suburb.json'],
  run: async (asked) => {
    const body = json(asked.words[0] ?? '', 'ask for the export in') as ExportDraft;
    const made = await asPerson(api, asked, (client) => client.call(api.askExport, { body }));
    return { data: made, text: line(made) };
  },
});

const listCommand = (api: Api): Command => ({
  verb: 'export ls',
  words: [],
  help: 'Exports that were asked for, and what became of them.',
  flags: [],
  examples: ['export ls'],
  run: async ({ client }) => {
    const { exports } = await client.call(api.listExports, {});
    return { data: exports, text: exports.map(line).join('\n') || 'nothing was exported' };
  },
});

const releaseCommand = (api: Api): Command => ({
  verb: 'export release',
  words: ['ID'],
  help: 'Release an export that another officer asked for: it is made coarse, marked and encrypted to its recipient.',
  flags: [...PERSON_FLAGS],
  examples: ['export release exp-7k2m9c0q4x1ab3d5'],
  run: async (asked) => {
    const made = await asPerson(api, asked, (client) => client.call(api.releaseExport, { params: { id: id(asked) } }));
    return { data: made, text: line(made) };
  },
});

const refuseCommand = (api: Api): Command => ({
  verb: 'export refuse',
  words: ['ID'],
  help: 'Refuse an export that was asked for, or withdraw one: the city then has its file no more.',
  flags: [{ name: 'reason', value: 'TEXT', help: 'why; goes into the evidence' }, ...PERSON_FLAGS],
  examples: ['export refuse exp-7k2m9c0q4x1ab3d5 --reason "not for this purpose"'],
  run: async (asked) => {
    const body = { reason: wanted(asked, 'export refuse', 'reason') };
    const input = { params: { id: id(asked) }, body };
    const made = await asPerson(api, asked, (client) => client.call(api.refuseExport, input));
    return { data: made, text: line(made) };
  },
});

function write(path: string, bytes: Uint8Array): void {
  if (existsSync(path)) throw new CommandFault(EXIT.usage, `write "${path}": it is there already, wanted a new file`);
  writeFileSync(path, bytes, { mode: 0o600, flag: 'wx' });
}

const fetchCommand = (api: Api): Command => ({
  verb: 'export fetch',
  words: ['ID'],
  help: 'Fetch the encrypted file of a released export, to be sent to its recipient.',
  flags: [{ name: 'out', value: 'FILE', help: 'where to write it' }],
  examples: ['export fetch exp-7k2m9c0q4x1ab3d5 --out to-the-clinic.sealed'],
  run: async (asked) => {
    const out = wanted(asked, 'export fetch', 'out');
    const file = await asked.client.bytes(api.fetchExport, { params: { id: id(asked) } });
    write(out, file);
    return { data: { out, bytes: file.length }, text: `${file.length} bytes in ${out}` };
  },
});

const tracedLine = ({ export: from, recipient, numbers, marks }: Traced): string =>
  `${from}  ${plainText(recipient)}  ${numbers} rows with its numbers, ${marks} of its rows of nobody`;

const traceCommand = (api: Api): Command => ({
  verb: 'export trace',
  words: ['FILE'],
  help: 'Whose copy rows that turned up somewhere come from. The file has one JSON list a line, as an export has.',
  flags: [{ name: 'category', value: 'NAME', help: 'of the records they are from' }],
  examples: ['export trace found.ndjson --category diagnoses'],
  run: async (asked) => {
    const path = asked.words[0] ?? '';
    const rows = readFileSync(path, 'utf8')
      .split('\n')
      .filter((text) => text.startsWith('['))
      .map((text) => JSON.parse(text) as string[]);
    const body = { category: wanted(asked, 'export trace', 'category'), rows };
    const { traced } = await asked.client.call(api.traceExport, { body });
    return { data: traced, text: traced.map(tracedLine).join('\n') || 'they point to no copy' };
  },
});

const keyCommand = (): Command => ({
  verb: 'export new-key',
  words: ['FILE'],
  help: 'For a recipient: make a key. The file keeps the secret half; the other half is shown, for the city.',
  flags: [],
  examples: ['export new-key clinic.key'],
  run: async (asked) => {
    const pair = await newKeyPair();
    write(asked.words[0] ?? '', Buffer.from(`${pair.secret}\n`));
    return { data: { recipient: pair.recipient }, text: pair.recipient };
  },
});

const openCommand = (): Command => ({
  verb: 'export open',
  words: ['FILE'],
  help: 'For a recipient: open an export with the key it was made for.',
  flags: [
    { name: 'key', value: 'FILE', help: 'the secret half: of export new-key, or of age' },
    { name: 'out', value: 'FILE', help: 'where to write it' },
  ],
  examples: ['export open to-the-clinic.sealed --key clinic.key --out table.ndjson'],
  run: async (asked) => {
    const [path, out] = [asked.words[0] ?? '', wanted(asked, 'export open', 'out')];
    const lines = readFileSync(wanted(asked, 'export open', 'key'), 'utf8').split('\n');
    const secret = lines.map((one) => one.trim()).find((one) => one !== '' && !one.startsWith('#')) ?? '';
    const plain = await openSealed(secret, readFileSync(path));
    if (plain === null)
      throw new CommandFault(EXIT.refused, `open "${path}": it was made for another key, or was changed on its way`);
    write(out, plain);
    return { data: { out, bytes: plain.length }, text: `${plain.length} bytes in ${out}` };
  },
});
