/** Every byte of a record's ciphertext lies where a row of the register says, and each row knows how its copy ends. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '@cityward/log';
import { openObjects } from '@cityward/objects';
import type { Millis } from '@cityward/kernel';
import { AROHA, must, NOW, OFFICER, recordOf } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import type { Copy, CopyKeeper, CopyRegister, NewCopy } from './copy.ts';
import { createCopyRegister, PRIMARY } from './register.ts';
import { watchSinks, type Sinks } from './testing-sinks.ts';

const rig = useVault();
const registerOver = (): CopyRegister =>
  createCopyRegister({ sql: rig.sql, log: silentLog, clock: () => rig.at.clock.now as Millis });
const newCopy = (change: Partial<NewCopy>): NewCopy => ({
  kind: 'archive',
  place: 'object:0',
  custodian: 'city',
  basis: 'test',
  holding: { of: 'versions', versions: [] },
  openedBy: 'own',
  expires: null,
  ...change,
});
const sealedOf = async (record: string): Promise<Buffer> =>
  (
    await rig.sql
      .for<{ 'vault.version': { record: string; content: Buffer } }>()
      .selectFrom('vault.version')
      .select('content')
      .where('record', '=', record)
      .executeTakeFirstOrThrow()
  ).content;
const kindsOf = (copies: readonly Copy[]): string[] => copies.map(({ kind }) => kind).sort();

describe('every byte sink', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'cityward-sinks-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Places that hold a record's ciphertext and have no row that covers it. */
  async function unregistered(sinks: Sinks, record: string): Promise<string[]> {
    const sealed = await sealedOf(record);
    const copies = await registerOver().of({ record });
    const isKnown = (place: string): boolean => copies.some((copy) => copy.place.startsWith(place));
    return [...sinks.holding(sealed, rig.folder), ...sinks.holding(sealed, folder)].filter((place) => !isKnown(place));
  }

  it('of storing and looking is in the register', async () => {
    const sinks = watchSinks(rig.sql);
    await rig.restartOver(sinks.sql);
    const record = await rig.put();
    must(await rig.at.vault.put(recordOf('second', { record }), OFFICER));
    await rig.give();
    await rig.seen(record);
    expect(sinks.seen.filter(({ place }) => place === 'sql:vault.version').length).toBeGreaterThanOrEqual(2);
    expect(await unregistered(sinks, record)).toEqual([]);
  });

  it('without a row is found out: a table, an object, a file', async () => {
    const sinks = watchSinks(rig.sql);
    await rig.restartOver(sinks.sql);
    const record = await rig.put();
    const sealed = await sealedOf(record);
    await sinks.sql
      .for<{ 'vault.consent': { id: string; body: string } }>()
      .updateTable('vault.consent')
      .set({ body: sealed.toString('base64') })
      .where('id', '=', 'none')
      .execute();
    const hash = await sinks.objects(await openObjects({ folder: join(folder, 'objects') })).put(sealed);
    appendFileSync(join(folder, 'thumbnail.tmp'), Buffer.concat([Buffer.from('head'), sealed]));
    const found = await unregistered(sinks, record);
    expect(found).toContain('sql:vault.consent');
    expect(found).toContain(`object:${hash}`);
    expect(found).toContain('file:thumbnail.tmp');
    await registerOver().register(
      newCopy({ place: `object:${hash}`, holding: { of: 'versions', versions: [{ record, version: 1 }] } }),
    );
    expect(await unregistered(sinks, record)).not.toContain(`object:${hash}`);
  });
});

describe('the register', () => {
  it('names the content in SQL, the log of SQL and the shelf, and what is added', async () => {
    const record = await rig.put();
    const copies = registerOver();
    expect(kindsOf(await copies.of({ record }))).toEqual(['cache', 'primary', 'wal']);
    const [version] = await rig.sql
      .for<{ 'vault.version': { record: string; key: string } }>()
      .selectFrom('vault.version')
      .select('key')
      .where('record', '=', record)
      .execute();
    const holding = { of: 'versions', versions: [{ record, version: 1 }] } as const;
    await copies.register(
      newCopy({ kind: 'export', place: 'recipient:clinic/1', custodian: 'Harbour Clinic', holding }),
    );
    expect(kindsOf(await copies.of({ key: version!.key }))).toEqual(['cache', 'export', 'primary', 'wal']);
    expect(kindsOf(await copies.of({ subject: AROHA }))).toEqual(['cache', 'export', 'primary', 'wal']);
    expect(await copies.of({ record: 'rec-0000' })).toHaveLength(3 - 1);
  });

  it('counts a snapshot for what was there when it was made, and for nothing newer', async () => {
    const copies = registerOver();
    const before = await rig.put();
    rig.at.clock.now = NOW + 1_000;
    const backup = await copies.register(newCopy({ kind: 'backup', place: 'backup:1', holding: { of: 'snapshot' } }));
    rig.at.clock.now = NOW + 2_000;
    const after = await rig.put();
    expect(kindsOf(await copies.of({ record: before }))).toContain('backup');
    expect(kindsOf(await copies.of({ record: after }))).not.toContain('backup');
    expect(await copies.close(backup, 'its week is over')).toBe(true);
    expect(await copies.close(backup, 'again')).toBe(false);
    expect(kindsOf(await copies.of({ record: before }))).not.toContain('backup');
  });

  it('ends every copy, says what became of each, and asks again what could not be reached', async () => {
    const record = await rig.put();
    const versions = [{ record, version: 1 }];
    const copies = registerOver();
    const holding = { of: 'versions', versions } as const;
    const archive = await copies.register(newCopy({ place: 'object:1', holding }));
    await copies.register(newCopy({ kind: 'recipient', place: 'recipient:x', custodian: 'Elsewhere', holding }));
    let isReached = false;
    copies.keep('archive', {
      look: () => Promise.resolve('gone'),
      purge: () => (isReached ? Promise.resolve({ is: 'purged', why: 'deleted' }) : Promise.reject(new Error('down'))),
    });
    copies.keep('recipient', {
      look: () => Promise.resolve('unknown'),
      purge: () => Promise.resolve({ is: 'beyond', why: 'their own record' }),
    });
    const endedAs = async () =>
      Object.fromEntries((await copies.purge(versions)).map(({ copy, outcome }) => [copy.kind, outcome.is]));
    expect(await endedAs()).toMatchObject({ archive: 'pending', recipient: 'beyond' });
    isReached = true;
    // What is settled is not asked again; the archive is.
    expect(await endedAs()).toMatchObject({ archive: 'purged' });
    expect(await endedAs()).not.toHaveProperty('archive');
    expect(kindsOf(await copies.of({ record }))).not.toContain('archive');
    expect(await copies.verify(archive)).toBe('gone');
    expect(await copies.verify('cpy-0000')).toBeNull();
  });

  it('has one keeper for a kind', () => {
    const copies = registerOver();
    const keeper: CopyKeeper = {
      look: () => Promise.resolve('gone'),
      purge: () => Promise.resolve({ is: 'purged', why: '' }),
    };
    copies.keep('export', keeper);
    expect(() => copies.keep('export', keeper)).toThrow('somebody keeps them already');
  });

  it('has its standing rows after every start', async () => {
    await rig.restart();
    expect(kindsOf(await registerOver().of({ record: 'rec-any' }))).toEqual(['cache', 'wal']);
    await rig.put();
    expect((await registerOver().of({ subject: AROHA })).map(({ id }) => id)).toContain(PRIMARY);
  });
});
