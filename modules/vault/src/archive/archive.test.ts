/** What is seldom asked for lies in the archive, is seen as before, ends with its keys, and is never there without a row. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { openObjects, type Objects } from '@cityward/objects';
import type { ArchiveMedium } from '../needs.ts';
import { AROHA, must, OFFICER, person, recordOf, testDestruction, TEXT } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { archiving, OLD } from './testing-archive.ts';

const rig = useVault();
const VERIFIER = { name: 'Otto', title: 'officer', location: 'City Hall', contact: 'records@port.test' };
const own = { principal: person(AROHA) };
let objects: Objects;
/** What stands between the archive and its medium. */
let between: Partial<ArchiveMedium>;
let sign: () => Promise<Uint8Array>;
const begin = () =>
  rig.restart({
    ...archiving({ ...objects, ...between }),
    destruction: { ...testDestruction, sign: () => sign() },
  });
beforeEach(async () => {
  [between, sign] = [{}, () => Promise.resolve(Buffer.from('the city'))];
  objects = await openObjects({ folder: join(rig.folder, 'archive') });
  await begin();
});

const archive = () => rig.at.vault.archive();
const versions = () =>
  rig.sql
    .for<{ 'vault.version': { record: string; version: number; content: Buffer | null; archived: string | null } }>()
    .selectFrom('vault.version')
    .select(['record', 'version', 'content', 'archived'])
    .orderBy('version')
    .execute();
const rowsOf = async (record: string) =>
  (await rig.at.vault.copies().of({ record })).filter(
    ({ custodian, kind }) => custodian === 'city' && kind !== 'wal' && kind !== 'cache',
  );
/** Objects that no open row names. */
const withoutRow = async (): Promise<string[]> => {
  const rows = await rig.sql
    .for<{ 'vault.copy': { place: string; closed_at: number | null } }>()
    .selectFrom('vault.copy')
    .select('place')
    .where('closed_at', 'is', null)
    .execute();
  const named = new Set(rows.map(({ place }) => place));
  return (await objects.list()).filter((hash) => !named.has(`object:${hash}`));
};
const pathOf = (hash: string): string => join(rig.folder, 'archive', hash.slice(0, 2), hash.slice(2));
const archived = async (text = TEXT): Promise<string> => {
  const record = await rig.put({}, text);
  rig.at.clock.now = OLD;
  expect(await archive().tend()).toBe(1);
  return record;
};

