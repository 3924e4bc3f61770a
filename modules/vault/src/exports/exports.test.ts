/** An export of records: two officers, one recipient, everybody told, nothing handed on that was taken back or destroyed. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Export, ExportDraft, ExportManifest } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { AROHA, BEN, codeOf, consentTo, must, NOW, OFFICER, person, testDestruction } from '../testing.ts';
import { testRecipient } from '../recipients/testing-recipient.ts';
import type { Millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createCopyRegister } from '../copies/register.ts';
import { useVault } from '../testing-rig.ts';
import { exportKeeper } from './exports.ts';
import { newKeyPair, openSealed, type NewKeyPair } from './sealing.ts';

const signed = { ...testDestruction, sign: () => Promise.resolve(Buffer.from('signed by the city')) };
const rig = useVault({ destruction: signed });
const university = testRecipient();
const SECOND = person('per-second', 'passkey', ['officer']);
const SUBURBS = ['Quay', 'Ridge'];
const CONDITIONS = ['asthma', 'migraine'];
let clinic: NewKeyPair;
beforeEach(async () => {
  clinic = await newKeyPair();
  const uni = { id: 'harbour-uni', name: 'Harbour University', url: null, publicKey: university.publicKey };
  must(await rig.at.vault.recipients().keep(uni, OFFICER));
});

const draftOf = (change: Partial<ExportDraft> = {}): ExportDraft => ({
  category: 'diagnoses',
  shape: 'rows',
  columns: [
    { name: 'suburb', at: '/address/suburb', role: 'quasi', levels: [{ by: 'exact' }] },
    {
      name: 'age',
      at: '/age',
      role: 'quasi',
      levels: [
        { by: 'bands', width: 20 },
        { by: 'bands', width: 40 },
      ],
    },
    { name: 'condition', at: '/condition', role: 'sensitive', levels: [{ by: 'exact' }] },
  ],
  only: null,
  purpose: 'HRESCH',
  ground: 'law',
  person: null,
  basis: 'Health Information Privacy Code 2020, rule 11(2)(c)',
  recipient: { name: 'Harbour University', key: clinic.recipient },
  k: 5,
  l: 2,
  until: NOW + 90 * DAY_MS,
  ...change,
});
/** One record for each of so many people: ten of each look, five of each condition, in forty. */
function people(count: number, from = 0): Promise<string[]> {
  const puts = Array.from({ length: count }, (_, at) => {
    const number = from + at;
    const said = {
      name: `Nobody ${number}`,
      address: { suburb: SUBURBS[number % 2] },
      age: number % 4 < 2 ? 25 : 65,
      condition: CONDITIONS[(number >> 2) % 2],
    };
    const content = Buffer.from(JSON.stringify(said)).toString('base64');
    return rig.put({ subject: `sub-${number}`, category: 'diagnoses', media: 'application/json', content });
  });
  return Promise.all(puts);
}
const asked = async (change: Partial<ExportDraft> = {}): Promise<string> =>
  must(await rig.at.vault.exports.ask(draftOf(change), OFFICER)).id;
const released = async (change: Partial<ExportDraft> = {}): Promise<Export> =>
  must(await rig.at.vault.exports.release(await asked(change), SECOND));
function register() {
  const copies = createCopyRegister({ sql: rig.sql, log: silentLog, clock: () => rig.at.clock.now as Millis });
  copies.keep('export', exportKeeper({ sql: rig.sql, recipients: rig.at.vault.recipients() }));
  return copies;
}
interface Opened {
  readonly manifest: ExportManifest;
  readonly columns: readonly string[];
  readonly rows: string[][];
}
async function opened({ id }: Export): Promise<Opened> {
  const file = must(await rig.at.vault.exports.file(id, OFFICER));
  const lines = (await openSealed(clinic.secret, file))!
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as never);
  const [{ manifest }, { columns }, ...rows] = lines as unknown as [
    Pick<Opened, 'manifest'>,
    Pick<Opened, 'columns'>,
    ...string[][],
  ];
  return { manifest, columns, rows };
}

