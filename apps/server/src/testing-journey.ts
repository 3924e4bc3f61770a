/** What a whole change needs in tests: officers with keys of their own, the command as a process, and what devices say they run. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Change, ChangeJob, ChangeSigned, LedgerEntry } from '@cityward/contracts';
import { testPasskey } from '@cityward/fleet/testing';
import { jobBytes, officersHash } from '@cityward/fleet/verify';
import type { Config } from './config.ts';
import { eventually, type Call } from './testing-clients.ts';

const CLI = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));
const FLAGS = ['--disable-warning=ExperimentalWarning'];
const OFFICERS_FILE = 'officers.json';

export interface Ran<T> {
  readonly exit: number;
  readonly data: T;
  readonly err: string;
}
export interface Desk {
  /** The command, as a process in the officers' own folder; `--json` and `--data` are added. */
  run<T>(...words: string[]): Promise<Ran<T>>;
  at(name: string): string;
}

/** @param folder of the officers' own machine: keys never lie in the city's */
export function commandIn(folder: string, { dataFolder }: Pick<Config, 'dataFolder'>): Desk {
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('passphrase'), 'a long passphrase for a test');
  return {
    at,
    run: <T>(...words: string[]) =>
      new Promise<Ran<T>>((done) => {
        const given = [...FLAGS, CLI, ...words, '--json', '--data', dataFolder];
        const child = execFile(process.execPath, given, { cwd: folder }, (error, out, err) => {
          const last = out.trim().split('\n').at(-1) ?? '';
          done({ exit: error ? Number(error.code) : 0, data: (last ? JSON.parse(last) : null) as T, err });
        });
        child.stdin?.end();
      }),
  };
}

const must = async <T>(ran: Promise<Ran<T>>): Promise<T> => {
  const { exit, data, err } = await ran;
  if (exit !== 0) throw new Error(`the command ended with ${exit}: ${err}`);
  return data;
};

const passphrase = ['--passphrase-file', 'passphrase'];
export const SIGNERS = ['ann-doe', 'bob-roe'] as const;

export interface Officers {
  readonly passkey: ReturnType<typeof testPasskey>;
}

/** Two officers with keys of their own and who else is named; the two sign the first document. No city is needed. */
export async function firstOfficers(desk: Desk, cityName: string, more: readonly string[] = []): Promise<void> {
  for (const officer of SIGNERS)
    await must(desk.run('officers', 'key', `${officer}.key`, '--officer', officer, ...passphrase));
  const keys = [...SIGNERS.map((officer) => `${officer}.key.pub.json`), ...more].join(',');
  await must(desk.run('officers', 'init', OFFICERS_FILE, '--city', cityName, '--keys', keys));
  for (const officer of SIGNERS) await signOfficers(desk, OFFICERS_FILE, officer);
}

/** The same with a passkey's holder as the third; the document is handed in. */
export async function swearIn(desk: Desk, cityName: string): Promise<Officers> {
  const passkey = testPasskey('cyd-lee');
  writeFileSync(desk.at('cyd-lee.pub.json'), JSON.stringify(passkey.key));
  await firstOfficers(desk, cityName, ['cyd-lee.pub.json']);
  await must(desk.run('officers', 'send', OFFICERS_FILE));
  return { passkey };
}

export async function signOfficers(desk: Desk, file: string, officer: string): Promise<void> {
  const { officers } = JSON.parse(readFileSync(desk.at(file), 'utf8')) as {
    officers: Parameters<typeof officersHash>[0];
  };
  await must(desk.run('sign', file, '--key', `${officer}.key`, ...passphrase, '--yes-hash', officersHash(officers)));
}

/** Hands the document over with the devices, as an installer would: by no network. */
export function pinInSimulator(desk: Desk, { dataFolder }: Pick<Config, 'dataFolder'>): void {
  mkdirSync(join(dataFolder, 'simulator'), { recursive: true });
  copyFileSync(desk.at(OFFICERS_FILE), join(dataFolder, 'simulator', OFFICERS_FILE));
}

/** Fetched, signed on another machine, handed in. */
export async function signOffline(desk: Desk, id: string, officer: string): Promise<ChangeSigned> {
  const { hash } = await must<{ hash: string }>(desk.run('job', 'fetch', id, 'job.json', '--devices', 'devices.json'));
  const key = ['--key', `${officer}.key`, ...passphrase];
  const seen = ['--devices', 'devices.json', '--yes-hash', hash];
  const { file } = await must<{ file: string }>(desk.run('sign', 'job.json', ...key, ...seen));
  return must<ChangeSigned>(desk.run('job', 'sign', id, '--signature', file));
}

/** As the browser does: the hash is worked out from the job that is shown, and the assertion handed in. */
export async function signByPasskey(desk: Desk, id: string, { passkey }: Officers): Promise<ChangeSigned> {
  await must(desk.run('job', 'fetch', id, 'job.json'));
  const job = JSON.parse(readFileSync(desk.at('job.json'), 'utf8')) as ChangeJob;
  writeFileSync(desk.at('passkey.sig.json'), JSON.stringify(passkey.sign(jobBytes(job))));
  return must<ChangeSigned>(desk.run('job', 'sign', id, '--signature', 'passkey.sig.json'));
}

/** Plans what the draft file says: the change's id. */
export async function planned(desk: Desk, draft: object): Promise<Change> {
  writeFileSync(desk.at('draft.json'), JSON.stringify(draft));
  const [change] = await must<Change[]>(desk.run('job', 'apply', 'draft.json'));
  return change!;
}

export const started = (desk: Desk, id: string): Promise<Change> =>
  must<Change>(desk.run('job', 'apply', id, '--reason', "Tonight's window"));

export async function addFirmware(desk: Desk, version: string, firstLine: string): Promise<string> {
  const file = `cam-${version}.bin`;
  writeFileSync(desk.at(file), `${firstLine}\nfirmware of a simulated camera, ${version}\n`);
  await must(desk.run('artifact', 'add', file, '--name', 'cam-firmware', '--version', version));
  return `cam-firmware@${version}`;
}

/** Sentences of the ledger about one subject, once there are any of this type. */
export const inLedger = (call: Call, type: string, subject: string): Promise<string> =>
  eventually(`"${type}" about "${subject}" is in the ledger`, async () => {
    const { body } = await call<{ entries: LedgerEntry[] }>('GET', `/api/evidence/entries?type=${type}&limit=500`);
    return body.entries.find((one) => one.subject === subject)?.text ?? null;
  });
