/** The log on disk: what is acknowledged stays, once, in order; what cannot be believed is refused. */
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coreIn, cruelDisk, factOf, factsOf, newFolder, ORIGIN, startedCore } from './fixture.ts';
import { verifyLog } from './verify.ts';
import type { LogCore } from './core.ts';
import { parseTilePath } from '@cityward/tlog-tiles/tile';

const audit = (core: LogCore, oldCheckpoint?: string) =>
  verifyLog(
    (path) => {
      const tile = parseTilePath(path);
      const bytes = tile.ok ? core.tile(tile.value) : Buffer.from(core.published.text);
      return bytes ? Promise.resolve(bytes) : Promise.reject(new Error(`no ${path}`));
    },
    { verifierKey: core.verifierKey, ...(oldCheckpoint ? { oldCheckpoint } : {}) },
  );
const segmentsIn = (folder: string): string[] =>
  readdirSync(join(folder, 'ledger', 'wal'))
    .sort()
    .map((name) => join(folder, 'ledger', 'wal', name));

describe('append', () => {
  it('keeps facts in order, gives each its index, and shows them under a checkpoint at once when idle', async () => {
    const core = await startedCore(newFolder());
    expect(core.published.size).toBe(0);
    expect(await core.append(factsOf(0, 3))).toBe(2);
    expect(await core.append(factsOf(3, 600))).toBe(602);
    await core.covered(603);
    const records = await core.read([602, 0, 300]);
    expect(records.map((record) => record.body.id)).toEqual(['evt-00000602', 'evt-00000000', 'evt-00000300']);
    expect(await core.find('evt-00000300')).toBe(300);
    expect(await core.find('evt-none')).toBe(null);
    expect(await audit(core)).toMatchObject({ ok: true, counts: { entries: 603, bundles: 3, tiles: 4 } });
    await core.stop();
  });

  it('takes a fact once: repeated, at the same time, after a restart', async () => {
    const folder = newFolder();
    let core = await startedCore(folder);
    const facts = factsOf(0, 50);
    const answers = await Promise.all([
      core.append(facts),
      core.append(facts),
      core.append([...facts, ...facts]),
      core.append([]),
    ]);
    expect(answers[0]).toBe(49);
    expect(core.size).toBe(50);
    expect(await core.append([facts[7]!, factOf('evt-new')])).toBe(50);
    await core.stop();
    core = await startedCore(folder);
    expect(await core.append(facts)).toBe(-1);
    expect(core.size).toBe(51);
    await core.stop();
  });

  it('shares syncs between callers, and puts at most 1,000 facts into one', async () => {
    const core = await startedCore(newFolder());
    await Promise.all(factsOf(0, 5_000).map((fact) => core.append([fact])));
    expect(core.size).toBe(5_000);
    expect(core.syncs).toBeGreaterThanOrEqual(5);
    expect(core.syncs).toBeLessThan(50);
    await core.stop();
  });

  it('refuses a fact that cannot be written, without harm to the others', async () => {
    const core = await startedCore(newFolder());
    const answers = await Promise.allSettled([
      core.append([factOf('evt-a')]),
      core.append([factOf('evt-b', { data: { n: Number.NaN } })]),
      core.append([factOf('evt-c', { at: 1.5 })]),
      core.append([factOf('')]),
      core.append([factOf('evt-d', { data: { text: 'x'.repeat(3_000_000) } })]),
      core.append([factOf('evt-e')]),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(core.size).toBe(2);
    await core.stop();
    await expect(core.append([factOf('evt-f')])).rejects.toThrow('not open');
  });

  it('says when the database has begun again below what the ledger holds', async () => {
    const folder = newFolder();
    let core = await startedCore(folder);
    await core.append([factOf('evt-1', { position: 41 }), factOf('evt-2', { position: 42 })]);
    await core.stop();
    core = await startedCore(folder);
    await core.append([factOf('evt-2', { position: 42 }), factOf('evt-3', { position: 43 })]);
    expect(core.notes).toEqual([]);
    await core.append([factOf('evt-4', { position: 5 })]);
    expect(core.notes).toEqual([
      expect.stringContaining('up to place 43 of the outbox, and the database began again at 5'),
    ]);
    expect(core.size).toBe(4);
    await core.stop();
  });
});

describe('a restart', () => {
  it('finds the same log whatever is appended between, over many segments', async () => {
    const steps = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(steps, async (counts) => {
        const folder = newFolder();
        let total = 0;
        let old: string | undefined;
        for (const count of counts) {
          const core = await startedCore(folder, { segmentMaxBytes: 60_000 });
          expect(core.size).toBe(total);
          for (let sent = 0; sent < count; sent += 97)
            await core.append(factsOf(total + sent, Math.min(97, count - sent)));
          total += count;
          await core.covered(total);
          expect((await audit(core, old)).sentences.join()).toContain(`All ${total} entries`);
          old = core.published.text;
          await core.stop();
        }
      }),
      { numRuns: 6 },
    );
  });

  it('makes derived files again when they are lost, short or altered', async () => {
    const folder = newFolder();
    let core = await startedCore(folder);
    await core.append(factsOf(0, 999));
    await core.append(factsOf(999, 2));
    await core.stop();
    const { text } = core.published;
    const tree = join(folder, 'ledger', 'tree');
    const harms = [
      () => rmSync(tree, { recursive: true }),
      () => rmSync(join(folder, 'ledger', 'ids')),
      () => rmSync(join(folder, 'ledger', 'mark.json')),
      () => truncateSync(join(tree, 'entries'), 100),
      () => writeFileSync(join(tree, 'level-0'), Buffer.alloc(1_001 * 32)),
      () => writeFileSync(join(folder, 'ledger', 'mark.json'), '{"size":"many"}'),
    ];
    for (const harm of harms) {
      harm();
      core = await startedCore(folder);
      expect(core.published.text).toBe(text);
      expect(await audit(core, text)).toMatchObject({ ok: true, counts: { entries: 1_001 } });
      expect(await core.find('evt-00000500')).toBe(500);
      await core.stop();
    }
  });

  it('cuts off a torn last write and goes on', async () => {
    const folder = newFolder();
    let core = await startedCore(folder);
    await core.append(factsOf(0, 10));
    await core.stop();
    const [segment = ''] = segmentsIn(folder);
    const whole = statSync(segment).size;
    for (const torn of [1, 31, 32, 33, 500]) {
      const garbage = readFileSync(segment).subarray(0, torn);
      writeFileSync(segment, Buffer.concat([readFileSync(segment), torn === 500 ? Buffer.alloc(500, 7) : garbage]));
      core = await startedCore(folder);
      expect(core.size).toBe(10);
      expect(statSync(segment).size).toBe(whole);
      await core.stop();
    }
  });

  it('refuses damage before the end, a missing segment, and files older than what was signed', async () => {
    const folder = newFolder();
    const core = await startedCore(folder, { segmentMaxBytes: 20_000 });
    for (let i = 0; i < 10; i++) await core.append(factsOf(i * 20, 20));
    await core.stop();
    rmSync(join(folder, 'ledger', 'mark.json'));
    const segments = segmentsIn(folder);
    expect(segments.length).toBeGreaterThan(2);
    const refused = async (harm: (segment: string) => void, which: number, reason: string): Promise<void> => {
      const segment = segments.at(which)!;
      copyFileSync(segment, `${segment}.kept`);
      harm(segment);
      await expect(startedCore(folder), reason).rejects.toThrow(reason);
      copyFileSync(`${segment}.kept`, segment);
    };
    const flip = (segment: string): void => {
      const bytes = readFileSync(segment);
      bytes[100]! ^= 1;
      writeFileSync(segment, bytes);
    };
    await refused(flip, 0, 'is damaged at byte 0');
    await refused((segment) => rmSync(segment), 1, 'are missing before');
    await refused((segment) => truncateSync(segment, 0), -1, 'were signed before');
    const again = await startedCore(folder);
    expect(again.size).toBe(200);
    await again.stop();
  });

  it('refuses damage in the middle of the last segment too, since a later group proves it was synced', async () => {
    const folder = newFolder();
    const core = await startedCore(folder);
    for (let i = 0; i < 5; i++) await core.append(factsOf(i * 20, 20));
    await core.stop();
    rmSync(join(folder, 'ledger', 'mark.json'));
    rmSync(join(folder, 'ledger', 'checkpoint'));
    const [segment = ''] = segmentsIn(folder);
    const bytes = readFileSync(segment);
    bytes[60]! ^= 1;
    writeFileSync(segment, bytes);
    await expect(startedCore(folder)).rejects.toThrow('is damaged at byte 0, before entry 0');
  });
});

describe('identity of the log', () => {
  it('keeps its key in a file of mode 600, and refuses another, a lost or an open one', async () => {
    const folder = newFolder();
    const core = await startedCore(folder);
    const keyFile = join(folder, 'keys', 'ledger.pem');
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    await core.append(factsOf(0, 1));
    await core.stop();
    const pem = readFileSync(keyFile, 'utf8');
    for (const file of readdirSync(join(folder, 'ledger'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    ))
      expect(readFileSync(join(file.parentPath, file.name), 'latin1')).not.toContain(pem.split('\n')[1]);
    chmodSync(keyFile, 0o644);
    await expect(startedCore(folder)).rejects.toThrow('has mode 644, wanted 600');
    chmodSync(keyFile, 0o600);
    await expect(startedCore(folder, { origin: 'other.example' })).rejects.toThrow(`it is "${ORIGIN}"`);
    const elsewhere = newFolder();
    await (await startedCore(elsewhere)).stop();
    await expect(startedCore(folder, { keyFile: join(elsewhere, 'keys', 'ledger.pem') })).rejects.toThrow(
      'another key',
    );
    writeFileSync(keyFile, 'rubbish');
    await expect(startedCore(folder)).rejects.toThrow('no private key in PEM');
    rmSync(keyFile);
    await expect(startedCore(folder)).rejects.toThrow('is missing although the ledger has entries');
  });

  it('is open once at a time', async () => {
    const folder = newFolder();
    const core = await startedCore(folder);
    await expect(coreIn(folder).start()).rejects.toThrow(`process ${process.pid} has it open`);
    await core.stop();
    await (await startedCore(folder)).stop();
  });
});

describe('the disk', () => {
  /** Appends under load, cuts the power at a random moment, and counts what was acknowledged and is gone. */
  async function lostAfterCut(isHonest: boolean): Promise<number> {
    const folder = newFolder();
    const disk = cruelDisk(isHonest);
    const core = await startedCore(folder, { files: disk });
    const acknowledged: string[] = [];
    let isOff = false;
    const writer = async (name: number): Promise<void> => {
      for (let i = 0; !isOff; i++) {
        const facts = Array.from({ length: 5 }, (_, k) => factOf(`evt-${name}-${i}-${k}`));
        await core.append(facts);
        if (!isOff) acknowledged.push(...facts.map((fact) => fact.id));
      }
    };
    const writers = Array.from({ length: 10 }, (_, name) => writer(name));
    await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 60));
    isOff = true;
    disk.cut();
    // What the power cut leaves is the synced log; derived files and checkpoint are taken away with the page cache.
    await Promise.allSettled(writers);
    await core.stop();
    const after = join(folder, 'ledger');
    for (const name of ['mark.json', 'checkpoint', 'ids', 'tree'])
      rmSync(join(after, name), { recursive: true, force: true });
    const again = await startedCore(folder);
    const found = await Promise.all(acknowledged.map((id) => again.find(id)));
    await again.stop();
    expect(acknowledged.length).toBeGreaterThan(0);
    return found.filter((index) => index === null).length;
  }

  it('loses nothing acknowledged when the power goes', async () => {
    for (let round = 0; round < 5; round++) expect(await lostAfterCut(true)).toBe(0);
  });
  it('would be caught if it answered syncs without doing them', async () => {
    expect(await lostAfterCut(false)).toBeGreaterThan(0);
  });

  it('that is full refuses, loses nothing, and works again with space', async () => {
    const disk = cruelDisk();
    const core = await startedCore(newFolder(), { files: disk });
    await core.append(factsOf(0, 5));
    disk.fail = 'write';
    await expect(core.append(factsOf(5, 5))).rejects.toThrow('free some space');
    disk.fail = null;
    expect(await core.append(factsOf(5, 5))).toBe(9);
    expect((await core.read([9]))[0]!.body.id).toBe('evt-00000009');
    await core.stop();
  });

  it('that fails to sync is not trusted again before a restart', async () => {
    const disk = cruelDisk();
    const folder = newFolder();
    const core = await startedCore(folder, { files: disk });
    await core.append(factsOf(0, 5));
    disk.fail = 'sync';
    const answers = await Promise.allSettled([core.append(factsOf(5, 5)), core.append(factsOf(5, 5))]);
    expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected']);
    disk.fail = null;
    await expect(core.append(factsOf(5, 5))).rejects.toThrow('did not sync');
    expect(core.notes).toEqual([expect.stringContaining('restart after mending it')]);
    await core.stop();
    const again = await startedCore(folder);
    expect(await again.append(factsOf(0, 10))).toBe(9);
    await again.stop();
  });
});
