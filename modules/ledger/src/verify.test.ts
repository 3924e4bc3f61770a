/** Verifiers against mutation: unchanged evidence always verifies, changed evidence never does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, seeded, systemClock, type Json, type Random } from '@cityward/kernel';
import { signCheckpoint } from '@cityward/tlog-tiles/checkpoint';
import { createSigner, formatVerifierKey } from '@cityward/tlog-tiles/note';
import { tilesOf, tilePath, tileWidth } from '@cityward/tlog-tiles/tile';
import { generateKeyPairSync } from 'node:crypto';
import type { LogCore } from './core.ts';
import { factOf, factsOf, newFolder, ORIGIN, startedCore } from './fixture.ts';
import { makePack } from './pack.ts';
import type { IndexStore } from './store.ts';
import { verifyLog, verifyPack } from './verify.ts';
import { readZip, writeZip } from '@cityward/formats/zip';

const MUTATIONS = Number(process.env['LEDGER_MUTATIONS'] ?? 2_400);
const SEED = process.env['LEDGER_MUTATION_SEED'] ?? '1';
const ENTRIES = 300;

let core: LogCore;
let pack: Buffer;
let verifierKey: string;
const served = new Map<string, Buffer>();

beforeAll(async () => {
  core = await startedCore(newFolder());
  await core.append([
    ...factsOf(0, ENTRIES - 5),
    ...factsOf(1_000, 5).map((fact) => ({ ...fact, personal: true, type: 'person.signed-in' as const })),
  ]);
  await core.covered(core.size);
  for (const { level, index, width } of tilesOf(core.published.size)) {
    served.set(tilePath({ level, index, width }), core.tile({ level, index, width })!);
    const entries = { level: 'entries' as const, index, width: tileWidth('entries', index, core.published.size) };
    if (level === 0) served.set(tilePath(entries), core.tile(entries)!);
  }
  served.set('checkpoint', Buffer.from(core.published.text));
  verifierKey = core.verifierKey;
  // Twelve entries keep one verification fast; what is mutated is every byte of the pack.
  const indices = [0, 1, 2, 100, 255, 256, 257, 294, 295, 298, 299];
  const store = {
    ofSubjects: () => Promise.resolve([]),
    about: (ids: readonly string[]) => Promise.resolve(ids.includes('inc-1') ? indices : []),
  } as unknown as IndexStore;
  pack = (await makePack(
    { core, store, clock: systemClock, origin: ORIGIN, caughtUp: () => Promise.resolve() },
    { of: 'incident', incident: 'inc-1' },
    'per-1',
  ))!;
});
afterAll(() => core.stop());

const readFrom = (files: ReadonlyMap<string, Buffer>) => (path: string) => {
  const bytes = files.get(path);
  return bytes ? Promise.resolve(bytes) : Promise.reject(new Error(`no ${path}`));
};

/** One random change: a bit, a byte, a cut, an insertion, a swap of two places, a repetition. */
function mutate(bytes: Buffer, random: Random): Buffer {
  const at = random.int(bytes.length);
  const copy = Buffer.from(bytes);
  switch (random.int(6)) {
    case 0:
      copy[at]! ^= 1 << random.int(8);
      return copy;
    case 1:
      copy[at] = random.int(256);
      return copy;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([random.int(256)]), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    default:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 1 - random.int(64)))]);
  }
}

/** A change by somebody who packs again properly: the zip itself is sound, one file is not what it was. */
function mutateInside(zip: Buffer, random: Random): Buffer {
  const files = new Map(readZip(zip)!);
  const names = [...files.keys()];
  const name = random.pick(names);
  const bytes = Buffer.from(files.get(name)!);
  switch (random.int(4)) {
    case 0:
      files.delete(name);
      break;
    case 1:
      files.set(name, files.get(random.pick(names))!);
      break;
    case 2:
      files.set(`${name}x`, bytes);
      break;
    default:
      files.set(name, mutateText(name, bytes, random));
  }
  return writeZip(files);
}

/** Keeps JSON canonical, so that it is the proof and not the spelling that has to refuse it. */
function mutateText(name: string, bytes: Buffer, random: Random): Buffer {
  if (!/\.json$|\.entry$/.test(name) || random.next() < 0.3) return mutate(bytes, random);
  const value = JSON.parse(bytes.toString()) as { [key: string]: Json };
  const key = random.pick(Object.keys(value));
  const old = value[key]!;
  value[key] =
    typeof old === 'number' ? old + 1 : typeof old === 'boolean' ? !old : typeof old === 'string' ? `${old}x` : null;
  return Buffer.from(`${canonicalJson(value)}${name === 'manifest.json' ? '\n' : ''}`);
}

