/** `cityward sign` and `officers` without a city: what is shown is what is signed, and a device takes it. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { api, type ChangeJob, type JobSignature, type SignedOfficers } from '@cityward/contracts';
import { testArtifact, testJob, testOfficer, testOfficers, testPasskey } from '@cityward/fleet/testing';
import {
  checkSignature,
  jobBytes,
  jobHash,
  leafTree,
  officersHash,
  verifyFirstOfficers,
  verifyOfficers,
} from '@cityward/fleet/verify';
import { createClient } from './client.ts';
import { findCommand, readArguments } from './command.ts';
import { CommandFault } from './exit-codes.ts';
import { officersCommands } from './officers.ts';
import { signCommand } from './sign.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const CITY = 'Port Test';
const leaves = [
  { device: 'lamp-0001', counter: 1 },
  { device: 'lamp-0002', counter: 1 },
];
let folder: string;
const at = (name: string): string => join(folder, name);
const read = <T>(name: string): T => JSON.parse(readFileSync(at(name), 'utf8')) as T;
const write = (name: string, value: unknown): string => {
  writeFileSync(at(name), typeof value === 'string' ? value : JSON.stringify(value));
  return at(name);
};
interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}
/** As a process of its own, in the folder. */
const runAlone = (...args: string[]): Promise<Ran> =>
  new Promise((done) => {
    const child = execFile(process.execPath, [MAIN, ...args], { cwd: folder }, (error, out, err) =>
      done({ exit: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin?.end();
  });
const COMMANDS = [signCommand, ...officersCommands(api)];
const FILE = /\.(json|key|bin)$|^passphrase$|^short$|^wrong$/;
/** The same in this process: names of files are of the folder. */
async function run(...args: string[]): Promise<Ran> {
  const shown = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const placed = args.map((arg) =>
    arg
      .split(',')
      .map((one) => (FILE.test(one) ? at(one) : one))
      .join(','),
  );
  const command = findCommand(COMMANDS, args)!;
  try {
    const said = await command.run({ ...readArguments(command, placed), client: createClient(at('no-city')) });
    return { exit: said.exit ?? 0, out: said.text, err: shown.mock.calls.join('') };
  } catch (error) {
    if (!(error instanceof CommandFault)) throw error;
    return { exit: error.exit, out: '', err: `${shown.mock.calls.join('')}${error.message}` };
  } finally {
    shown.mockRestore();
  }
}
const sign = (file: string, who: string, ...more: string[]): Promise<Ran> =>
  run('sign', file, '--key', `${who}.key`, '--passphrase-file', 'passphrase', ...more);
/** Agrees to what the file holds, as somebody who has compared the hash. */
const signAs = (file: string, who: string, ...more: string[]): Promise<Ran> => {
  const held = read<ChangeJob | SignedOfficers>(file);
  return sign(file, who, '--yes-hash', 'officers' in held ? officersHash(held.officers) : jobHash(held), ...more);
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-sign-'));
  write('passphrase', 'correct horse battery\n');
  for (const who of ['ann', 'bob', 'eve'])
    expect(
      await run('officers', 'key', `${who}.key`, '--officer', who, '--passphrase-file', 'passphrase'),
    ).toMatchObject({ exit: 0 });
  const keys = 'ann.key.pub.json,bob.key.pub.json';
  expect(await run('officers', 'init', 'officers.json', '--city', CITY, '--keys', keys)).toMatchObject({ exit: 0 });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a key file', () => {
  it('is sealed, of its owner alone, never written over, and opens by its passphrase alone', async () => {
    expect(statSync(at('ann.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(at('ann.key'), 'utf8')).not.toMatch(/PRIVATE|MC4CAQAw/);
    const again = await run('officers', 'key', 'ann.key', '--officer', 'ann', '--passphrase-file', 'passphrase');
    expect(again).toMatchObject({ exit: 1, err: expect.stringContaining('wanted a new file') as string });
    write('short', 'short\n');
    expect(await run('officers', 'key', 'x.key', '--officer', 'ann', '--passphrase-file', 'short')).toMatchObject({
      exit: 2,
    });
    write('wrong', 'another passphrase\n');
    const job = 'job-key.json';
    write(job, testJob(leaves));
    const hash = jobHash(testJob(leaves));
    const closed = await run('sign', job, '--key', 'ann.key', '--passphrase-file', 'wrong', '--yes-hash', hash);
    expect(closed).toMatchObject({ exit: 1, err: expect.stringContaining('the passphrase is another') as string });
    const relabelled = read<{ key: { officer: string } }>('ann.key');
    write('fake.key', { ...relabelled, key: { ...relabelled.key, officer: 'bob' } });
    chmodSync(at('fake.key'), 0o600);
    expect(
      await run('sign', job, '--key', 'fake.key', '--passphrase-file', 'passphrase', '--yes-hash', hash),
    ).toMatchObject({
      exit: 1,
      err: expect.stringContaining('the passphrase is another, or the file was changed') as string,
    });
  }, 60_000);
});

describe('officers', () => {
  it('make their first document and the next one without a city, and a device follows it', async () => {
    expect(await run('officers', 'show', 'officers.json')).toMatchObject({ exit: 4 });
    for (const who of ['ann', 'bob']) expect(await signAs('officers.json', who)).toMatchObject({ exit: 0 });
    const first = read<SignedOfficers>('officers.json');
    const pinned = verifyFirstOfficers(first, Date.now());
    expect(pinned).toMatchObject({ ok: true });
    const shown = await run('officers', 'show', 'officers.json');
    expect(shown).toMatchObject({ exit: 0, out: expect.stringContaining(officersHash(first.officers)) as string });

    expect(
      await run('officers', 'add', 'officers.json', '--keys', 'eve.key.pub.json', '--out', 'two.json'),
    ).toMatchObject({ exit: 0 });
    expect(await signAs('two.json', 'ann')).toMatchObject({ exit: 0 });
    expect(await run('officers', 'show', 'two.json', '--after', 'officers.json')).toMatchObject({ exit: 4 });
    expect(await signAs('two.json', 'bob')).toMatchObject({ exit: 0 });
    expect(await run('officers', 'show', 'two.json', '--after', 'officers.json')).toMatchObject({ exit: 0 });
    expect(verifyOfficers(first.officers, read('two.json'), Date.now())).toMatchObject({
      ok: true,
      value: { version: 2 },
    });
    const removed = await run('officers', 'remove', 'two.json', '--officer', 'bob', '--out', 'three.json');
    expect(removed).toMatchObject({ exit: 0, out: expect.not.stringContaining('bob-key') as string });
    expect(await run('officers', 'remove', 'three.json', '--officer', 'eve', '--out', 'four.json')).toMatchObject({
      exit: 1,
    });
  }, 60_000);
});

describe('a passkey from the console', () => {
  it('stands in the next document like any key, and signs jobs once the officers have signed that', async () => {
    const passkey = testPasskey('dora');
    write('dora.json', passkey.key);
    const added = await run('officers', 'add', 'officers.json', '--keys', 'dora.json', '--out', 'passkey.json');
    expect(added).toMatchObject({
      exit: 0,
      out: expect.stringContaining('passkey for http://localhost:8080') as string,
    });
    const { officers } = read<SignedOfficers>('passkey.json');
    const job = testJob(leaves);
    expect(checkSignature(job, passkey.sign(jobBytes(job)), officers)).toMatchObject({
      ok: true,
      value: { officer: 'dora' },
    });
    const nobodySigned = await run('officers', 'show', 'passkey.json', '--after', 'officers.json');
    expect(nobodySigned).toMatchObject({ exit: 4 });
  });
  it.each<[string, object]>([
    ['another algorithm', { cose: -257 }],
    ['another key than it says', { cose: -8 }],
    ['more than is agreed', { roles: ['officer'] }],
    ['no origin', { origin: undefined }],
  ])('is refused by its file with %s', async (_what, change) => {
    write('bad.json', { ...testPasskey('dora').key, ...change });
    const added = await run('officers', 'add', 'officers.json', '--keys', 'bad.json', '--out', 'none.json');
    expect(added).toMatchObject({ exit: 1, err: expect.stringContaining('bad.json') as string });
  });
});

describe('a job', () => {
  it('is shown in words from its bytes, signed, and the signature is the officer’s', async () => {
    const job = testJob(leaves);
    write('job.json', job);
    write('devices.json', { leaves });
    const signed = await runAlone(
      ...['sign', 'job.json', '--key', 'ann.key', '--passphrase-file', 'passphrase'],
      ...['--yes-hash', jobHash(job), '--devices', 'devices.json'],
    );
    expect(signed).toMatchObject({ exit: 0 });
    for (const part of [
      'INSTALL firmware "lamp-firmware" version 2.1.0',
      '2 devices',
      'lamp-0001, lamp-0002',
      jobHash(job),
    ])
      expect(signed.err).toContain(part);
    const { key } = read<{ key: ReturnType<typeof testOfficer>['key'] }>('ann.key');
    const officers = testOfficers([{ key }, testOfficer('bob')]);
    expect(checkSignature(job, read<JobSignature>('job.json.ann-key.sig.json'), officers)).toMatchObject({
      ok: true,
      value: { officer: 'ann' },
    });
  }, 60_000);
  it('is not signed without looking: no terminal, another hash, a bent title', async () => {
    write('job.json', testJob(leaves));
    const unasked = await runAlone('sign', 'job.json', '--key', 'ann.key', '--passphrase-file', 'passphrase');
    expect(unasked).toMatchObject({
      exit: 2,
      err: expect.stringContaining('--yes-hash') as string,
    });
    expect(await sign('job.json', 'ann', '--yes-hash', jobHash(testJob(leaves)).slice(0, 8))).toMatchObject({
      exit: 1,
    });
    write('sly.json', testJob(leaves, { title: 'Restart\u001b[2J\nDoes      RESTART' }));
    const sly = await sign('sly.json', 'ann', '--yes-hash', '00');
    expect(sly.err).not.toContain('\u001b');
    expect(sly.err.split('\n').filter((line) => line.startsWith('Does'))).toHaveLength(1);
  }, 60_000);
  it('is not signed with other devices or firmware than the officer has, or with a trojan way back', async () => {
    const job = testJob(leaves);
    write('job.json', job);
    write('fewer.json', { leaves: leaves.slice(1) });
    expect(await sign('job.json', 'ann', '--yes-hash', jobHash(job), '--devices', 'fewer.json')).toMatchObject({
      exit: 4,
    });
    write('other.bin', 'other firmware');
    expect(await sign('job.json', 'ann', '--yes-hash', jobHash(job), '--artifact', 'other.bin')).toMatchObject({
      exit: 4,
    });
    const bytes = 'lamp 2.1.0';
    write('lamp.bin', bytes);
    const right: ChangeJob = { ...job, action: { do: 'install', artifact: { ...testArtifact(), size: bytes.length } } };
    write('right.json', right);
    expect(await signAs('right.json', 'ann', '--artifact', 'lamp.bin')).toMatchObject({ exit: 0 });
    const trojan = testJob(leaves, { action: { do: 'restart' }, devices: { count: 2, root: leafTree(leaves).root } });
    write('trojan.json', trojan);
    expect(await sign('trojan.json', 'ann', '--yes-hash', jobHash(trojan))).toMatchObject({
      exit: 1,
      err: expect.stringContaining('way back') as string,
    });
    write('nothing.json', { kind: 'other' });
    expect(await sign('nothing.json', 'ann', '--yes-hash', '00')).toMatchObject({ exit: 1 });
  }, 60_000);
});
