/** Runs a witness of logs, for another city or whoever is asked to: a program of its own, which needs no city here. */
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@cityward/kernel';
import { createCosigner, formatCosignerKey } from '@cityward/tlog-tiles/cosignature';
import { parseVerifierKey, type VerifierKey } from '@cityward/tlog-tiles/note';
import { openWitness, openWitnessKey, serveWitness } from '@cityward/witness';
import type { Command } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { wanted } from './wanted.ts';

const LISTEN_DEFAULT = '127.0.0.1:9700';
const OWNER_ONLY_FOLDER = 0o700;

export const witnessCommand: Command = {
  verb: 'witness',
  words: ['FOLDER'],
  help: 'Run a witness: it sees that logs only grow, and signs what it saw. Keep its folder on another machine than the city.',
  flags: [
    { name: 'name', value: 'NAME', help: 'what it signs as, for ever: a URL without scheme' },
    { name: 'logs', value: 'FILE', help: 'the keys of the logs that it knows, one on each line (ledger.vkey)' },
    { name: 'listen', value: 'HOST:PORT', help: `where it answers (${LISTEN_DEFAULT})` },
  ],
  examples: ['witness ./witness --name witness.harbour.example --logs logs.txt --listen 127.0.0.1:9700'],
  run: async (asked) => {
    const [folder = ''] = asked.words;
    const logs = logsIn(wanted(asked, 'witness', 'logs'));
    const name = wanted(asked, 'witness', 'name');
    const [host, port] = placeOf(asked.flag('listen') ?? LISTEN_DEFAULT);
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    chmodSync(folder, OWNER_ONLY_FOLDER);
    const signer = createCosigner(name, await openWitnessKey(join(folder, 'witness.key')));
    const path = join(folder, 'witness.journal');
    const witness = await openWitness({ path, signer, logs, clock: systemClock });
    const onFault = (fault: unknown): void => void process.stderr.write(`the witness cannot write: ${String(fault)}\n`);
    const listener = await serveWitness(witness, { host, port, onFault });
    process.stderr.write(`listens at ${listener.url}\nkey ${formatCosignerKey(signer)}\n`);
    await stopped();
    await listener.stop();
    await witness.close();
    const seen = witness.seen();
    return {
      data: seen,
      text: seen.map(({ origin, size }) => `${origin}  ${size} entries`).join('\n') || 'nothing seen',
    };
  },
};

const stopped = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

function logsIn(path: string): VerifierKey[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim());
  const keys = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const key = parseVerifierKey(line);
      if (!key.ok) throw new CommandFault(EXIT.usage, `read logs "${path}": ${key.error}`);
      return key.value;
    });
  if (keys.length > 0) return keys;
  throw new CommandFault(EXIT.usage, `read logs "${path}": it names none, wanted a log's key on each line`);
}

function placeOf(text: string): [string, number] {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host !== '' && Number(port) <= 65_535) return [host.replace(/^\[(.*)\]$/, '$1'), Number(port)];
  throw new CommandFault(EXIT.usage, `read --listen: "${text}" is no HOST:PORT`);
}
