/** npm's tuf-js takes our repository over HTTP and refuses every other; our own check of a device says the same. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Updater } from 'tuf-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testOfficer, testOfficers, testPasskey, type TestOfficer } from '../../testing.ts';
import { sha256 } from '../trust/bytes.ts';
import { makeRoot, makeSnapshot, makeTargets, makeTimestamp, type Listed } from './make.ts';
import { keyIdOf, metadataBytes, tufKey, tufKeyOf, type Metadata, type RoleName } from './metadata.ts';
import { checkRootKeys, NOTHING_SEEN, targetOf, verifyRepository, type SeenVersions } from './verify.ts';
import { metadataInWords } from './words.ts';

const DAY_MS = 86_400_000;
const now = Date.now();
const [ann, bob, eve] = [testOfficer('ann'), testOfficer('bob'), testOfficer('eve')];
const officers = testOfficers([ann, bob, testPasskey('cleo')]);
const firmware = Buffer.from('lamp firmware 2.1.0');
const artifact = {
  kind: 'firmware',
  name: 'lamp-firmware',
  version: '2.1.0',
  classes: ['lamp'],
  models: [],
  hardware: ['rev-b'],
  sha256: sha256(firmware).toString('hex'),
  size: firmware.length,
} as const satisfies Omit<Listed, 'classes' | 'models' | 'hardware'> & Record<string, unknown>;
const listed = artifact as unknown as Listed;

interface Signer {
  readonly id: string;
  sign(bytes: Uint8Array): string;
}
const online = (): Signer & { publicKey: Buffer } => {
  const { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(12);
  return { publicKey: raw, id: keyIdOf(tufKey(raw)), sign: (bytes) => sign(null, bytes, privateKey).toString('hex') };
};
const offline = (officer: TestOfficer): Signer => ({
  id: keyIdOf(tufKeyOf(officer.key)!),
  sign: (bytes) => Buffer.from(officer.sign(bytes).signature, 'base64url').toString('hex'),
});
const [snapshotKey, timestampKey] = [online(), online()];
const envelope = (signed: Metadata, signers: readonly Signer[]): Buffer =>
  Buffer.from(
    JSON.stringify({
      signed,
      signatures: signers.map((one) => ({ keyid: one.id, sig: one.sign(metadataBytes(signed)) })),
    }),
  );

interface Making {
  readonly version?: number;
  readonly expires?: number;
  readonly artifacts?: readonly Listed[];
  readonly rootSigners?: readonly Signer[];
  readonly targetSigners?: readonly Signer[];
  readonly keys?: typeof officers;
}
type Files = Record<RoleName, Buffer>;

/** A whole repository; versions of targets, snapshot and timestamp go together, the root has its own. */
function make({ version = 1, expires = now + DAY_MS, artifacts = [listed], ...signing }: Making = {}): Files {
  const edition = { version, expires };
  const root = makeRoot(
    signing.keys ?? officers,
    { snapshot: snapshotKey.publicKey, timestamp: timestampKey.publicKey },
    { version: 1, expires: now + 2 * DAY_MS },
  );
  if (!root.ok) throw new Error(root.error.message);
  const theirs = [offline(ann), offline(bob)];
  const targets = envelope(makeTargets(artifacts, edition), signing.targetSigners ?? theirs);
  const snapshot = envelope(makeSnapshot({ version, bytes: targets }, edition), [snapshotKey]);
  const timestamp = envelope(makeTimestamp({ version, bytes: snapshot }, edition), [timestampKey]);
  return { root: envelope(root.value, signing.rootSigners ?? theirs), targets, snapshot, timestamp };
}
const versionOf = (bytes: Buffer): number => {
  try {
    return (JSON.parse(bytes.toString()) as { signed: { version: number } }).signed.version;
  } catch {
    return 1;
  }
};

