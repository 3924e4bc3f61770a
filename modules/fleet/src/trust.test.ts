/** Officers, signatures, artifacts and their repository over SQL: what the server keeps, and what it cannot bring about. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { collected } from '@cityward/objects';
import type { ChangeJob, Fact, JobSignature } from '@cityward/contracts';
import { millis, ok, refuse } from '@cityward/kernel';
import { openObjects, type Objects } from '@cityward/objects';
import { createDispatcher } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { silentLog } from '@cityward/log';
import { keyIdOf, metadataBytes, tufKeyOf, type About, type Metadata } from './domain/tuf/metadata.ts';
import { NOTHING_SEEN, verifyRepository } from './domain/tuf/verify.ts';
import { createTrust, type Trust } from './trust.ts';
import {
  signedOfficers,
  TEST_CITY,
  TEST_NOW,
  testJob,
  testOfficer,
  testOfficers,
  testPasskey,
  type TestOfficer,
} from './testing.ts';
import { jobBytes } from './verify.ts';

const [ann, bob, eve] = [testOfficer('ann'), testOfficer('bob'), testOfficer('eve')];
const cleo = testPasskey('cleo');
const first = signedOfficers(testOfficers([ann, bob, cleo]), [ann, bob]);
const job = testJob([{ device: 'lamp-0001', counter: 1 }]);
const DAY_MS = 86_400_000;

let sql: TestSql;
let folder: string;
let objects: Objects;
let now = TEST_NOW;
let trust: Trust;
const jobs = new Map<string, ChangeJob>();
const open = async (): Promise<Trust> => {
  const made = createTrust(
    { sql, clock: () => millis(now), objects, keyFolder: join(folder, 'keys'), cityName: TEST_CITY },
    {
      jobOf: (id) =>
        Promise.resolve(
          jobs.has(id) ? ok(jobs.get(id)!) : refuse('not-found', 'CHANGE_UNKNOWN', `find change "${id}": none`),
        ),
      byOfficers: () => new Map(),
    },
  );
  await made.start();
  return made;
};
const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }): string =>
  result.ok ? 'done' : result.error.code;
async function* bytesOf(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (const part of parts) yield Buffer.from(part);
}
const about = {
  kind: 'firmware',
  name: 'lamp-firmware',
  version: '2.1.0',
  classes: ['lamp'],
  models: [],
  hardware: [],
} as const;
const lamp = (): About => ({ ...about, classes: [...about.classes], models: [], hardware: [] });

beforeAll(async () => {
  sql = await openTestSql();
  await sql.migrate({ module: 'fleet', folder: new URL('../migrations/', import.meta.url) });
});
afterAll(() => sql.stop());
beforeEach(async () => {
  await sql.reset();
  folder = mkdtempSync(join(tmpdir(), 'cityward-trust-'));
  objects = await openObjects({ folder: join(folder, 'objects') });
  now = TEST_NOW;
  jobs.clear();
  jobs.set(job.id, job);
  trust = await open();
  return () => rmSync(folder, { recursive: true, force: true });
});

/** Facts as the ledger would get them. */
async function facts(): Promise<readonly Fact[]> {
  const seen: Fact[] = [];
  const dispatcher = createDispatcher({
    sql,
    log: silentLog,
    handlers: [{ name: `test-${Math.random()}`, handle: (some) => Promise.resolve(void seen.push(...some)) }],
  });
  await dispatcher.start();
  await dispatcher.drained();
  await dispatcher.stop();
  return seen;
}

describe('officers', () => {
  it('are pinned once, follow one another by signatures alone, and are there after a restart', async () => {
    expect(trust.officers.current()).toBeNull();
    expect(codeOf(await trust.officers.add(signedOfficers(first.officers, [ann]), 'person-1'))).toBe(
      'OFFICERS_NOT_SIGNED',
    );
    expect(codeOf(await trust.officers.add(first, 'person-1'))).toBe('done');
    expect(codeOf(await trust.officers.add(first, 'person-1'))).toBe('done');
    const own = signedOfficers(testOfficers([eve, testOfficer('zoe')]), [eve]);
    expect(codeOf(await trust.officers.add(own, 'administrator'))).not.toBe('done');
    const next = signedOfficers(testOfficers([ann, bob, eve], { version: 2 }), [ann, bob]);
    expect(codeOf(await trust.officers.add({ ...next, signatures: next.signatures.slice(1) }, 'administrator'))).toBe(
      'OFFICERS_NOT_SIGNED',
    );
    expect(codeOf(await trust.officers.add(next, 'person-2'))).toBe('done');
    expect((await open()).officers.versions().map(({ version, by }) => [version, by])).toEqual([
      [1, 'person-1'],
      [2, 'person-2'],
    ]);
    expect((await facts()).map(({ type, subject }) => [type, subject])).toEqual([
      ['officers.pinned', expect.stringMatching(/^[0-9a-f]{64}$/)],
      ['officers.changed', '2'],
    ]);
  });
  it('are of this city', async () => {
    const other = signedOfficers(testOfficers([ann, bob], { city: 'Port Other' }), [ann, bob]);
    expect(codeOf(await trust.officers.add(other, 'person-1'))).toBe('OFFICERS_OTHER_CITY');
  });
  it('come one after the other when two hand in at once', async () => {
    await trust.officers.add(first, 'person-1');
    const two = [eve, testOfficer('fay')].map((one) =>
      signedOfficers(testOfficers([ann, bob, one], { version: 2 }), [ann, bob]),
    );
    const answers = await Promise.all(two.map((one) => trust.officers.add(one, 'person-1')));
    expect(answers.map(codeOf)).toEqual(['done', 'OFFICERS_VERSION']);
  });
});