describe('a pack', () => {
  it('verifies unchanged, and says so in sentences', () => {
    const verdict = verifyPack(pack, { verifierKey });
    expect(verdict).toMatchObject({
      ok: true,
      faults: [],
      origin: ORIGIN,
      incident: 'inc-1',
      counts: { entries: 12, commitments: 12, proofs: 12 },
    });
    expect(verdict.sentences).toHaveLength(4);
    expect(verifyPack(new Uint8Array(pack), { verifierKey }).ok).toBe(true);
  });

  it(`is refused after any of ${MUTATIONS} single changes`, () => {
    const random = seeded(`pack/${SEED}`);
    let tried = 0;
    const accepted: number[] = [];
    while (tried < MUTATIONS) {
      const changed = tried % 2 === 0 ? mutate(pack, random) : mutateInside(pack, random);
      if (changed.equals(pack)) continue;
      if (verifyPack(changed, { verifierKey }).ok) accepted.push(tried);
      tried++;
    }
    expect(accepted).toEqual([]);
    expect(verifyPack(pack, { verifierKey }).ok).toBe(true);
  });

  it('is refused with another key, and with one that was put into the pack', () => {
    const stranger = createSigner(ORIGIN, generateKeyPairSync('ed25519').privateKey);
    expect(verifyPack(pack, { verifierKey: formatVerifierKey(stranger) }).faults[0]).toContain(
      'none of the trusted keys',
    );
    expect(verifyPack(pack, { verifierKey: 'nonsense' }).faults[0]).toContain('read a verifier key');
    const files = new Map(readZip(pack)!);
    expect([...files.keys()].some((name) => name.includes('key'))).toBe(false);
    const { size, root } = core.published;
    files.set('checkpoint', Buffer.from(signCheckpoint({ origin: ORIGIN, size, root, extensions: [] }, [stranger])));
    expect(verifyPack(writeZip(files), { verifierKey }).ok).toBe(false);
  });

  it('is refused when an entry is left out together with its line in the manifest', () => {
    const files = new Map(readZip(pack)!);
    for (const name of [...files.keys()]) if (name.startsWith('entries/100.')) files.delete(name);
    const manifest = JSON.parse(Buffer.from(files.get('manifest.json')!).toString()) as { entries: number[] };
    manifest.entries = manifest.entries.filter((index) => index !== 100);
    files.set('manifest.json', Buffer.from(`${canonicalJson(manifest as unknown as Json)}\n`));
    expect(verifyPack(writeZip(files), { verifierKey }).faults).toEqual([
      expect.stringContaining('entries were left out'),
    ]);
  });
});

describe('a log', () => {
  it(`verifies unchanged and is refused after any of ${MUTATIONS / 8} single changes`, async () => {
    expect(await verifyLog(readFrom(served), { verifierKey })).toMatchObject({
      ok: true,
      counts: { entries: ENTRIES, tiles: 3, bundles: 2 },
    });
    const random = seeded(`log/${SEED}`);
    const names = [...served.keys()];
    const accepted: string[] = [];
    for (let tried = 0; tried < MUTATIONS / 8;) {
      const name = random.pick(names);
      const changed = mutate(served.get(name)!, random);
      if (changed.equals(served.get(name)!)) continue;
      if ((await verifyLog(readFrom(new Map(served).set(name, changed)), { verifierKey })).ok) accepted.push(name);
      tried++;
    }
    expect(accepted).toEqual([]);
  });

  it('must extend what was seen before: going back and rewriting are named', async () => {
    const text = served.get('checkpoint')!.toString();
    expect(await verifyLog(readFrom(served), { verifierKey, oldCheckpoint: text })).toMatchObject({ ok: true });
    await core.append([factOf('evt-later')]);
    await core.covered(core.size);
    const newer = core.published.text;
    expect((await verifyLog(readFrom(served), { verifierKey, oldCheckpoint: newer })).faults[0]).toContain(
      'The log went back',
    );
    const signer = createSigner(ORIGIN, generateKeyPairSync('ed25519').privateKey);
    const fork = signCheckpoint({ origin: ORIGIN, size: 10, root: Buffer.alloc(32, 1), extensions: [] }, [signer]);
    const forked = new Map(served).set(
      'checkpoint',
      Buffer.from(signCheckpoint({ origin: ORIGIN, size: ENTRIES, root: rootOf(served), extensions: [] }, [signer])),
    );
    const verdict = await verifyLog(readFrom(forked), { verifierKey: formatVerifierKey(signer), oldCheckpoint: fork });
    expect(verdict.faults[0]).toContain('The log was rewritten: its first 10 entries');
    expect(verdict.checkpoint).toBe(null);
  });

  it('is refused when a file cannot be read', async () => {
    for (const name of served.keys()) {
      const without = new Map(served);
      without.delete(name);
      expect((await verifyLog(readFrom(without), { verifierKey })).faults[0]).toContain(`no ${name}`);
    }
  });
});

const rootOf = (files: ReadonlyMap<string, Buffer>): Buffer =>
  Buffer.from(files.get('checkpoint')!.toString().split('\n')[2]!, 'base64');
