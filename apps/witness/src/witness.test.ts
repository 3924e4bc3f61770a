/** The witness signs a log that only grew, forgets nothing, and answers as the specification says. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Millis } from '@cityward/kernel';
import { consistencyProof, createTree, leafHash } from '@cityward/tlog-tiles';
import { signCheckpoint } from '@cityward/tlog-tiles/checkpoint';
import { createCosigner, openCosignatures } from '@cityward/tlog-tiles/cosignature';
import { createSigner, type NoteSigner } from '@cityward/tlog-tiles/note';
import { formatAddCheckpoint, SIZE_TYPE } from '@cityward/tlog-tiles/witness-request';
import { openWitnessKey } from './key.ts';
import { serveWitness } from './server.ts';
import { openWitness, type Witness, type WitnessOptions } from './witness.ts';

const NOW = Date.UTC(2027, 0, 15) as Millis;
const folder = mkdtempSync(join(tmpdir(), 'cityward-witness-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = (): string => join(folder, `w${files++}`);

const keyOf = (name: string): NoteSigner => createSigner(name, generateKeyPairSync('ed25519').privateKey);
const log = keyOf('city.example/ledger');
const signer = createCosigner('witness.example', generateKeyPairSync('ed25519').privateKey);

/** A log in memory; `salt` makes another one of the same name. */
class TestLog {
  readonly #leaves: Buffer[] = [];
  readonly #salt: string;
  constructor(salt = '') {
    this.#salt = salt;
  }
  grow(to: number): this {
    while (this.#leaves.length < to)
      this.#leaves.push(Buffer.from(leafHash(Buffer.from(`${this.#salt}${this.#leaves.length}`))));
    return this;
  }
  note(size: number, by = log, origin = log.name): string {
    const tree = createTree(() => undefined);
    tree.append(Buffer.concat(this.#leaves.slice(0, size)));
    return signCheckpoint({ origin, size, root: tree.root(), extensions: [] }, [by]);
  }
  async proof(from: number, to: number): Promise<Uint8Array[]> {
    const levels: Buffer[][] = [];
    const tree = createTree((level, hashes) => void (levels[level] ??= []).push(Buffer.from(hashes)));
    tree.append(Buffer.concat(this.#leaves.slice(0, to)));
    return consistencyProof(from, to, ({ level, index, width }) =>
      Buffer.concat(levels[level]!).subarray(index * 256 * 32, (index * 256 + width) * 32),
    );
  }
  async request(from: number, to: number): Promise<Buffer> {
    return Buffer.from(formatAddCheckpoint({ oldSize: from, proof: await this.proof(from, to), note: this.note(to) }));
  }
}
const witnessIn = (path: string, more: Partial<WitnessOptions> = {}): Promise<Witness> =>
  openWitness({ path, signer, logs: [log], clock: () => NOW, ...more });

describe('a witness', () => {
  it('cosigns a log as it grows, with the time, verifiably', async () => {
    const [witness, grown] = [await witnessIn(fresh()), new TestLog().grow(700)];
    for (const [from, to] of [
      [0, 3],
      [3, 3],
      [3, 300],
      [300, 700],
    ] as const) {
      const answer = await witness.add(await grown.request(from, to));
      expect([from, to, answer.status]).toEqual([from, to, 200]);
      const opened = openCosignatures(grown.note(to) + answer.body, [signer]);
      expect(opened).toMatchObject({ ok: true, value: [{ name: 'witness.example', time: NOW / 1000 }] });
    }
    expect(witness.seen()).toMatchObject([{ origin: log.name, size: 700 }]);
    await witness.close();
  });

  it('says which size it has seen to whoever comes from another one, a log that went back too', async () => {
    const [witness, grown] = [await witnessIn(fresh()), new TestLog().grow(50)];
    await witness.add(await grown.request(0, 40));
    for (const [from, to] of [
      [0, 50],
      [30, 50],
      [10, 20],
    ] as const)
      expect(await witness.add(await grown.request(from, to))).toEqual({ status: 409, type: SIZE_TYPE, body: '40\n' });
    await witness.close();
  });

  it('signs no fork: neither of the same size nor behind a proof of its own', async () => {
    const [witness, grown, fork] = [await witnessIn(fresh()), new TestLog().grow(50), new TestLog('x').grow(60)];
    await witness.add(await grown.request(0, 40));
    expect((await witness.add(await fork.request(40, 40))).status).toBe(409);
    expect((await witness.add(await fork.request(40, 60))).status).toBe(422);
    expect((await witness.add(await grown.request(40, 50))).status).toBe(200);
    await witness.close();
  });

  it('refuses what is no request, an unknown log, a stranger’s signature and a size that shrinks', async () => {
    const [witness, grown] = [await witnessIn(fresh()), new TestLog().grow(9)];
    const ask = async (body: string) => (await witness.add(Buffer.from(body))).status;
    const note = grown.note(5);
    expect(await ask('')).toBe(400);
    expect(await ask(`old 00\n\n${note}`)).toBe(400);
    expect(await ask(`old 0\nAAAA\n\n${note}`)).toBe(400);
    expect(await ask(`old 0\n${`${'A'.repeat(43)}=\n`.repeat(64)}\n${note}`)).toBe(400);
    expect(await ask(`old 0\n\nno checkpoint\n`)).toBe(400);
    expect((await witness.add(Buffer.from([0xff, 0xfe]))).status).toBe(400);
    expect(await ask(`old 0\n\n${grown.note(5, keyOf('else.example'), 'else.example')}`)).toBe(404);
    expect(await ask(`old 0\n\n${grown.note(5, keyOf(log.name))}`)).toBe(403);
    expect(await ask(`old 6\n\n${note}`)).toBe(400);
    // From nothing there is nothing to prove: a proof there is no request of a log.
    expect(await ask(`old 0\n${'A'.repeat(43)}=\n\n${note}`)).toBe(422);
    expect(witness.seen()).toEqual([]);
    expect(await ask(`old 0\n\n${note}`)).toBe(200);
    await witness.close();
  });

  it('remembers over a restart, and refuses a damaged memory', async () => {
    const [path, grown] = [fresh(), new TestLog().grow(50)];
    const first = await witnessIn(path);
    await first.add(await grown.request(0, 20));
    await first.add(await grown.request(20, 40));
    await first.close();
    const again = await witnessIn(path);
    expect(await again.add(await grown.request(20, 50))).toMatchObject({ status: 409, body: '40\n' });
    expect((await again.add(await grown.request(40, 50))).status).toBe(200);
    await again.close();
    writeFileSync(path, `00000000 [{}]\n00000000 [{}]\n`);
    await expect(witnessIn(path)).rejects.toThrow('damaged');
  });

  it('answers only once it is on disk, and signs nothing that the disk does not take', async () => {
    const calls: string[] = [];
    let isFull = false;
    const openHandle: WitnessOptions['openHandle'] = async (path) => {
      const handle = await open(path, 'a+', 0o600);
      const [append, datasync] = [handle.appendFile.bind(handle), handle.datasync.bind(handle)];
      handle.appendFile = (data) => (isFull ? Promise.reject(new Error('ENOSPC')) : append(data));
      handle.datasync = () => (calls.push('datasync'), datasync());
      return handle;
    };
    const [witness, grown] = [await witnessIn(fresh(), { openHandle }), new TestLog().grow(50)];
    await witness.add(await grown.request(0, 20)).finally(() => calls.push('answered'));
    expect(calls).toEqual(['datasync', 'answered']);
    isFull = true;
    const listener = await serveWitness(witness, { host: '127.0.0.1', port: 0, onFault: () => calls.push('fault') });
    const post = async (body: Uint8Array<ArrayBuffer> | string) =>
      (await fetch(`${listener.url}/add-checkpoint`, { method: 'POST', body })).status;
    expect(await post(new Uint8Array(await grown.request(20, 50)))).toBe(503);
    expect([calls.at(-1), witness.seen()[0]!.size]).toEqual(['fault', 20]);
    isFull = false;
    expect(await post(new Uint8Array(await grown.request(20, 50)))).toBe(200);
    expect(await post('x'.repeat(70_000))).toBe(413);
    expect((await fetch(`${listener.url}/add-checkpoint`)).status).toBe(405);
    expect((await fetch(`${listener.url}/else`)).status).toBe(404);
    await listener.stop();
    await witness.close();
  });

  it('never signs two that contradict each other, asked at the same time', async () => {
    const [witness, grown, fork] = [await witnessIn(fresh()), new TestLog().grow(80), new TestLog('x').grow(80)];
    const asked = [grown, fork, grown, fork].map((one, i) => one.request(0, 60 + i));
    const answers = await Promise.all((await Promise.all(asked)).map((request) => witness.add(request)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    await witness.close();
  });
});

describe('the key of a witness', () => {
  it('is made once, for its owner alone', async () => {
    const path = fresh();
    const [made, again] = [await openWitnessKey(path), await openWitnessKey(path)];
    expect(made.equals(again)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    await expect(openWitnessKey(path)).rejects.toThrow('wanted 600');
    writeFileSync(path, 'rubbish');
    chmodSync(path, 0o600);
    await expect(openWitnessKey(path)).rejects.toThrow('wanted an Ed25519 key');
  });
});
