/** Verbs that verify evidence, anywhere, with a key from outside of it; and those that take it out of the city. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Api } from '@cityward/contracts';
import { verifyLog, verifyPack } from '@cityward/ledger/verify';
import { CommandFault, EXIT } from './exit-codes.ts';
import type { Asked, Command, Said } from './command.ts';

const READ_TIMEOUT_MS = 30_000;
const READ_MAX_BYTES = 64 * 1_048_576;

export const evidenceCommands = (api: Api): readonly Command[] => [verifyCommand, packCommand(api), proofCommand(api)];

const verifyCommand: Command = {
  verb: 'evidence verify',
  words: ['PACK|URL'],
  help: 'Verify an evidence pack, offline, or a whole served log. The key must come from outside of what is verified.',
  flags: [
    { name: 'key', value: 'KEY', help: 'the log key: name+id+base64' },
    { name: 'key-file', value: 'FILE', help: 'a file that holds it' },
    { name: 'old', value: 'FILE', help: 'a checkpoint kept from before: the log must extend it (URL only)' },
  ],
  examples: [
    'evidence verify pack.zip --key-file city.vkey',
    'evidence verify http://localhost:8080/ledger --key-file city.vkey',
  ],
  run: async (asked) => {
    const [target = ''] = asked.words;
    const verifierKey = keyOf(asked);
    const old = asked.flag('old');
    const verdict = /^https?:\/\//.test(target)
      ? await verifyLog(readerOf(target), {
          verifierKey,
          ...(old ? { oldCheckpoint: readOrFault(old).toString('utf8') } : {}),
        })
      : verifyPack(readOrFault(target), { verifierKey });
    const lines = [
      verdict.ok ? 'Verified.' : 'NOT VERIFIED.',
      ...verdict.sentences,
      ...verdict.faults.map((fault) => `  - ${fault}`),
    ];
    return { data: verdict, text: lines.join('\n'), exit: verdict.ok ? EXIT.done : EXIT.notVerified };
  },
};

function keyOf({ flag }: Asked): string {
  const file = flag('key-file');
  const key = flag('key') ?? (file ? readOrFault(file).toString('utf8').trim() : undefined);
  if (!key)
    throw new CommandFault(
      EXIT.usage,
      'verify evidence: no key; give --key or --key-file with the key that you got from the city by another way',
    );
  return key;
}

function readOrFault(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandFault(
      EXIT.usage,
      `read "${path}": ${missing ? 'there is no such file' : (error as Error).message}`,
    );
  }
}

/** Reads `checkpoint` and `tile/…` below the address. */
const readerOf =
  (base: string) =>
  async (path: string): Promise<Uint8Array> => {
    const url = `${base.replace(/\/$/, '')}/${path}`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(READ_TIMEOUT_MS), redirect: 'error' });
    if (!answer.ok) throw new Error(`read "${url}": status ${answer.status}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (bytes.length > READ_MAX_BYTES)
      throw new Error(`read "${url}": ${bytes.length} bytes, at most ${READ_MAX_BYTES}`);
    return bytes;
  };

const packCommand = (api: Api): Command => ({
  verb: 'evidence pack',
  words: ['FILE'],
  help: 'Write an evidence pack (zip) that verifies offline.',
  flags: [{ name: 'incident', value: 'ID', help: 'only what belongs to one incident (the newest 1,000 entries)' }],
  examples: ['evidence pack pack.zip', 'evidence pack inc.zip --incident inc-7k2m9c0q4x1ab3d5'],
  run: async ({ words, flag, client }): Promise<Said> => {
    const [file = ''] = words;
    const incident = flag('incident');
    const bytes = await client.bytes(api.evidencePack, { query: incident ? { incident } : {} });
    writeFileSync(file, bytes);
    return {
      data: { file, bytes: bytes.length },
      text: `${file}: ${bytes.length} bytes. Verify with: npx cityward evidence verify ${file} --key-file KEY`,
    };
  },
});

const proofCommand = (api: Api): Command => ({
  verb: 'evidence proof',
  words: ['INDEX'],
  help: 'Print the .tlog-proof of one entry.',
  flags: [],
  examples: ['evidence proof 412 > 412.tlog-proof'],
  run: async ({ words, client }) => {
    const index = Number(words[0]);
    if (!Number.isInteger(index) || index < 0)
      throw new CommandFault(EXIT.usage, `prove entry "${words[0]}": a number from 0 is wanted`);
    const text = (await client.bytes(api.entryProof, { params: { index } })).toString('utf8');
    return { data: { index, proof: text }, text: text.trimEnd() };
  },
});
