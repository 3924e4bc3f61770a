/** Three verifiers, two of them not ours: all accept the ledger, none accepts a changed one. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packFiles, verifyLog, verifyPack } from '@cityward/ledger/verify';
import { leafHash } from '@cityward/tlog-tiles';
import { parseVerifierKey, type VerifierKey } from '@cityward/tlog-tiles/note';
import { decodeProof, verifyProof } from '@cityward/tlog-tiles/proof-file';
import { decodeBundle, tilePath, tileWidth } from '@cityward/tlog-tiles/tile';
import { buildGo, go } from './go-kit.ts';
import { alterations, serveLog, writeFiles, type Altered, type ServedLog } from './ledger-kit.ts';

const ALTERATIONS = Number(process.env['LEDGER_MUTATIONS'] ?? 2_000);
const hasPython = spawnSync('python3', ['--version']).status === 0;
const hasOpenssl = spawnSync('openssl', ['version']).stdout?.toString().startsWith('OpenSSL 3') ?? false;

let log: ServedLog;
let key: VerifierKey;
beforeAll(async () => {
  log = await serveLog();
  const parsed = parseVerifierKey(log.verifierKey);
  if (!parsed.ok) throw new Error(parsed.error);
  key = parsed.value;
});
afterAll(() => log.stop());

const json = ({ name, data }: Altered): string => `${JSON.stringify({ Name: name, Data: data.toString('base64') })}\n`;

describe.skipIf(!go)(
  `Go (sumdb/note and sumdb/tlog)${go ? '' : ': SKIPPED, install golang-go and golang-golang-x-mod-dev'}`,
  () => {
    it('accepts signature, entries, tiles, inclusion and consistency, and nothing changed', () => {
      const program = buildGo(fileURLToPath(new URL('./go/verify/main.go', import.meta.url)));
      const folder = writeFiles(log.files);
      const altered = [...alterations(log.files, ALTERATIONS)];
      const ran = spawnSync(program, [folder, log.verifierKey], {
        input: altered.map(json).join(''),
        maxBuffer: 1 << 28,
      });
      const [first, ...answers] = ran.stdout.toString().trim().split('\n');
      expect(first).toBe('accepted entries=1301 tiles=7 proofs=7 old=700');
      expect(answers).toHaveLength(ALTERATIONS);
      expect(answers.filter((answer) => !answer.startsWith('rejected'))).toEqual([]);
      const strange = spawnSync(program, [folder, log.verifierKey.replace('portmerrow', 'elsewhere')], { input: '' });
      expect([strange.status, strange.stdout.toString().slice(0, 8)]).toEqual([1, 'rejected']);
    });

    it('runs the program that stands in the pack itself, on the pack', () => {
      const { folder, guide } = unpacked();
      const source = join(folder, 'check.go');
      writeFileSync(source, /```go\n([\s\S]*?)```/.exec(guide)![1]!);
      const program = buildGo(source);
      const run = () => spawnSync(program, [log.verifierKey], { cwd: folder }).stdout.toString();
      expect(run()).toBe('VERIFIED 1001 entries in the log portmerrow.example/ledger of 1301\n');
      const body = join(folder, 'entries/1299.body.json');
      writeFileSync(body, readFileSync(body, 'utf8').replace('statement', 'Statement'));
      expect(run()).toContain('DOES NOT VERIFY: entries/1299.tlog-proof does not commit to its body');
    });
  },
);

/** The pack as Python unpacks it where there is Python, so that a zip reader of others' reads it; else as we do. */
function unpacked(): { folder: string; guide: string } {
  const files = packFiles(log.pack)!;
  const folder = hasPython ? mkdtempSync(join(tmpdir(), 'cityward-pack-')) : writeFiles(files);
  if (hasPython) {
    const zip = join(folder, 'pack.zip');
    writeFileSync(zip, log.pack);
    execFileSync('python3', ['-m', 'zipfile', '-e', zip, folder]);
    for (const [name, bytes] of files) expect(readFileSync(join(folder, name)).equals(bytes), name).toBe(true);
  }
  return { folder, guide: readFileSync(join(folder, 'VERIFY.md'), 'utf8') };
}