let server: Server;
let base = '';
let files: Files = make();
/** Names under which the four are asked for, whatever they hold. */
let served: { snapshot: number; targets: number } = { snapshot: 1, targets: 1 };
let payload: Buffer = firmware;
const publish = (next: Files): void => {
  files = next;
  served = { snapshot: versionOf(next.snapshot), targets: versionOf(next.targets) };
};
let folder = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    const bodies: Record<string, Buffer> = {
      '/metadata/timestamp.json': files.timestamp,
      [`/metadata/${served.snapshot}.snapshot.json`]: files.snapshot,
      [`/metadata/${served.targets}.targets.json`]: files.targets,
      [`/targets/${artifact.name}/${artifact.sha256}.${artifact.version}`]: payload,
    };
    const body = bodies[request.url ?? ''];
    response.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-tuf-'));
  payload = firmware;
  publish(make());
  return () => rmSync(folder, { recursive: true, force: true });
});

/** What tuf-js says: the bytes it would install, or the fault. */
async function foreign(root = files.root): Promise<string> {
  writeFileSync(join(folder, 'root.json'), root);
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: `${base}/metadata`,
    targetDir: folder,
    targetBaseUrl: `${base}/targets`,
    config: { fetchRetry: 0 },
  });
  await updater.refresh();
  const target = await updater.getTargetInfo(`${artifact.name}/${artifact.version}`);
  if (!target) return 'no such target';
  return readFileSync(await updater.downloadTarget(target, join(folder, 'download')), 'utf8');
}
const ours = (seen: SeenVersions = NOTHING_SEEN): string => {
  const judged = verifyRepository(files, { officers, seen, now });
  return judged.ok ? 'accepted' : judged.error.code;
};

describe('our repository', () => {
  it('is taken by tuf-js to the last byte of the target, and by a device', async () => {
    expect(await foreign()).toBe(firmware.toString());
    const judged = verifyRepository(files, { officers, seen: NOTHING_SEEN, now });
    expect(judged).toMatchObject({ ok: true, value: { seen: { root: 1, targets: 1, snapshot: 1, timestamp: 1 } } });
    if (!judged.ok) return;
    expect(targetOf(judged.value, artifact)).toMatchObject({ ok: true, value: { custom: { hardware: ['rev-b'] } } });
    expect(targetOf(judged.value, { ...artifact, sha256: 'ab'.repeat(32) })).toMatchObject({
      error: { code: 'TARGET_UNKNOWN' },
    });
    expect(targetOf(judged.value, { ...artifact, version: '9' })).toMatchObject({ error: { code: 'TARGET_UNKNOWN' } });
  });
  it('goes on to newer versions', async () => {
    await foreign();
    publish(make({ version: 2 }));
    expect(await foreign()).toBe(firmware.toString());
    expect(ours({ root: 1, targets: 1, snapshot: 1, timestamp: 1 })).toBe('accepted');
  });
});

describe('both refuse', () => {
  it('a target whose bytes were changed', async () => {
    payload = Buffer.from('lamp firmware 6.6.6');
    await expect(foreign()).rejects.toThrow();
  });
  it.each(['targets', 'snapshot', 'timestamp'] as const)('%s changed by one byte', async (role) => {
    const changed = Buffer.from(files[role].toString().replace('"version":1', '"version":7'));
    files = { ...files, [role]: changed };
    await expect(foreign()).rejects.toThrow();
    expect(ours()).not.toBe('accepted');
  });
  it('targets of the server alone, or of too few or invented officers', async () => {
    for (const targetSigners of [[], [offline(ann)], [offline(ann), offline(eve)], [snapshotKey, timestampKey]]) {
      publish(make({ targetSigners }));
      await expect(foreign()).rejects.toThrow();
      expect(ours()).toBe('METADATA_NOT_SIGNED');
    }
  });
  it('what has expired', async () => {
    publish(make({ expires: now - 1_000 }));
    await expect(foreign()).rejects.toThrow('expired');
    expect(ours()).toBe('METADATA_EXPIRED');
  });
  it('what was rolled back to an older version', async () => {
    publish(make({ version: 2 }));
    await foreign();
    publish(make({ version: 1 }));
    await expect(foreign()).rejects.toThrow('less than current');
    expect(ours({ root: 1, targets: 2, snapshot: 2, timestamp: 2 })).toBe('METADATA_ROLLED_BACK');
  });
  it.each([
    ['targets', make({ version: 2, artifacts: [] }).targets],
    ['snapshot', make({ version: 3 }).snapshot],
  ] as const)('%s of another edition among the rest', async (role, other) => {
    publish({ ...make({ version: 2 }), [role]: other });
    await expect(foreign()).rejects.toThrow();
    expect(ours()).toBe('REPOSITORY_MIXED');
  });
});