describe('signatures on a change', () => {
  const by = (signature: JobSignature): Promise<string> =>
    trust.signatures.add(job.id, signature, 'person-1').then(codeOf);
  const signed = (one: { sign(bytes: Uint8Array): JobSignature }): JobSignature => one.sign(jobBytes(job));

  it('count once enough officers have signed, one of them offline, and stay after a restart', async () => {
    expect(await by(signed(ann))).toBe('NO_OFFICERS');
    await trust.officers.add(first, 'person-1');
    const told: boolean[] = [];
    trust.signatures.onSigned((_, { complete }) => told.push(complete));
    expect(await by(signed(cleo))).toBe('done');
    expect(trust.signatures.standing(job)).toEqual({
      needed: 2,
      officers: ['cleo'],
      wantsOffline: true,
      complete: false,
    });
    expect(await by(signed(bob))).toBe('done');
    expect(told).toEqual([false, true]);
    const again = await open();
    expect(again.signatures.standing(job)).toMatchObject({ officers: ['bob', 'cleo'], complete: true });
    expect(again.signatures.of(job.id).map(({ key }) => key)).toEqual(['bob-key', 'cleo-passkey']);
    expect((await facts()).filter(({ type }) => type === 'change.signed').map(({ actor }) => actor)).toEqual([
      'cleo',
      'bob',
    ]);
  });
  it('are refused where a device would refuse them', async () => {
    await trust.officers.add(first, 'person-1');
    expect(await by(signed(eve))).toBe('KEY_UNKNOWN');
    expect(await by(ann.sign(Buffer.from('other')))).toBe('SIGNATURE_WRONG');
    expect(await by(cleo.sign(jobBytes(job), { origin: 'http://localhost:9999' }))).toBe('PASSKEY_ORIGIN');
    expect(await trust.signatures.add('chg-none', signed(ann), 'person-1').then(codeOf)).toBe('CHANGE_UNKNOWN');
    expect(await by(signed(ann))).toBe('done');
    expect(await by(signed(ann))).toBe('OFFICER_SIGNED');
    now = job.notAfter + 1;
    expect(await by(signed(bob))).toBe('TOO_LATE');
  });
  it('by passkey give way to one by "cityward sign" of the same officer, never the other way', async () => {
    const own = testOfficer('cleo');
    await trust.officers.add(signedOfficers(testOfficers([ann, bob, cleo, own]), [ann, bob]), 'person-1');
    expect(await by(signed(cleo))).toBe('done');
    expect(await by(signed(own))).toBe('done');
    expect(await by(signed(cleo))).toBe('OFFICER_SIGNED');
    expect(trust.signatures.standing(job)).toMatchObject({ officers: ['cleo'], wantsOffline: false, complete: false });
  });
  it('of an officer who is one no longer count no longer', async () => {
    await trust.officers.add(first, 'person-1');
    for (const one of [ann, bob]) await by(signed(one));
    expect(trust.signatures.standing(job).complete).toBe(true);
    await trust.officers.add(signedOfficers(testOfficers([ann, eve], { version: 2 }), [ann, bob, eve]), 'person-1');
    expect(trust.signatures.standing(job)).toMatchObject({ officers: ['ann'], complete: false });
    expect(trust.signatures.of(job.id)).toHaveLength(1);
  });
});

describe('artifacts', () => {
  const add = (what: About, ...parts: string[]) => trust.artifacts.add(what, bytesOf(...parts), 'person-1');
  it('are kept by hash, once, with what they are for', async () => {
    const added = await add(lamp(), 'lamp ', 'firmware');
    expect(added).toMatchObject({ ok: true, value: { size: 13, classes: ['lamp'], by: 'person-1' } });
    if (!added.ok) return;
    const { sha256 } = added.value;
    expect((await collected((await trust.artifacts.bytes(sha256))!)).toString()).toBe('lamp firmware');
    expect(codeOf(await add(lamp(), 'lamp firmware'))).toBe('done');
    expect(codeOf(await add(lamp(), 'other'))).toBe('ARTIFACT_KNOWN');
    expect(codeOf(await add({ ...lamp(), version: '2.2.0' }, 'lamp firmware'))).toBe('ARTIFACT_KNOWN');
    expect((await open()).artifacts.list()).toEqual([added.value]);
    expect((await facts()).filter(({ type }) => type === 'artifact.added')).toHaveLength(1);
  });
  it('are refused when empty, too large, or named oddly; nothing is listed then', async () => {
    expect(codeOf(await add(lamp()))).toBe('ARTIFACT_EMPTY');
    expect(codeOf(await add({ ...lamp(), name: '../etc' }, 'x'))).toBe('ARTIFACT_SHAPE');
    expect(codeOf(await add({ ...lamp(), models: ['a\nb'] }, 'x'))).toBe('ARTIFACT_SHAPE');
    const { createArtifacts } = await import('./artifacts.ts');
    const small = createArtifacts({ sql, clock: () => millis(now), objects, maxBytes: 10 });
    expect(codeOf(await small.add(lamp(), bytesOf('123456', '789012'), 'person-1'))).toBe('ARTIFACT_TOO_LARGE');
    expect([trust.artifacts.list(), await objects.list()]).toMatchObject([[], [expect.stringMatching(/^e3b0c442/)]]);
  });
});