/** The database goes at this call of the release, done by then or not: as where the process was killed there. True where it came so far. */
async function releasedAndCut(
  id: string,
  { call, moment }: { readonly call: number; readonly moment: 'before' | 'after' },
): Promise<boolean> {
  let [calls, isCutting, isCut] = [0, false, false];
  await rig.restartOver({
    ...rig.sql,
    transact: async (work) => {
      if (!isCutting) return rig.sql.transact(work);
      if (isCut || ++calls === call) {
        const isDone = !isCut && moment === 'after';
        isCut = true;
        if (isDone) await rig.sql.transact(work);
        throw new Error('killed');
      }
      return rig.sql.transact(work);
    },
  });
  isCutting = true;
  await rig.at.vault.exports.release(id, SECOND).catch(() => undefined);
  isCutting = false;
  return isCut;
}

describe('an export', () => {
  it('is released once and counted once, wherever a kill comes between its facts and its file', async () => {
    await people(40);
    let [released, cuts] = [0, 0];
    for (const moment of ['before', 'after'] as const)
      for (let call = 1, isCut = true; isCut; call++) {
        const id = await asked();
        isCut = await releasedAndCut(id, { call, moment });
        if (isCut) cuts++;
        await rig.restart();
        const again = await rig.at.vault.exports.release(id, SECOND);
        expect(again.ok || again.error.code === 'EXPORT_DECIDED').toBe(true);
        const one = (await rig.at.vault.exports.list()).find((found) => found.id === id)!;
        expect([one.state, one.manifest?.before]).toEqual(['released', released++]);
        const rows = await rig.sql
          .for<{ 'vault.copy': { place: string } }>()
          .selectFrom('vault.copy')
          .select('place')
          .where('place', '=', `export:${id}`)
          .execute();
        expect(rows).toHaveLength(1);
      }
    expect(cuts).toBeGreaterThanOrEqual(2);
  }, 60_000);

  it('is asked for by one officer and released by another, sealed, told to everybody in it, and in the copy register', async () => {
    const records = await people(40);
    const id = await asked();
    expect(codeOf(await rig.at.vault.exports.release(id, person(OFFICER, 'passkey', ['officer'])))).toBe(
      'EXPORT_BY_ONESELF',
    );
    expect(codeOf(await rig.at.vault.exports.file(id, OFFICER))).toBe('EXPORT_NO_FILE');
    const made = must(await rig.at.vault.exports.release(id, SECOND));
    expect(made).toMatchObject({
      state: 'released',
      asked: { by: OFFICER },
      decided: { by: SECOND.id, why: null },
      fetched: null,
    });
    const { manifest, columns, rows } = await opened(made);
    expect(manifest).toEqual(made.manifest);
    expect(manifest).toMatchObject({ purpose: 'HRESCH', recipient: 'Harbour University', k: 5, before: 0 });
    expect(manifest.notice).toContain('no proof of anonymity');
    expect(columns).toEqual(['row', 'suburb', 'age', 'condition']);
    expect(rows).toHaveLength(manifest.shown);
    expect(rows.flat().some((value) => value.startsWith('Nobody'))).toBe(false);
    for (const same of Map.groupBy(rows, (row) => row.slice(1, 3).join()).values())
      expect(same.length).toBeGreaterThanOrEqual(5);
    const told = rig.at.ledger.of('record.exported');
    expect(new Set(told.map(({ subject }) => subject)).size).toBe(40);
    expect(told[0]).toMatchObject({ actor: SECOND.id, personal: true, data: { export: id, purpose: 'HRESCH' } });
    const [copy] = (await register().of({ record: records[7]! })).filter(({ kind }) => kind === 'export');
    expect(copy).toMatchObject({
      custodian: 'harbour-uni',
      openedBy: [clinic.recipient],
      expires: NOW + 90 * DAY_MS,
    });
    const types = (await rig.outbox()).map(({ type }) => type).filter((type) => type.startsWith('export.'));
    expect(types).toEqual(['export.asked', 'export.released', 'export.fetched']);
    const trace = (category: string, found: readonly (readonly string[])[]) =>
      rig.at.vault.exports.trace({ category, rows: found }, OFFICER);
    expect(await trace('diagnoses', rows.slice(3, 4))).toEqual([
      { export: id, recipient: 'Harbour University', numbers: 1, marks: 0 },
    ]);
    // Numbers that somebody made up, rows without them, records that were never exported.
    expect(await trace('diagnoses', [['0123456789abcdef', 'Quay', '20-39', 'asthma']])).toEqual([]);
    expect(
      await trace(
        'diagnoses',
        rows.map((row) => row.slice(1)),
      ),
    ).toEqual([]);
    expect(await trace('other', rows)).toEqual([]);
    // No name of anybody in SQL, and no set they are in.
    const kept = await rig.sql
      .for<{ 'vault.export': Record<string, unknown>; 'vault.export_dataset': { book: Buffer } }>()
      .selectFrom('vault.export')
      .selectAll()
      .execute();
    const text = JSON.stringify(kept);
    expect(text).toContain(id);
    expect(text).not.toContain('sub-1');
    expect(text).not.toContain('"Quay"');
    const { book } = await rig.sql
      .for<{ 'vault.export_dataset': { book: Buffer } }>()
      .selectFrom('vault.export_dataset')
      .select('book')
      .executeTakeFirstOrThrow();
    expect(book.includes('sub-')).toBe(false);
    expect(book.length).toBeGreaterThan(40 * 16);
    expect(codeOf(await rig.at.vault.exports.release(id, SECOND))).toBe('EXPORT_DECIDED');
    expect((await rig.at.vault.looks.list('sub-3', {}))[0]).toMatchObject({ what: 'exported', by: SECOND.id });
  }, 60_000);

  it('is compared with those before it: who came since does not show by the difference, nor who left', async () => {
    const records = await people(40);
    const first = await opened(await released());
    await people(1, 500);
    must(await rig.at.vault.destroy(records[0]!, { by: OFFICER, reason: 'erasure asked for' }));
    await rig.restart();
    const second = await opened(await released());
    expect(second.manifest).toMatchObject({ before: 1 });
    const tally = ({ rows }: Opened) =>
      [...Map.groupBy(rows, (row) => row.slice(1).join())].map(([look, same]) => [look, same.length] as const);
    const before = new Map(tally(first));
    for (const [look, count] of tally(second)) expect(count).toBeLessThanOrEqual(before.get(look)!);
    // She left, and with her at least five more.
    expect(first.rows.length - second.rows.length).toBeGreaterThan(5);
  }, 60_000);

  it('by consent is of those who gave it, and of nobody who takes it back before it is released', async () => {
    await people(30);
    const mine = { name: 'Aroha', address: { suburb: 'Quay' }, age: 30, condition: 'asthma' };
    const content = Buffer.from(JSON.stringify(mine)).toString('base64');
    await rig.put({ subject: AROHA, category: 'diagnoses', media: 'application/json', content });
    const rights = {
      rights: ['export'],
      purpose: 'HRESCH',
      scope: { of: 'categories', categories: ['diagnoses'] },
      refrains: [],
    } as const;
    const give = async (subject: string) =>
      must(
        await rig.at.vault.give(
          {
            ...consentTo(BEN),
            ...rights,
            rights: ['export'],
            refrains: [],
            scope: { of: 'categories', categories: ['diagnoses'] },
            subject,
          },
          subject,
        ),
      ).id;
    await Promise.all(Array.from({ length: 30 }, (_, at) => give(`sub-${at}`)));
    const hers = await give(AROHA);
    const consented = { ground: 'consent', person: BEN, basis: 'their consent' } as const;
    const told = () => new Set(rig.at.ledger.of('record.exported').map(({ subject }) => subject));
    // Taken back while the ledger writes: nothing is handed on.
    const id = await asked(consented);
    rig.at.ledger.disk = async () => void (await rig.at.vault.takeBack(hers, OFFICER));
    expect(codeOf(await rig.at.vault.exports.release(id, SECOND))).toBe('EXPORT_CHANGED');
    expect(codeOf(await rig.at.vault.exports.file(id, OFFICER))).toBe('EXPORT_NO_FILE');
    expect(told().size).toBe(31);
    rig.at.ledger.disk = () => Promise.resolve();
    rig.at.ledger.facts.length = 0;
    must(await rig.at.vault.exports.release(id, SECOND));
    expect(told().has(AROHA)).toBe(false);
    expect(told().size).toBe(30);
  }, 60_000);

  it('says so where columns are too fine, too few people are there, or one is as good as a name', async () => {
    const code = async (change: Partial<ExportDraft> = {}) =>
      codeOf(await rig.at.vault.exports.release(await asked(change), SECOND));
    expect(await code()).toBe('EXPORT_LEAVES_TOO_FEW');
    await people(40);
    const [suburb, age] = draftOf().columns;
    const named = { name: 'name', at: '/name', role: 'sensitive', levels: [{ by: 'exact' }] } as const;
    expect(await code({ columns: [suburb!, { ...named, levels: [{ by: 'exact' }] }] })).toBe('EXPORT_NAMES_PEOPLE');
    expect(await code({ columns: [{ ...named, role: 'quasi', levels: [{ by: 'exact' }] }, age!] })).toBe('done');
    expect(await code({ only: { at: '/name', values: ['Nobody 3'] } })).toBe('EXPORT_LEAVES_TOO_FEW');
  }, 60_000);

  it('of counts has totals, and no small cell; it is refused, and withdrawn, by whoever may release', async () => {
    await people(40);
    const [suburb, , condition] = draftOf().columns;
    const made = await released({ shape: 'counts', columns: [suburb!, condition!] });
    const file = must(await rig.at.vault.exports.file(made.id, OFFICER));
    const lines = (await openSealed(clinic.secret, file))!
      .toString()
      .trimEnd()
      .split('\n')
      .slice(2)
      .map((line) => JSON.parse(line) as (string | number | null)[]);
    expect(lines.at(-1)![0]).toBe('total');
    expect(lines.at(-1)!.at(-1)).toBe(made.manifest!.shown);
    for (const count of lines.flatMap((line) => line.slice(1)))
      expect(count === null || count === 0 || Number(count) >= 5).toBe(true);
    const because = { by: SECOND.id, reason: 'not for this purpose' };
    const { exports } = rig.at.vault;
    expect(must(await exports.refuse(await asked(), because)).state).toBe('refused');
    const { id } = await released();
    expect(must(await exports.refuse(id, because))).toMatchObject({ state: 'withdrawn', bytes: null });
    expect(codeOf(await exports.file(id, OFFICER))).toBe('EXPORT_NO_FILE');
    expect(codeOf(await exports.refuse(id, because))).toBe('EXPORT_DECIDED');
    expect(codeOf(await exports.refuse('exp-0000', because))).toBe('EXPORT_UNKNOWN');
    expect((await exports.list()).map(({ state }) => state).sort()).toEqual(['refused', 'released', 'withdrawn']);
  }, 60_000);

  it('is deleted with the first record in it that is destroyed, unless its recipient has it already', async () => {
    const records = await people(40);
    const outcomesOf = async (record: string) => {
      must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'asked for' }));
      const items = await rig.sql
        .for<{
          'vault.copy_item': { copy: string; record: string; outcome: string };
          'vault.copy': { id: string; kind: string };
        }>()
        .selectFrom('vault.copy_item')
        .innerJoin('vault.copy', 'vault.copy.id', 'vault.copy_item.copy')
        .select('outcome')
        .where('record', '=', record)
        .where('kind', '=', 'export')
        .execute();
      return items.map(({ outcome }) => outcome).sort();
    };
    const kept = await released();
    expect(await outcomesOf(records[3]!)).toEqual(['purged']);
    expect(codeOf(await rig.at.vault.exports.file(kept.id, OFFICER))).toBe('EXPORT_NO_FILE');
    const sent = must(await rig.at.vault.exports.release(await asked(), SECOND));
    await opened(sent);
    expect(await outcomesOf(records[4]!)).toEqual(['asked', 'purged']);
    const [request] = await rig.at.vault.recipients().requests();
    expect(request).toMatchObject({ recipient: 'harbour-uni', state: 'asked' });
    const receipt = university.receipt(must(await rig.at.vault.recipients().file(request!.id)));
    expect(must(await rig.at.vault.recipients().take(request!.id, receipt, OFFICER)).state).toBe('deleted');
  }, 60_000);

  it('leaves for nobody who could not be asked to delete it again, nor after its file was dropped', async () => {
    const records = await people(40);
    const { exports } = rig.at.vault;
    const other = await released({ recipient: { name: 'North Institute', key: clinic.recipient } });
    expect(codeOf(await exports.file(other.id, OFFICER))).toBe('EXPORT_RECIPIENT_UNKNOWN');
    expect((await exports.list())[0]).toMatchObject({ id: other.id, fetched: null });
    const north = { id: 'north-institute', name: 'North Institute', url: null, publicKey: testRecipient().publicKey };
    must(await rig.at.vault.recipients().keep(north, OFFICER));
    // At once with the end of its file: it is either fetched and asked about, or deleted and not handed out.
    const [file] = await Promise.all([
      exports.file(other.id, OFFICER),
      rig.at.vault.destroy(records[2]!, { by: OFFICER, reason: 'asked for' }),
    ]);
    const isAsked = (await rig.at.vault.recipients().requests()).some(({ recipient }) => recipient === north.id);
    expect([file.ok, codeOf(await exports.file(other.id, OFFICER))]).toEqual([isAsked, 'EXPORT_NO_FILE']);
  }, 60_000);
});