describe('a root', () => {
  const root = () => {
    const made = makeRoot(
      officers,
      { snapshot: snapshotKey.publicKey, timestamp: timestampKey.publicKey },
      { version: 1, expires: now + DAY_MS },
    );
    if (!made.ok) throw new Error(made.error.message);
    return made.value;
  };
  it('is the officers: a device takes none with other keys, fewer officers, or a threshold below theirs', () => {
    const stolen = make({
      keys: testOfficers([eve, testOfficer('zoe')]),
      rootSigners: [offline(eve)],
      targetSigners: [offline(eve)],
    });
    files = stolen;
    expect(ours()).toBe('ROOT_KEYS');
    publish(make({ rootSigners: [offline(ann)] }));
    expect(ours()).toBe('METADATA_NOT_SIGNED');
    const lower = root();
    const weak = { ...lower, roles: { ...lower.roles, targets: { ...lower.roles.targets, threshold: 1 } } };
    publish({ ...make(), root: envelope(weak, [offline(ann), offline(bob)]) });
    expect(ours()).toBe('ROOT_THRESHOLD');
  });
  it('does not count an officer twice, relabel keys, or use an officer online', () => {
    const second = testOfficer('ann', 'ann-second');
    const three = testOfficers([ann, second, bob]);
    const base = root();
    const key = tufKeyOf(second.key)!;
    const doubled = {
      ...base,
      keys: { ...base.keys, [keyIdOf(key)]: key },
      roles: { ...base.roles, root: { ...base.roles.root, keyids: [offline(ann).id, keyIdOf(key)] } },
    };
    expect(checkRootKeys(doubled, three)).toMatchObject({ error: { code: 'ROOT_KEYS' } });
    const stranger = tufKeyOf(eve.key)!;
    const joined = {
      ...base,
      keys: { ...base.keys, [keyIdOf(stranger)]: stranger },
      roles: {
        ...base.roles,
        targets: { ...base.roles.targets, keyids: [...base.roles.targets.keyids, keyIdOf(stranger)] },
      },
    };
    expect(checkRootKeys(joined, officers)).toMatchObject({ error: { code: 'ROOT_KEYS' } });
    const relabelled = { ...base, keys: { ...base.keys, [offline(ann).id]: tufKey(snapshotKey.publicKey) } };
    expect(checkRootKeys(relabelled, officers)).toMatchObject({ error: { code: 'ROOT_KEYS' } });
    const used = { ...base, roles: { ...base.roles, timestamp: { keyids: [offline(bob).id], threshold: 1 } } };
    expect(checkRootKeys(used, officers)).toMatchObject({ error: { code: 'ROOT_KEYS' } });
    expect(checkRootKeys(base, officers)).toMatchObject({ ok: true });
    expect(
      makeRoot(
        three,
        { snapshot: snapshotKey.publicKey, timestamp: timestampKey.publicKey },
        { version: 1, expires: now },
      ),
    ).toMatchObject({ value: { roles: { root: { keyids: [offline(ann).id, offline(bob).id] } } } });
  });
  it('and targets are told in words from the signed bytes', () => {
    const words = metadataInWords(metadataBytes(makeTargets([listed], { version: 3, expires: now })))!.join('\n');
    for (const part of ['version 3', 'lamp-firmware/2.1.0', artifact.sha256, 'classes lamp', 'hardware rev-b'])
      expect(words).toContain(part);
    expect(metadataInWords(metadataBytes(root()))!.join('\n')).toContain('2 of 2');
    expect(metadataInWords(Buffer.from('{}'))).toBeNull();
  });
});

it('hostile bytes in place of any document are refused and never throw', () => {
  const roles = fc.constantFrom<RoleName>('root', 'targets', 'snapshot', 'timestamp');
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record({ signed: fc.anything(), signatures: fc.anything() })
      .map((value) => Buffer.from(JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? null : one)))),
  );
  const fine = make();
  fc.assert(
    fc.property(roles, bytes, (role, hostile) => {
      expect(verifyRepository({ ...fine, [role]: hostile }, { officers, seen: NOTHING_SEEN, now }).ok).toBe(false);
    }),
    { numRuns: 1_500 },
  );
});