describe('the repository', () => {
  const sign = (signed: unknown, signers: readonly TestOfficer[]): string =>
    JSON.stringify({
      signed,
      signatures: signers.map((one) => ({
        keyid: keyIdOf(tufKeyOf(one.key)!),
        sig: Buffer.from(one.sign(metadataBytes(signed as Metadata)).signature, 'base64url').toString('hex'),
      })),
    });
  const drafts = async () => {
    const made = await trust.repository.drafts();
    if (!made.ok) throw new Error(made.error.message);
    return made.value;
  };
  const fetched = async () => {
    const text = async (name: string): Promise<Buffer> => Buffer.from((await trust.repository.file(name)) ?? '');
    const timestamp = await text('timestamp.json');
    const { signed } = JSON.parse(timestamp.toString()) as {
      signed: { meta: { 'snapshot.json': { version: number } } };
    };
    const snapshot = await text(`${signed.meta['snapshot.json'].version}.snapshot.json`);
    const inside = JSON.parse(snapshot.toString()) as { signed: { meta: { 'targets.json': { version: number } } } };
    const { version } = inside.signed.meta['targets.json'];
    return { root: await text('1.root.json'), timestamp, snapshot, targets: await text(`${version}.targets.json`) };
  };

  it('publishes what officers signed, keeps it fresh, and a device takes it; the server alone publishes nothing', async () => {
    expect(await drafts()).toEqual({ root: null, targets: null, published: { root: 0, targets: 0 } });
    await trust.officers.add(first, 'person-1');
    await trust.artifacts.add(lamp(), bytesOf('lamp firmware'), 'person-1');
    const { root, targets } = await drafts();
    expect(codeOf(await trust.repository.publish('targets', sign(targets, [ann, bob])))).toBe('NO_ROOT');
    expect(codeOf(await trust.repository.publish('root', sign(root, [ann])))).toBe('METADATA_NOT_SIGNED');
    expect(codeOf(await trust.repository.publish('root', sign(root, [ann, eve])))).toBe('METADATA_NOT_SIGNED');
    expect(codeOf(await trust.repository.publish('root', sign(root, [ann, bob])))).toBe('done');
    expect(await trust.repository.file('timestamp.json')).toBeNull();
    expect(codeOf(await trust.repository.publish('targets', sign(targets, [bob])))).toBe('METADATA_NOT_SIGNED');
    expect(codeOf(await trust.repository.publish('targets', sign(targets, [ann, bob])))).toBe('done');
    expect(await drafts()).toEqual({ root: null, targets: null, published: { root: 1, targets: 1 } });
    const against = { officers: first.officers, seen: NOTHING_SEEN, now };
    expect(verifyRepository(await fetched(), against)).toMatchObject({ ok: true, value: { seen: { timestamp: 1 } } });

    now += 20 * 3_600_000;
    expect(verifyRepository(await fetched(), { ...against, now })).toMatchObject({
      ok: true,
      value: { seen: { timestamp: 2, snapshot: 1 } },
    });
    now += 5 * DAY_MS;
    trust = await open();
    expect(verifyRepository(await fetched(), { ...against, now })).toMatchObject({
      ok: true,
      value: { seen: { timestamp: 3, snapshot: 2, targets: 1 } },
    });
  });
  it('takes no root that gives the artifacts to others than the officers', async () => {
    await trust.officers.add(first, 'person-1');
    const { root } = await drafts();
    const key = tufKeyOf(eve.key)!;
    const own = {
      ...root!,
      keys: { ...root!.keys, [keyIdOf(key)]: key },
      roles: { ...root!.roles, targets: { keyids: [keyIdOf(key)], threshold: 1 } },
    };
    expect(codeOf(await trust.repository.publish('root', sign(own, [ann, bob])))).toBe('ROOT_KEYS');
    expect(codeOf(await trust.repository.publish('root', '{"signed":'))).toBe('METADATA_SHAPE');
  });
  it('has its online keys in files of the owner alone, and nowhere in SQL', async () => {
    const files = readdirSync(join(folder, 'keys'));
    expect(files.sort()).toEqual(['snapshot.key', 'timestamp.key']);
    for (const file of files) {
      const path = join(folder, 'keys', file);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path, 'utf8')).toContain('PRIVATE KEY');
    }
    expect(await trust.repository.file('../../keys/snapshot.key')).toBeNull();
  });
});