describe('asking for an export', () => {
  const fault = async (change: Partial<ExportDraft>): Promise<string> => {
    const answer = await rig.at.vault.exports.ask(draftOf(change), OFFICER);
    return answer.ok ? 'asked' : `${answer.error.code} ${answer.error.message}`;
  };
  const FAULTS: readonly (readonly [RegExp, () => Partial<ExportDraft>])[] = [
    [/wanted once/, () => ({ columns: [draftOf().columns[0]!, draftOf().columns[0]!] })],
    [/wanted one at least/, () => ({ columns: [draftOf().columns[2]!] })],
    [/of counts: wanted two/, () => ({ shape: 'counts' })],
    [/wanted another name/, () => ({ columns: [{ ...draftOf().columns[0]!, name: 'row' }] })],
    [
      /wanted one level, exact/,
      () => ({ columns: [draftOf().columns[0]!, { ...draftOf().columns[2]!, levels: [{ by: 'bands', width: 5 }] }] }),
    ],
    [
      /bands of 15: wanted a multiple of 10/,
      () => ({
        columns: [
          {
            ...draftOf().columns[1]!,
            levels: [
              { by: 'bands', width: 10 },
              { by: 'bands', width: 15 },
            ],
          },
        ],
      }),
    ],
    [/whom people gave consent to/, () => ({ ground: 'consent' })],
    [/within five years/, () => ({ until: NOW + 3_000 * DAY_MS })],
    [/PERSON_UNKNOWN/, () => ({ ground: 'consent', person: 'per-nobody' })],
    [/EXPORT_KEY_NOT_VALID/, () => ({ recipient: { name: 'Somebody', key: `age1${'q'.repeat(58)}` } })],
  ];
  it('is refused where something is wrong with it, which is said', async () => {
    for (const [message, change] of FAULTS) expect(await fault(change())).toMatch(message);
    expect(await rig.at.vault.exports.list()).toEqual([]);
  });
});
