/** The journal keeps what it answered for, repairs a torn end, and refuses a damaged middle. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { OperationalFault } from '@cityward/kernel';
import { openJournal as openWith } from './journal.ts';

interface Entry {
  readonly sequence: number;
  readonly text: string;
}
const openJournal = (path: string, after: number, compactAboveBytes?: number) =>
  openWith<Entry>({
    path,
    after,
    about: (entry) => entry.text[0]!,
    ...(compactAboveBytes === undefined ? {} : { compactAboveBytes }),
  });
const folder = mkdtempSync(join(tmpdir(), 'cityward-journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = (): string => join(folder, `j${files++}`);

async function written(path: string, texts: readonly string[]): Promise<void> {
  const journal = await openJournal(path, 0);
  for (const text of texts) await journal.append([{ text }]);
  await journal.close();
}
const textsIn = async (path: string): Promise<string[]> => {
  const journal = await openJournal(path, 0);
  await journal.close();
  return journal.entries.map((entry) => entry.text);
};

describe('journal', () => {
  it('keeps entries in order with growing numbers, for the owner only', async () => {
    const path = fresh();
    await written(path, ['a', 'b']);
    const journal = await openJournal(path, 0);
    const [next] = await journal.append([{ text: 'c' }]);
    expect([...journal.entries, next!].map((entry) => entry.sequence)).toEqual([1, 2, 3]);
    await journal.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
  it('numbers on from what SQL knows', async () => {
    const journal = await openJournal(fresh(), 41);
    expect((await journal.append([{ text: 'x' }]))[0]!.sequence).toBe(42);
    await journal.close();
  });
  it('writes what arrives together with one line', async () => {
    const path = fresh();
    const journal = await openJournal(path, 0);
    await Promise.all(['a', 'b', 'c'].map((text) => journal.append([{ text }])));
    await journal.close();
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(1);
    expect(await textsIn(path)).toEqual(['a', 'b', 'c']);
  });
  it('cut anywhere keeps the whole lines before the cut and goes on', async () => {
    const path = fresh();
    await written(path, ['first', 'second é', 'third']);
    const whole = readFileSync(path);
    const ends = [0, ...[...whole].flatMap((byte, at) => (byte === 0x0a ? [at + 1] : []))];
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (length) => {
        const cut = fresh();
        writeFileSync(cut, whole);
        truncateSync(cut, length);
        const journal = await openJournal(cut, 0);
        const kept = ends.filter((end) => end <= length).length - 1;
        expect(journal.entries).toHaveLength(kept);
        expect(journal.repairedBytes).toBe(length - ends[kept]!);
        await journal.append([{ text: 'after' }]);
        await journal.close();
        expect((await textsIn(cut)).at(-1)).toBe('after');
      }),
      { numRuns: 60 },
    );
  });
  it('drops a last line of zeros or rubbish', async () => {
    const path = fresh();
    await written(path, ['a']);
    appendFileSync(path, Buffer.concat([Buffer.alloc(40), Buffer.from('\n')]));
    expect(await textsIn(path)).toEqual(['a']);
  });
  it('refuses a changed line before good ones', async () => {
    const path = fresh();
    await written(path, ['a', 'b']);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"a"', '"z"'));
    await expect(openJournal(path, 0)).rejects.toThrow('the line at byte 0 is damaged');
  });
  it('rewritten when it is long keeps the last word about each and goes on numbering', async () => {
    const path = fresh();
    await written(path, ['a1', 'b1', 'a2', 'c1', 'b2']);
    const journal = await openJournal(path, 0, 10);
    expect(journal.entries.map((entry) => [entry.sequence, entry.text])).toEqual([
      [3, 'a2'],
      [4, 'c1'],
      [5, 'b2'],
    ]);
    expect((await journal.append([{ text: 'd1' }]))[0]!.sequence).toBe(6);
    await journal.close();
    expect(await textsIn(path)).toEqual(['a2', 'c1', 'b2', 'd1']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
  it('written anew holds what is wanted and numbers on, and is released from memory', async () => {
    const path = fresh();
    await written(path, ['a', 'b', 'c']);
    const journal = await openJournal(path, 0);
    const [, b, c] = journal.entries;
    await expect(journal.rewrite([b!])).rejects.toThrow('wanted the number of the newest, 3');
    await journal.rewrite([b!, { ...c!, text: 'stands for it' }]);
    expect(journal.entries.map(({ text }) => text)).toEqual(['b', 'stands for it']);
    journal.release();
    expect(journal.entries).toEqual([]);
    expect((await journal.append([{ text: 'd' }]))[0]!.sequence).toBe(4);
    await expect(journal.rewrite([])).rejects.toThrow('something was appended');
    await journal.close();
    expect(await textsIn(path)).toEqual(['b', 'stands for it', 'd']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
  it.each(['write', 'sync', 'rename', 'sync-folder'] as const)(
    'cut off before "%s" of writing it anew is whole, as before or as wanted, and takes what comes',
    async (failing) => {
      const path = fresh();
      await written(path, ['a', 'b']);
      const journal = await openWith<Entry>({
        path,
        after: 0,
        about: ({ text }) => text,
        beforeStep: (step) => (step === failing ? Promise.reject(new Error('ENOSPC')) : Promise.resolve()),
      });
      await expect(journal.rewrite(journal.entries.slice(1))).rejects.toThrow('ENOSPC');
      await journal.append([{ text: 'c' }]);
      await journal.close();
      expect(await textsIn(path)).toEqual(failing === 'sync-folder' ? ['b', 'c'] : ['a', 'b', 'c']);
    },
  );
  it('on a full disk refuses with a reason, and goes on when there is room again', async () => {
    const path = fresh();
    await written(path, ['a']);
    let full = true;
    const journal = await openWith<Entry>({
      path,
      after: 0,
      about: (entry) => entry.text,
      openHandle: async (name) => {
        const handle = await open(name, 'a+');
        const appendFile = handle.appendFile.bind(handle);
        handle.appendFile = async (data) => {
          if (!full) return appendFile(data);
          await appendFile((data as Buffer).subarray(0, 20)); // what fits
          throw new Error('ENOSPC: no space left on device');
        };
        return handle;
      },
    });
    for (const text of ['b', 'c']) {
      const refused = journal.append([{ text }]);
      await expect(refused).rejects.toThrow(OperationalFault);
      await expect(refused).rejects.toThrow('write journal: ENOSPC: no space left on device; nothing was changed');
    }
    full = false;
    await journal.append([{ text: 'd' }]);
    await journal.close();
    expect(await textsIn(path)).toEqual(['a', 'd']);
  });
});
