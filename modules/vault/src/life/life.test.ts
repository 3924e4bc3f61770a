/** Erased now or sealed until the law lets it; a hold wins; what is due is moved by the caretaker; nothing of it is lost in a kill. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { HELD_PAGE_MAX, type ErasureAnswer } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { retentionLaw } from '../law/classes.ts';
import { AROHA, codeOf, keysInTheClear, must, NOW, OFFICER, person, recordOf, TEXT } from '../testing.ts';
import { deaf, useVault } from '../testing-rig.ts';
import { ASKED_LIFE_MS } from './holds.ts';

const rig = useVault();
const retention = retentionLaw();
const SECOND = 'per-second';
const TEN_YEARS = Date.UTC(2037, 0, 16);
const own = { principal: person(AROHA) };
beforeEach(() => rig.restart({ retention }));

const life = () => rig.at.vault.desk();
const library = (text = TEXT) => rig.put({ category: 'library' }, text);
const erase = async (records?: readonly string[]): Promise<ErasureAnswer> =>
  must(
    await life().erasing.erase({
      ...{ subject: AROHA, by: AROHA, code: 'erasure-asked', reason: 'please' },
      ...(records ? { records } : {}),
    }),
  );
const stateOf = async (record: string) =>
  (await life().lives.list(AROHA)).find((one) => one.record === record)?.state ?? 'active';
const hold = async (change: { category?: string; record?: string } = {}): Promise<string> => {
  const draft = { subject: AROHA, category: null, record: null, basis: 'claim 12/27', clause: 'High Court Rules 8.3' };
  return must(await life().holds.ask({ ...draft, ...change }, OFFICER)).id;
};
const factsOf = async (type: string) => (await rig.outbox()).filter((fact) => fact.type === type);

describe('erasure', () => {
  it('destroys what may be and seals what the law wants kept, in plain words', async () => {
    const [health, loan] = [await rig.put(), await library()];
    await rig.give();
    const answer = await erase();
    expect(answer).toMatchObject({ destroyed: 1, sealed: 1 });
    expect(answer.words.join(' ')).toMatch(
      /One record destroyed now\. Nobody can read this again.*One record locked until 2037-01-16\. The law asks that health records are kept for ten years/,
    );
    for (const change of [{}, own]) expect(await rig.seen(health, change)).toBe('RECORD_NOT_SEEN');
    expect(await rig.seen(loan, own)).toBe('RECORD_DESTROYED');
    expect(codeOf(await rig.at.vault.put(recordOf('more', { record: health }), OFFICER))).toBe('RECORD_SEALED');
    expect((await life().lives.list(AROHA)).find(({ record }) => record === health)).toMatchObject({
      ...{ state: 'sealed', reason: 'kept-by-law', by: AROHA, since: NOW, next: TEN_YEARS },
      clause: 'Health (Retention of Health Information) Regulations 1996, regulation 5, regulation 6',
    });
    expect(await factsOf('record.sealed')).toHaveLength(1);
    await rig.restart({ retention });
    expect([await rig.seen(health, own), await stateOf(health)]).toEqual(['RECORD_NOT_SEEN', 'sealed']);
  });

  it('counts ten years from the last time of all, not from each record', async () => {
    const first = await rig.put();
    rig.at.clock.now = NOW + 400 * DAY_MS;
    await rig.put({ category: 'notes' });
    await erase();
    const lives = await life().lives.list(AROHA);
    expect(lives.find(({ record }) => record === first)?.next).toBe(Date.UTC(2038, 1, 20));
  });

  it('of a person with nothing left destroys their own keys too; new ones are made for what comes next', async () => {
    const records = [await library('a'), await library('b'), await rig.put({ category: 'parking' })];
    const answer = await erase();
    expect(answer).toMatchObject({ destroyed: 3, sealed: 0 });
    // Only the root's is left.
    expect(await keysInTheClear(join(rig.folder, 'keys'))).toHaveLength(1);
    for (const record of records) expect(await rig.seen(record, own)).toBe('RECORD_DESTROYED');
    expect(await rig.seen(await library('new'), own)).toBe('new');
    expect(await keysInTheClear(join(rig.folder, 'keys'))).toHaveLength(4);
    await rig.restart({ retention });
    expect(await rig.seen(records[0]!, own)).toBe('RECORD_DESTROYED');
  });

  it('touches nothing where one of the records is no such', async () => {
    const [loan, other] = [await library(), await rig.put({ subject: 'per-cat', category: 'library' })];
    const wanted = { subject: AROHA, by: AROHA, code: 'erasure-asked', reason: 'please' } as const;
    expect(codeOf(await life().erasing.erase({ ...wanted, records: [loan, other] }))).toBe('RECORD_UNKNOWN');
    expect(await rig.seen(loan, own)).toBe(TEXT);
  });

  it('by an officer of one record says what keeps it', async () => {
    const health = await rig.put();
    const answer = await rig.at.vault.destroy(health, { by: OFFICER, reason: 'tidy' });
    expect(answer).toMatchObject({ error: { code: 'RECORD_KEPT_BY_LAW' } });
    expect(await rig.seen(health, own)).toBe(TEXT);
  });

  it('is in force where SQL never heard of it', async () => {
    const [health, loan] = [await rig.put(), await library()];
    await rig.restartOver(deaf(rig.sql), { retention });
    await erase();
    expect(await rig.seen(health, own)).toBe('RECORD_NOT_SEEN');
    await rig.restart({ retention });
    expect(rig.at.vault.status().replayed).toBe(2);
    expect([await rig.seen(health, own), await rig.seen(loan, own)]).toEqual(['RECORD_NOT_SEEN', 'RECORD_DESTROYED']);
    await rig.restart({ retention });
    expect(rig.at.vault.status().replayed).toBe(0);
    expect(await factsOf('record.sealed')).toHaveLength(1);
  });
});

describe('a restricted record', () => {
  it('is seen by its owner alone, until it is used again', async () => {
    const record = await library();
    await rig.give({ scope: { of: 'records', records: [record] } });
    must(await life().lives.restrict(record, { restricted: true, by: AROHA, clause: 'GDPR article 18' }));
    expect([await rig.seen(record), await rig.seen(record, own)]).toEqual(['RECORD_NOT_SEEN', TEXT]);
    await rig.restart({ retention });
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
    must(await life().lives.restrict(record, { restricted: false, by: AROHA, clause: 'GDPR article 18' }));
    expect(await rig.seen(record)).toBe(TEXT);
    await rig.restart({ retention });
    expect(await rig.seen(record)).toBe(TEXT);
    expect(codeOf(await life().lives.restrict(record, { restricted: false, by: AROHA, clause: 'x' }))).toBe(
      'LIFE_NOT_SO',
    );
  });
});

describe('a legal hold', () => {
  it('keeps from the asking on; takes two officers to set and two to lift', async () => {
    const record = await library();
    const id = await hold();
    const { holds } = life();
    expect(codeOf(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }))).toBe('RECORD_HELD');
    expect(codeOf(await holds.set(id, OFFICER))).toBe('SECOND_OFFICER');
    expect(must(await holds.set(id, SECOND))).toMatchObject({ state: 'set', set: { by: SECOND } });
    expect(codeOf(await holds.set(id, SECOND))).toBe('HOLD_NOT_SO');
    expect(must(await holds.lift(id, { by: SECOND, basis: 'settled' })).state).toBe('lift-asked');
    expect(codeOf(await holds.lift(id, { by: SECOND, basis: 'settled' }))).toBe('SECOND_OFFICER');
    expect(codeOf(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }))).toBe('RECORD_HELD');
    expect(must(await holds.lift(id, { by: OFFICER, basis: 'settled' })).state).toBe('lifted');
    expect(codeOf(await holds.lift(id, { by: OFFICER, basis: 'settled' }))).toBe('HOLD_UNKNOWN');
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }));
    for (const type of ['hold.asked', 'hold.set', 'hold.lift-asked', 'hold.lifted'])
      expect(await factsOf(type)).toHaveLength(1);
  });

  it('covers what it names and nothing else, after a restart and where SQL never heard of it', async () => {
    const [kept, free] = [await library(), await rig.put({ category: 'parking' })];
    await rig.restartOver(deaf(rig.sql), { retention });
    await hold({ category: 'library' });
    await rig.restart({ retention });
    expect(codeOf(await rig.at.vault.destroy(kept, { by: OFFICER, reason: 'x' }))).toBe('RECORD_HELD');
    expect(must(await rig.at.vault.destroy(free, { by: OFFICER, reason: 'x' })).destroyed).not.toBeNull();
    expect(readFileSync(join(rig.folder, 'journal', 'vault.journal'), 'utf8')).toContain('"hold"');
  });

  it('seals what its owner wants erased, and lets it go once it is lifted', async () => {
    const record = await library();
    const id = await hold({ record });
    must(await life().holds.set(id, SECOND));
    expect((await erase()).words.join()).toContain('locked because of a legal matter');
    expect(await rig.seen(record, own)).toBe('RECORD_NOT_SEEN');
    expect(await life().tend()).toMatchObject({ fellDue: 0, destroyed: 0 });
    must(await life().holds.lift(id, { by: OFFICER, basis: 'settled' }));
    must(await life().holds.lift(id, { by: SECOND, basis: 'settled' }));
    expect(await life().tend()).toMatchObject({ fellDue: 1, destroyed: 1 });
    expect(await rig.seen(record, own)).toBe('RECORD_DESTROYED');
  });

  it('that no second officer sets lapses', async () => {
    const record = await library();
    await hold();
    rig.at.clock.now = NOW + ASKED_LIFE_MS - 1;
    expect(await life().tend()).toMatchObject({ lapsed: 0 });
    rig.at.clock.now = NOW + ASKED_LIFE_MS;
    expect(await life().tend()).toMatchObject({ lapsed: 1 });
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }));
  });
});

describe('the caretaker', () => {
  it('destroys what was sealed on the day its time is over, and not a day before', async () => {
    const record = await rig.put();
    await erase();
    rig.at.clock.now = TEN_YEARS - 1;
    expect(await life().tend()).toMatchObject({ fellDue: 0, destroyed: 0 });
    rig.at.clock.now = TEN_YEARS;
    expect(await life().tend()).toMatchObject({ fellDue: 1, destroyed: 1 });
    expect([await rig.seen(record, own), await stateOf(record)]).toEqual(['RECORD_DESTROYED', 'copies-purged']);
    const [destruction] = await life().destructions.list();
    expect(destruction).toMatchObject({ by: 'system', trigger: 'time-is-over', state: 'to-certify', left: [] });
    expect(await factsOf('record.fell-due')).toHaveLength(1);
  });

  it('goes on where a kill left something due', async () => {
    const record = await rig.put();
    await erase();
    rig.at.clock.now = TEN_YEARS;
    const { lives } = life();
    const because = { reason: 'time-is-over', by: 'system', clause: '', next: null } as const;
    const at = { isHeld: false, keptUntil: TEN_YEARS, openCopies: 0, isCertified: false };
    must(await lives.move([{ record, subject: AROHA, step: { do: 'fall-due' }, because, at }]));
    await rig.restart({ retention });
    expect(await stateOf(record)).toBe('due');
    expect(await life().tend()).toMatchObject({ fellDue: 0, destroyed: 1 });
  });

  it('ends pictures of streets after thirty days, unless a hold keeps them', async () => {
    const [old, held] = [await rig.put({ category: 'street-camera' }), await rig.put({ category: 'street-camera' })];
    must(await life().holds.set(await hold({ record: held }), SECOND));
    const health = await rig.put();
    rig.at.clock.now = NOW + 30 * DAY_MS;
    expect(await life().tend()).toMatchObject({ destroyed: 0 });
    rig.at.clock.now = NOW + 32 * DAY_MS;
    expect(await life().tend()).toMatchObject({ destroyed: 1 });
    expect([await rig.seen(old, own), await rig.seen(held, own)]).toEqual(['RECORD_DESTROYED', TEXT]);
    expect(await rig.seen(health, own)).toBe(TEXT);
  });

  it('sweeps keys that no record names, and none that is being written or in use', async () => {
    const record = await library();
    const plant = async () =>
      rig.sql
        .for<{ 'vault.version': { record: string; key: string } }>()
        .deleteFrom('vault.version')
        .where('record', '=', record)
        .execute();
    const kept = await library('kept');
    expect(await life().tend()).toMatchObject({ swept: 0 });
    await plant();
    // While records are stored beside it, over and over.
    const storing = Array.from({ length: 8 }, (_, i) => library(`n${i}`));
    const swept = await life().tend();
    const stored = await Promise.all(storing);
    expect(swept.swept).toBe(1);
    expect(await life().tend()).toMatchObject({ swept: 0 });
    expect(await rig.seen(kept, own)).toBe('kept');
    for (const [i, one] of stored.entries()) expect(await rig.seen(one, own)).toBe(`n${i}`);
  });
});

describe('the desk', () => {
  it('shows what is sealed or due of everybody, what comes next first, and counts the rest', async () => {
    await rig.put();
    await rig.put({ subject: 'per-cat', category: 'library' });
    expect(await life().waiting()).toEqual({ records: [], sealed: 0, due: 0 });
    await erase();
    const later = await rig.put({ subject: 'per-cat' });
    rig.at.clock.now = NOW + 40 * DAY_MS;
    await rig.put({ subject: 'per-cat' });
    const by = { by: OFFICER, code: 'officer', reason: 'tidy' } as const;
    must(await life().erasing.erase({ subject: 'per-cat', records: [later], ...by }));
    const { records, ...counts } = await life().waiting();
    expect(counts).toEqual({ sealed: 2, due: 0 });
    expect(records.map(({ subject, state }) => [subject, state])).toEqual([
      [AROHA, 'sealed'],
      ['per-cat', 'sealed'],
    ]);
    expect(records[0]!.next).toBe(TEN_YEARS);
  });

  it('shows where copies of one record lie, the standing ones too, and what became of each', async () => {
    const record = await library();
    const register = rig.at.vault.copies();
    const copy = {
      kind: 'recipient',
      place: 'recipient:clinic/1',
      custodian: 'Harbour Clinic',
      basis: 'given',
    } as const;
    const holding = { of: 'versions', versions: [{ record, version: 1 }] } as const;
    await register.register({ ...copy, holding, openedBy: [], expires: null });
    const kinds = async () => {
      const found = must(await life().copiesOf(record));
      return { ...found, copies: found.copies.map(({ kind, outcome }) => [kind, outcome?.is ?? 'lies there']) };
    };
    const head = { record, subject: AROHA, category: 'library', versions: 1 };
    expect(await kinds()).toMatchObject({ ...head, state: 'active' });
    expect((await kinds()).copies).toEqual(
      expect.arrayContaining([
        ['primary', 'lies there'],
        ['wal', 'lies there'],
        ['cache', 'lies there'],
        ['recipient', 'lies there'],
      ]),
    );
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }));
    const after = await kinds();
    expect(after.state).toBe('keys-destroyed');
    expect(after.copies).toEqual(
      expect.arrayContaining([
        ['primary', 'purged'],
        ['recipient', 'pending'],
      ]),
    );
    expect(codeOf(await life().copiesOf('rec-none'))).toBe('RECORD_UNKNOWN');
  });
});

describe('what an officer chooses from', () => {
  it('has people by a part of their id and categories, with how much is held and not destroyed, beyond a page too', async () => {
    const loan = await library();
    await library('another');
    await rig.put();
    await rig.put({ subject: 'per-zoe', category: 'library' });
    await erase([loan]);
    expect(await life().heldPeople({})).toEqual({
      people: [
        { subject: AROHA, records: 2 },
        { subject: 'per-zoe', records: 1 },
      ],
      total: 2,
    });
    expect(await life().heldPeople({ q: 'zoe' })).toEqual({ people: [{ subject: 'per-zoe', records: 1 }], total: 1 });
    expect(await life().heldPeople({ after: AROHA })).toMatchObject({ people: [{ subject: 'per-zoe' }], total: 2 });
    expect(await life().heldCategories()).toEqual([
      { category: 'blood-tests', records: 1, people: 1 },
      { category: 'library', records: 2, people: 2 },
    ]);
    const many = Array.from({ length: HELD_PAGE_MAX }, (_, at) => ({
      ...recordOf('{}', { subject: `sub-${at}`, category: 'library' }),
    }));
    must(await rig.at.vault.putMany(many, OFFICER));
    const page = await life().heldPeople({});
    expect([page.people.length, page.total]).toEqual([HELD_PAGE_MAX, HELD_PAGE_MAX + 2]);
  });

  it('counts all that waits, not what a list shows', async () => {
    expect(await life().counts()).toMatchObject({ holds: 0, destructions: 0 });
    await hold();
    await rig.put({ subject: 'per-zoe', category: 'library' });
    must(
      await life().erasing.erase({ subject: 'per-zoe', by: OFFICER, code: 'officer', reason: 'asked for by letter' }),
    );
    expect(await life().counts()).toEqual({
      ...{ requests: 0, emergencies: 0, lives: 0, holds: 1, exports: 0, destructions: 1, recipients: 0, silent: 0 },
    });
  });
});
