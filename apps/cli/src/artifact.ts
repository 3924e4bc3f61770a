/** Verbs for what devices install: bring firmware in, and carry the repository's documents to the officers and back. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import type { Api, ArtifactCard, Problem } from '@cityward/contracts';
import { plainText } from '@cityward/fleet/verify';
import { readText } from './city.ts';
import type { Asked, Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { writeJson } from './sign.ts';

const ANSWER_MAX_CHARS = 1_048_576;
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
    const card = await upload({ file, path: `${api.listArtifacts.path}?${query}`, asked });
    return { data: card, text: `${card.name} ${card.version}: ${card.size} bytes, SHA-256 ${card.sha256}` };
  },
});

/** Sends the file as it is read, through the city's socket. */
async function upload({ file, path, asked }: { file: string; path: string; asked: Asked }): Promise<ArtifactCard> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) throw new CommandFault(EXIT.usage, `read "${file}": there is no such file`);
  const folder = asked.flag('data') ?? process.env['CITYWARD_DATA'] ?? 'data';
  const socketPath = join(resolve(folder), 'cityward.sock');
  const headers = { 'content-type': 'application/octet-stream', 'content-length': found.size };
  const { status, text } = await new Promise<{ status: number; text: string }>((done, fail) => {
    const call = request({ socketPath, method: 'POST', path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_MAX_CHARS) call.destroy(new Error('the answer is too long'));
      });
      answer.on('end', () => done({ status: answer.statusCode ?? 0, text }));
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      fail(absent ? new CommandFault(EXIT.unreachable, `reach the city: nothing answers at "${socketPath}"`) : error);
    });
    createReadStream(file).on('error', fail).pipe(call);
  });
  if (status === 200) return JSON.parse(text) as ArtifactCard;
  throw new CommandFault(EXIT.refused, refusalText(text));
}

function refusalText(text: string): string {
  try {
    const { message, code } = JSON.parse(text) as Problem;
    return `${message} (${code})`;
  } catch {
    return 'the city refused the file';
  }
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