describe.skipIf(!hasOpenssl)(`OpenSSL 3${hasOpenssl ? '' : ': SKIPPED, it is not installed'}`, () => {
  it('follows the guide in the pack: signature and commitments hold, and not when changed', () => {
    const { folder, guide } = unpacked();
    const [signature = '', commitments = ''] = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);
    const sh = (script: string) => spawnSync('bash', ['-c', script], { cwd: folder });
    const withKey = signature.replace('<the verifier key>', log.verifierKey);
    expect(sh(withKey).stdout.toString()).toContain('Signature Verified Successfully');
    const few = `mkdir few; mv entries/129*.* few/; rm -r entries; mv few entries; ${commitments}`;
    expect(sh(few)).toMatchObject({ status: 0, stdout: Buffer.alloc(0) });
    writeFileSync(join(folder, 'entries/1299.salt'), `${'0'.repeat(64)}\n`);
    expect(sh(commitments).stdout.toString()).toBe('entries/1299 DOES NOT VERIFY\n');
    const checkpoint = readFileSync(join(folder, 'checkpoint'), 'utf8');
    writeFileSync(join(folder, 'checkpoint'), checkpoint.replace('1301', '1302'));
    expect(sh(withKey).stdout.toString()).not.toContain('Verified Successfully');
  });
});

interface SigstoreEntry {
  readonly canonicalizedBody: Buffer;
  readonly inclusionProof: {
    logIndex: string;
    treeSize: string;
    rootHash: Buffer;
    hashes: Buffer[];
    checkpoint: { envelope: string };
  };
}
interface Sigstore {
  verifyCheckpoint(entry: SigstoreEntry, logs: readonly object[]): { logSize: bigint; logHash: Buffer };
  verifyMerkleInclusion(entry: SigstoreEntry, checkpoint: object): void;
}

describe('@sigstore/verify', () => {
  const load = createRequire(import.meta.url);
  const place = join(load.resolve('@sigstore/verify'), '..', 'tlog');
  const { verifyCheckpoint } = load(join(place, 'checkpoint.js')) as Sigstore;
  const { verifyMerkleInclusion } = load(join(place, 'merkle.js')) as Sigstore;

  const accepts = (file: Buffer, body: Buffer): boolean => {
    const proof = decodeProof(file);
    if (!proof.ok) return false;
    const { index, hashes, checkpoint } = proof.value;
    const inclusionProof = {
      logIndex: String(index),
      treeSize: '',
      rootHash: Buffer.alloc(0),
      hashes: hashes.map(Buffer.from),
      checkpoint: { envelope: checkpoint },
    };
    const entry = { canonicalizedBody: body, inclusionProof };
    const logs = [{ logID: Buffer.from(key.id, 'hex'), publicKey: key.publicKey, baseURL: `https://${key.name}` }];
    try {
      verifyMerkleInclusion(entry, verifyCheckpoint(entry, logs));
      return true;
    } catch {
      return false;
    }
  };
  const entryAt = (index: number): Buffer => {
    const bundle = {
      level: 'entries' as const,
      index: Math.floor(index / 256),
      width: tileWidth('entries', Math.floor(index / 256), 1_301),
    };
    const entries = decodeBundle(log.files.get(tilePath(bundle))!, bundle.width);
    if (!entries.ok) throw new Error(entries.error);
    return Buffer.from(entries.value[index % 256]!);
  };

  it('accepts checkpoint and inclusion of every proof file, and rejects changed ones', () => {
    const proofs = new Map([...log.files].filter(([name]) => name.startsWith('proofs/')));
    expect(proofs.size).toBe(7);
    for (const [name, file] of proofs) {
      const entry = entryAt(Number(/\d+/.exec(name)![0]));
      expect(accepts(file, entry), name).toBe(true);
      expect(verifyProof(file, leafHash(entry), key).ok).toBe(true);
      const changed = Buffer.from(entry);
      changed[10]! ^= 1;
      expect(accepts(file, changed), `${name}, changed leaf`).toBe(false);
    }
    const accepted = [...alterations(proofs, ALTERATIONS)].filter(({ name, data }) =>
      accepts(data, entryAt(Number(/\d+/.exec(name)![0]))),
    );
    expect(accepted).toEqual([]);
  });
});

describe('our own verifier', () => {
  it('says the same of the same files', async () => {
    const read = (files: ReadonlyMap<string, Buffer>) => (path: string) => Promise.resolve(files.get(path)!);
    const options = { verifierKey: log.verifierKey, oldCheckpoint: log.files.get('checkpoint.old')!.toString() };
    expect(await verifyLog(read(log.files), options)).toMatchObject({ ok: true, counts: { entries: 1_301, tiles: 7 } });
    expect(verifyPack(log.pack, options)).toMatchObject({ ok: true, counts: { entries: 1_001 } });
    const accepted: string[] = [];
    for (const { name, data } of alterations(log.files, Math.ceil(ALTERATIONS / 10))) {
      if (name.startsWith('proofs/')) continue;
      const changed = new Map(log.files).set(name, data);
      const old = { ...options, oldCheckpoint: changed.get('checkpoint.old')!.toString() };
      if ((await verifyLog(read(changed), old)).ok) accepted.push(name);
    }
    expect(accepted).toEqual([]);
  });
});
