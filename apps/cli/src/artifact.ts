/** Verbs for what devices install: bring firmware in, and carry the repository's documents to the officers and back. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Api, ArtifactCard } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { readText } from './city.ts';
import type { Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { writeJson } from './sign.ts';

const FIELDS = ['name', 'version', 'kind', 'classes', 'models', 'hardware'] as const;

export const artifactCommands = (api: Api): readonly Command[] => [
  addCommand(api),
  listCommand(api),
  draftCommand(api),
  publishCommand(api),
];

const addCommand = (api: Api): Command => ({
  verb: 'artifact add',
  words: ['FILE'],
  help: 'Bring firmware or a configuration set in. Devices take it only in a job that officers have signed.',
  flags: [
    { name: 'name', value: 'NAME', help: 'what it is called, such as lamp-firmware' },
    { name: 'version', value: 'VERSION', help: 'such as 2.1.0' },
    { name: 'kind', value: 'KIND', help: 'firmware or configuration (firmware)' },
    { name: 'classes', value: 'CLASS,…', help: 'device classes that it is for (all)' },
    { name: 'models', value: 'MODEL,…', help: 'models that it is for (all)' },
    { name: 'hardware', value: 'REV,…', help: 'hardware revisions that it is for (all)' },
  ],
  examples: ['artifact add lamp-2.1.0.bin --name lamp-firmware --version 2.1.0 --classes lamp'],
  run: async (asked) => {
    const [file = ''] = asked.words;
    const query = new URLSearchParams();
    for (const field of FIELDS) {
      const value = asked.flag(field);
      if (value !== undefined) query.set(field, value);
    }
    const answer = await asked.client.upload(`${api.listArtifacts.path}?${query}`, await fileToSend(file));
    const card = JSON.parse(answer.toString('utf8')) as ArtifactCard;
    return { data: card, text: `${card.name} ${card.version}: ${card.size} bytes, SHA-256 ${card.sha256}` };
  },
});

/** The file as it is read, and how long it is. */
async function fileToSend(path: string): Promise<{ readonly content: Readable; readonly size: number }> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new CommandFault(EXIT.usage, `read "${path}": there is no such file`);
  return { content: createReadStream(path), size: found.size };
}

const listCommand = (api: Api): Command => ({
  verb: 'artifact list',
  words: [],
  help: 'What devices can be given.',
  flags: [],
  examples: ['artifact list'],
  run: async ({ client }) => {
    const { artifacts } = await client.call(api.listArtifacts, {});
    const lines = artifacts.map(
      (one) =>
        `${one.name} ${one.version}  ${one.kind}, ${one.size} bytes, ${one.classes.join(', ') || 'all devices'}\n  ${one.sha256}`,
    );
    return { data: artifacts, text: lines.join('\n') || 'No artifacts yet.' };
  },
});

const draftCommand = (api: Api): Command => ({
  verb: 'artifact draft',
  words: ['ROLE', 'FILE'],
  help: 'Write the next root or targets of the repository to a file, for officers to sign with "sign".',
  flags: [],
  examples: ['artifact draft root root.json', 'artifact draft targets targets.json'],
  run: async ({ words, client }) => {
    const [role = '', path = ''] = words;
    if (role !== 'root' && role !== 'targets')
      throw new CommandFault(EXIT.usage, `draft "${plainText(role)}": root or targets is wanted`);
    const drafts = await client.call(api.repositoryDrafts, {});
    const signed = drafts[role];
    if (!signed)
      throw new CommandFault(EXIT.refused, `draft ${role}: nothing is new since version ${drafts.published[role]}`);
    const file = writeJson(path, { signed, signatures: [] });
    return { data: { file, role }, text: `${file}. Now each officer: npx cityward sign ${file} --key YOUR.key` };
  },
});

const publishCommand = (api: Api): Command => ({
  verb: 'artifact publish',
  words: ['FILE'],
  help: 'Publish a root or targets document that enough officers have signed.',
  flags: [],
  examples: ['artifact publish targets.json'],
  run: async ({ words, client }) => {
    const text = readText(words[0] ?? '');
    const role = /"_type":\s*"root"/.test(text) ? 'root' : 'targets';
    const { version } = await client.call(api.publishRepository, { body: { role, text } });
    return { data: { role, version }, text: `Published ${role} version ${version}` };
  },
});