describe('the archive', () => {
  it('takes what its class has there after its time and nothing else; what lies there is seen as before', async () => {
    const record = await rig.put({}, 'first');
    must(await rig.at.vault.put(recordOf('second', { record }), OFFICER));
    const loan = await rig.put({ category: 'library' });
    const before = await versions();
    expect(await archive().tend()).toBe(0);
    rig.at.clock.now = OLD;
    const young = await rig.put({ subject: 'per-cat' });
    expect(await archive().tend()).toBe(2);
    expect(await archive().tend()).toBe(0);
    const after = await versions();
    for (const { record: id, version, content, archived: hash } of after) {
      const was = before.find((one) => one.record === id && one.version === version)?.content ?? null;
      if (id !== record) expect([id, hash]).toEqual([id, null]);
      else expect([content, hash]).toEqual([null, createHash('sha256').update(was!).digest('hex')]);
    }
    expect(await objects.list()).toHaveLength(2);
    expect((await rowsOf(record)).map(({ kind }) => kind)).toEqual(['archive', 'archive']);
    expect((await rowsOf(loan)).map(({ kind }) => kind)).toEqual(['primary']);
    expect((await rowsOf(young)).map(({ kind }) => kind)).toEqual(['primary']);
    await begin();
    expect([await rig.seen(record, own), await rig.seen(record, { ...own, version: 1 })]).toEqual(['second', 'first']);
    // From what is at hand by then too.
    expect(await rig.seen(record, own)).toBe('second');
  });

  it('has a manifest that the city signed, of each object, its bytes and its hash', async () => {
    const record = await rig.put();
    rig.at.clock.now = OLD;
    await archive().tend();
    const [shown] = await archive().list();
    expect(shown).toMatchObject({ versions: 1, here: 1, at: OLD });
    const { manifest, signature } = must(await archive().show(shown!.id));
    expect(Buffer.from(signature, 'base64').toString()).toBe('the city');
    const [hash] = await objects.list();
    expect(manifest.objects).toEqual([{ record, version: 1, sha256: hash, bytes: readFileSync(pathOf(hash!)).length }]);
    expect((await rig.outbox()).filter(({ type }) => type === 'records.archived')).toHaveLength(1);
  });

  it('is listed newest first, with how many of its versions are of records that are there', async () => {
    const [record, other] = [await rig.put({}, 'first'), await rig.put({ subject: 'per-cat' })];
    must(await rig.at.vault.put(recordOf('second', { record }), OFFICER));
    rig.at.clock.now = OLD;
    await archive().tend();
    const later = await rig.put();
    rig.at.clock.now = OLD + 20 * 366 * DAY_MS;
    await archive().tend();
    must(await rig.at.vault.destroy(other, { by: OFFICER, reason: 'x' }));
    const listed = (await archive().list()).map(({ at, versions: count, here }) => [at - OLD, count, here]);
    expect(listed[0]).toEqual([20 * 366 * DAY_MS, 1, 1]);
    expect(listed.slice(1).sort()).toEqual([
      [0, 1, 0],
      [0, 2, 2],
    ]);
    expect(await rig.seen(later, own)).toBe(TEXT);
  });

  it('that has not what was put there says so, to whoever may see it', async () => {
    const [record, other] = [await rig.put(), await rig.put({ subject: 'per-cat' })];
    rig.at.clock.now = OLD;
    await archive().tend();
    const rows = await versions();
    const hashOf = (id: string): string => rows.find((one) => one.record === id)!.archived!;
    // Another's object under its name: bound to another record, it does not open.
    await rig.sql
      .for<{ 'vault.version': { record: string; archived: string } }>()
      .updateTable('vault.version')
      .set({ archived: hashOf(other) })
      .where('record', '=', record)
      .execute();
    await begin();
    expect(await rig.seen(record, own)).toBe('CONTENT_ALTERED');
    await rig.sql
      .for<{ 'vault.version': { record: string; archived: string } }>()
      .updateTable('vault.version')
      .set({ archived: hashOf(record) })
      .where('record', '=', record)
      .execute();
    await begin();
    writeFileSync(pathOf(hashOf(record)), 'rotten');
    expect(await rig.seen(record, own)).toBe('ARCHIVE_MISSING');
    rmSync(pathOf(hashOf(record)));
    expect(await rig.seen(record, own)).toBe('ARCHIVE_MISSING');
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
  });

  it('loses the object with its record, and the certificate names it as deleted', async () => {
    const record = await archived();
    rig.at.clock.now = OLD + 20 * 366 * DAY_MS;
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }));
    expect(await objects.list()).toEqual([]);
    expect(await rowsOf(record)).toEqual([]);
    const { destructions } = rig.at.vault.desk();
    const [destruction] = await destructions.list();
    const draft = must(await destructions.draft(destruction!.id, { verifier: VERIFIER, by: 'per-second' }));
    expect(draft.record.copies.find(({ kind }) => kind === 'archive')).toMatchObject({ outcome: 'purged' });
    // A sample of what lay in the archive was tried.
    expect(draft.record.verification).toMatchObject({ decryptionsTried: 1, decryptionsSucceeded: 0 });
  });

  it('that cannot be reached leaves a destroyed record unreadable and its destruction open', async () => {
    between = { delete: () => Promise.reject(new Error('down')) };
    await begin();
    const record = await archived();
    rig.at.clock.now = OLD + 20 * 366 * DAY_MS;
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }));
    expect(await rig.seen(record, own)).toBe('RECORD_DESTROYED');
    const [left] = await rig.at.vault.desk().destructions.list('copies-left');
    expect(left!.left).toMatchObject([{ kind: 'archive', outcome: 'pending' }]);
    between = {};
    await begin();
    await rig.at.vault.desk().tend();
    expect([await objects.list(), await withoutRow()]).toEqual([[], []]);
  });

  it.each<[string, () => void]>([
    ['before the object', () => (between = { put: () => Promise.reject(new Error('killed')) })],
    [
      'between the object and the content in SQL',
      () =>
        (between = {
          put: async (bytes) => {
            await objects.put(bytes);
            throw new Error('killed');
          },
        }),
    ],
    ['after it was read back', () => (sign = () => Promise.reject(new Error('killed')))],
  ])('loses nothing in a kill %s, and has no object without a row', async (_, kill) => {
    const record = await rig.put();
    rig.at.clock.now = OLD;
    kill();
    await begin();
    await expect(archive().tend()).rejects.toThrow('killed');
    expect([await rig.seen(record, own), await withoutRow()]).toEqual([TEXT, []]);
    [between, sign] = [{}, () => Promise.resolve(Buffer.from('the city'))];
    await begin();
    expect(await archive().tend()).toBe(1);
    expect([await rig.seen(record, own), await withoutRow(), (await rowsOf(record)).length]).toEqual([TEXT, [], 1]);
  });

  it('counts what left SQL, not what was destroyed while it was put there', async () => {
    const [record, other] = [await rig.put(), await rig.put()];
    rig.at.clock.now = OLD;
    const markDestroyed = raw`update vault.version set content = null where record = ${other}`;
    between = {
      put: async (bytes) => {
        await markDestroyed.execute(rig.sql.for());
        return objects.put(bytes);
      },
    };
    await begin();
    expect(await archive().tend()).toBe(1);
    expect((await versions()).find((one) => one.record === record)).toMatchObject({ content: null });
    expect((await versions()).find((one) => one.record === other)).toMatchObject({ archived: null });
  });

  it('deletes at its first round objects that an older copy of SQL knows nothing of, and no other', async () => {
    const record = await archived();
    await objects.put(Buffer.from('of a record that SQL has no row of'));
    expect(await objects.list()).toHaveLength(2);
    await begin();
    expect(await archive().tend()).toBe(0);
    expect([await rig.seen(record, own), (await objects.list()).length]).toEqual([TEXT, 1]);
  });
});
