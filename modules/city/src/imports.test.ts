/** Imports: the verdict of each row, one undoable change, and that a second import of the same file changes nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importTesting } from './import-testing.ts';
import { SHOWN_PER_VERDICT } from './imports.ts';

const testing = importTesting({ beforeAll, afterAll, beforeEach });
const { preview, commit, undo, everything } = testing;

describe('CSV', () => {
  const FILE = [
    'Name,Serial,MAC,Firmware,Type,Latitude,Longitude,Maker',
    'Camera cam-1,C1,02-00-00-00-00-01,1.0,camera,,,', // same
    'Camera cam-2,c2,,2.0,camera,,,', // changed, by serial without case
    'New cam,C9,02:00:00:00:00:99,1.0,CCTV,-41.25,174.05,Acme', // new, in ward west
    'Mixed,C1x,02:00:00:00:00:02,1.0,camera,,,', // MAC of cam-2, another serial
    'Both,X1,02:00:00:00:00:01,1.0,,,,', // serial of the crossing, MAC of cam-1
    'Nobody,,,1.0,camera,,,', // nothing to know it by
    'Bad,C10,zz,1.0,camera,,,', // no MAC
    'Twin,C11,,1.0,camera,,,',
    'Twin,c11,,1.0,camera,,,',
    '"x"y,C12',
  ].join('\n');

  it('gives each row its verdict, line and reason', async () => {
    const report = await preview(FILE);
    expect(report.format).toBe('csv');
    expect(report.counts).toEqual({ rows: 10, new: 1, changed: 0, same: 0, conflict: 6, rejected: 3 });
    const shown = report.rows.map((row) => `${row.line} ${row.verdict} ${row.reason}`);
    expect(shown).toEqual([
      '2 conflict rows 2, 6 share the MAC "02:00:00:00:00:01", each device once wanted',
      '3 conflict rows 3, 5 share the device "cam-2", each device once wanted',
      '4 new ',
      '5 conflict rows 3, 5 share the device "cam-2", each device once wanted',
      '6 conflict rows 2, 6 share the MAC "02:00:00:00:00:01", each device once wanted',
      '7 rejected no serial, no MAC and no id: nothing to know it by next time',
      '8 rejected mac "zz" is no MAC address, twelve hexadecimal digits wanted',
      '9 conflict rows 9, 10 share the serial "c11", each device once wanted',
      '10 conflict rows 9, 10 share the serial "c11", each device once wanted',
      '11 rejected cell 1 goes on with "y" after its closing quote, "," or the line\'s end wanted',
    ]);
    expect(report.columns.map((column) => column.field)).toEqual([
      'name',
      'serial',
      'mac',
      'firmware',
      'class',
      'lat',
      'lon',
      'maker',
    ]);
    expect(report.columns[1]?.sample).toBe('C1');
  });

  it('keeps the file of an import, and forgets it with the preview that is dropped', async () => {
    const { id, sha256 } = await preview(FILE);
    expect([...testing.files.held.keys()]).toContain(sha256);
    const kept = await testing.city().imports.file(id);
    expect(kept.ok && [kept.value.name, Buffer.from(kept.value.bytes).toString()]).toEqual(['devices.csv', FILE]);
    for (let i = 0; i < 20; i++) await preview(`${FILE}\n# ${i}`);
    expect([...testing.files.held.keys()]).not.toContain(sha256);
    expect(await testing.city().imports.file(id)).toMatchObject({ ok: false, error: { code: 'IMPORT_NOT_FOUND' } });
    const committed = await commit(`${FILE.split('\n').slice(0, 2).join('\n')}\n`);
    expect((await testing.facts()).at(-1)).toMatchObject({
      type: 'inventory.imported',
      data: { sha256: committed.sha256 },
    });
    for (let i = 0; i < 21; i++) await preview(`${FILE}\n# ${i}`);
    expect(await testing.city().imports.file(committed.id)).toMatchObject({ ok: true });
  });

  it('changes, adds, and finds all of it the same the second time', async () => {
    const file = `${FILE.split('\n').slice(0, 4).join('\n')}\n`;
    const report = await commit(file);
    expect(report.counts).toMatchObject({ new: 1, changed: 1, same: 1, conflict: 0 });
    expect(report.rows[0]).toMatchObject({
      device: 'cam-2',
      changes: [{ field: 'firmware', was: '1.0', becomes: '2.0' }],
    });
    const added = testing.city().record(report.rows[1]!.device!)!;
    expect(added).toMatchObject({
      class: 'camera',
      serial: 'C9',
      ward: 'ward-west',
      maker: 'party-acme',
      simulated: false,
      criticality: 'important',
    });
    expect(testing.city().device(added.id)).toMatchObject({ state: 'unknown' });
    expect(testing.city().node('party-acme')).toMatchObject({ kind: 'party', name: 'Acme' });
    expect(testing.city().devicesOf('svc-cctv')).toContain(added.id);
    const again = await commit(file);
    expect(again.counts).toEqual({ rows: 3, new: 0, changed: 0, same: 3, conflict: 0, rejected: 0 });
    expect(await preview(file)).toMatchObject({ counts: { same: 3 } });
  });

  it.each([
    [
      'serial and MAC of two devices',
      'serial,mac\nX1,02:00:00:00:00:01',
      'serial "X1" is "crossing-1" but MAC "02:00:00:00:00:01" is "cam-1"',
    ],
    [
      'another serial for a known MAC',
      'serial,mac\nZ9,02:00:00:00:00:01',
      '"cam-1" has serial "C1", the file says "Z9"',
    ],
    [
      'another MAC for a known serial',
      'serial,mac\nC1,02:00:00:00:00:77',
      '"cam-1" has MAC "02:00:00:00:00:01", the file says "02:00:00:00:00:77"',
    ],
    [
      'criticality',
      'serial,criticality\nC1,routine',
      'would set criticality to "routine" where "important" stands for this camera: an import may not, a second person is needed',
    ],
    [
      'never-cut',
      'serial,never cut\nC1,yes',
      'would set never-cut to "true" where "false" stands for this camera: an import may not, a second person is needed',
    ],
    ['fail-safe state', 'serial,fail-safe\nC1,opens', 'would set fail-safe state to "opens"'],
    ['class', 'serial,class\nC1,crossing', 'would set class to "crossing"'],
    ['a new untouchable device', 'serial,class,never_cut\nN1,camera,yes', 'would set never-cut to "true"'],
  ])('puts %s in conflict and changes nothing', async (_, text, reason) => {
    const before = await everything();
    const report = await commit(text);
    expect(report.counts).toMatchObject({ rows: 1, conflict: 1 });
    expect(report.rows[0]!.reason).toContain(reason);
    expect(await everything()).toEqual(before);
  });

  it('never matches by address', async () => {
    const report = await commit('serial,ip\nN1,192.0.2.1');
    expect(report.counts.new).toBe(1);
    expect(report.rows[0]).toMatchObject({ reason: 'class not given' });
  });

  it('knows rows without serial and MAC by the id that the file gives them', async () => {
    const text = 'asset tag;name;lat;lon\nA1;Bench;-41,25;174,15\n';
    const report = await commit(text, 'benches.csv');
    expect(testing.city().record(report.rows[0]!.device!)).toMatchObject({
      class: 'other',
      lat: -41.25,
      ward: 'ward-east',
      source: 'csv-benches',
      sourceId: 'A1',
    });
    expect((await preview(text, 'benches.csv')).counts.same).toBe(1);
    expect((await preview(text, 'other.csv')).counts.new).toBe(1);
  });

  it("takes a person's word for columns", async () => {
    const report = await preview('A,B\nC1,3.0', 'x.csv', 'A=serial,B=firmware');
    expect(report.rows[0]).toMatchObject({ device: 'cam-1', changes: [{ field: 'firmware', becomes: '3.0' }] });
    await expect(preview('A,B\nC1,3.0', 'x.csv')).rejects.toThrow('say which by a column map');
    await expect(preview('A,B\nC1,3.0', 'x.csv', 'Q=serial')).rejects.toThrow('no column "Q"');
  });

  it('shows at most 500 rows of a verdict', async () => {
    const rows = Array.from({ length: SHOWN_PER_VERDICT + 20 }, (_, i) => `N${i}`);
    const report = await preview(`serial\n${rows.join('\n')}`);
    expect(report.counts.new).toBe(rows.length);
    expect(report.rows).toHaveLength(SHOWN_PER_VERDICT);
  });

  it.each([
    ['', 'the file is empty'],
    ['serial\n\ufffdx', 'line 2 holds bytes that are not UTF-8'],
    ['s\0e\0', 'UTF-16'],
    ['[{"id": ]', 'line 1, column 9: found "]", a value wanted'],
    ['{"type":"FeatureCollection","features":{}}', 'a FeatureCollection, a Feature or a list of Features wanted'],
  ])('refuses %j with a clear message', async (text, message) => {
    await expect(preview(text)).rejects.toThrow(message);
    expect(await testing.city().imports.list()).toEqual([]);
  });
});

describe('one change', () => {
  const NEW_AND_CHANGED = 'serial,firmware,class,maker,site\nC1,9.9,,Acme,New Hall\nN1,1.0,camera,Acme,New Hall\n';

  it('is undone exactly, new things removed', async () => {
    const before = await everything();
    const { id } = await commit(NEW_AND_CHANGED);
    testing.city().setFacet('cam-1', { identity: { state: 'enrolled' } });
    expect(testing.city().record('cam-1')).toMatchObject({
      firmware: '9.9',
      maker: 'party-acme',
      site: 'site-new-hall',
    });
    expect(await everything()).not.toEqual(before);
    expect(await undo(id)).toMatchObject({ ok: true, value: { state: 'undone' } });
    expect(await everything()).toEqual(before);
    expect(testing.city().record('cam-1')).toMatchObject({ firmware: '1.0', maker: 'party-maker' });
    expect(testing.city().node('party-acme')).toBeNull();
    expect(testing.city().deviceIds()).toHaveLength(5);
    expect(await undo(id)).toMatchObject({ ok: false, error: { code: 'IMPORT_STATE' } });
  });

  it('cannot be undone under a later one that touched the same, or rests on what it made', async () => {
    const first = await commit(NEW_AND_CHANGED);
    const second = await commit('serial,maker\nC2,Acme', 'second.csv');
    const refused = await undo(first.id);
    expect(refused).toMatchObject({ ok: false, error: { code: 'IMPORT_BUILT_UPON' } });
    expect(!refused.ok && refused.error.message).toContain(
      `import "${second.id}" of "second.csv" has since touched "party-acme"`,
    );
    expect(await undo(second.id)).toMatchObject({ ok: true });
    expect(await undo(first.id)).toMatchObject({ ok: true });
  });

  it('can be undone under a later one that touched others', async () => {
    const first = await commit('serial,firmware\nC1,9.9');
    await commit('serial,firmware\nC2,9.9');
    expect(await undo(first.id)).toMatchObject({ ok: true });
    expect([testing.city().record('cam-1')?.firmware, testing.city().record('cam-2')?.firmware]).toEqual([
      '1.0',
      '9.9',
    ]);
  });

  it('holds only for the city that it was previewed against', async () => {
    const stale = await preview('serial,firmware\nC1,1.1');
    await commit('serial,firmware\nC1,2.2');
    expect(await testing.city().imports.commit(stale.id, 'per-1')).toMatchObject({
      ok: false,
      error: { code: 'IMPORT_STALE' },
    });
    expect(testing.city().record('cam-1')?.firmware).toBe('2.2');
  });

  it('is committed once, even when asked twice at once', async () => {
    const { id } = await preview(NEW_AND_CHANGED);
    const answers = await Promise.all([
      testing.city().imports.commit(id, 'per-1'),
      testing.city().imports.commit(id, 'per-2'),
    ]);
    expect(answers.map((answer) => answer.ok)).toEqual([true, false]);
    expect(await testing.city().imports.commit('imp-nothing', 'per-1')).toMatchObject({
      ok: false,
      error: { code: 'IMPORT_NOT_FOUND' },
    });
  });

  it('survives a restart between preview, commit and undo', async () => {
    const before = await everything();
    const { id } = await preview(NEW_AND_CHANGED);
    await testing.restart();
    expect(await testing.city().imports.commit(id, 'per-1')).toMatchObject({ ok: true });
    await testing.restart();
    expect(testing.city().record('cam-1')?.firmware).toBe('9.9');
    expect(await undo(id)).toMatchObject({ ok: true });
    expect(await everything()).toEqual(before);
  });

  it('is one fact, and its undo another', async () => {
    const { id } = await commit(NEW_AND_CHANGED);
    await undo(id);
    const facts = await testing.facts();
    expect(facts.map((fact) => fact.type)).toEqual(['city.founded', 'inventory.imported', 'inventory.import-undone']);
    expect(facts[1]).toMatchObject({ actor: 'per-1', data: { import: id, new: 1, changed: 1 } });
    expect(facts[2]).toMatchObject({ data: { reason: 'wrong file' } });
    expect((await testing.city().imports.list()).map((one) => one.state)).toEqual(['undone']);
  });

  it('leaves nothing behind when the database refuses half way', async () => {
    const before = await everything();
    const { id } = await preview(NEW_AND_CHANGED);
    // Somebody's hand in the database: the serial is taken there and nowhere else.
    await testing.sql().transact(async (tx) => {
      const { sql: raw } = await import('kysely');
      await raw`update city.device set serial = 'N1' where id = 'bin-1'`.execute(tx.for());
    });
    await expect(testing.city().imports.commit(id, 'per-1')).rejects.toMatchObject({ code: '23505' });
    await testing.sql().transact(async (tx) => {
      const { sql: raw } = await import('kysely');
      await raw`update city.device set serial = 'B1' where id = 'bin-1'`.execute(tx.for());
    });
    expect(await everything()).toEqual(before);
    expect(await testing.city().imports.get(id)).toMatchObject({ ok: true, value: { state: 'previewed' } });
    expect(testing.city().record('cam-1')?.firmware).toBe('1.0');
  });
});
