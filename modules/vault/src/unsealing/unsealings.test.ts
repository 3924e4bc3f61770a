/** What is sealed is opened by two officers for one reader and some days, told at once or when an order ends, and stays over once it is. */
import { describe, expect, it } from 'vitest';
import type { Unsealing, UnsealingDraft } from '@cityward/contracts';
import { createSaver } from '@cityward/journal';
import { DAY_MS, type Millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { sql as raw } from 'kysely';
import { noticesOf } from '../notices/notices.ts';
import { AROHA, BEN, CAT, codeOf, must, NOW, OFFICER, person, recordLife, SECOND_OFFICER } from '../testing.ts';
import { ALONE } from '../nodes/shared.ts';
import { gate, look, useVault } from '../testing-rig.ts';
import type { VaultChange, VaultJournal } from '../vault-journal.ts';
import { judge, type Why } from '../viewing/deciding.ts';
import { unsealingReplayer } from './replay.ts';
import { ASKED_LIFE_MS, Unsealings } from './unsealings.ts';

const rig = useVault();
const [ASKS, APPROVES] = [SECOND_OFFICER, 'per-dan'];
const unsealings = () => rig.at.vault.people.unsealings;

async function seal(...records: readonly string[]): Promise<void> {
  const desk = rig.at.vault.desk();
  for (const record of records) {
    const draft = { subject: AROHA, category: null, record, basis: 'claim 12/27', clause: 'High Court Rules 8.3' };
    must(await desk.holds.ask(draft, OFFICER));
  }
  const because = { by: OFFICER, code: 'officer', reason: 'asked by letter' } as const;
  expect(must(await desk.erasing.erase({ subject: AROHA, records: [...records], ...because })).sealed).toBe(
    records.length,
  );
}
const sealed = async (): Promise<string> => {
  const record = await rig.put();
  await seal(record);
  return record;
};
const draftOf = (record: string, change: Partial<UnsealingDraft> = {}): UnsealingDraft => ({
  ...{ subject: AROHA, records: [record], reader: BEN, reason: 'claim 12/27', clause: 'High Court Rules 8.3' },
  ...{ reference: 'CIV-2027-404-12', days: 2, quiet: false },
  ...change,
});
const asked = async (record: string, change: Partial<UnsealingDraft> = {}): Promise<Unsealing> =>
  must(await unsealings().ask(draftOf(record, change), ASKS));
const opened = async (record: string, change: Partial<UnsealingDraft> = {}): Promise<Unsealing> =>
  must(await unsealings().approve((await asked(record, change)).id, APPROVES));
const ended = (one: Unsealing): Unsealing => ({ ...one, state: 'ended', ended: { at: NOW, by: ASKS } });
const VIEW = { right: 'view', purpose: 'HOPERAT' } as const;
const seen = async (record: string, change: Parameters<typeof look>[1] = {}): Promise<string> =>
  codeOf(await rig.at.vault.view(look(record, { ...VIEW, ...change })));
const told = async () =>
  (await noticesOf(rig.sql, AROHA, rig.at.clock.now)).filter(({ kind }) => kind === 'opened').map(({ about }) => about);
const looks = async () => (await rig.at.vault.looks.list(AROHA, {})).map(({ what, by }) => `${what} ${by}`);

describe('a sealed record', () => {
  it('is looked at by whom two officers opened it for, until then, and by nobody else; the person is told at once', async () => {
    const [record, other] = [await sealed(), await sealed()];
    expect(await seen(record)).toBe('RECORD_NOT_SEEN');
    const { id } = await asked(record);
    expect(await seen(record)).toBe('RECORD_NOT_SEEN');
    const open = must(await unsealings().approve(id, APPROVES));
    expect(open).toMatchObject({ state: 'open', until: NOW + 2 * DAY_MS, order: null, hiddenUntil: null });
    expect(await seen(record)).toBe('done');
    expect(await told()).toEqual([
      { unsealing: id, by: BEN, reference: 'CIV-2027-404-12', clause: 'High Court Rules 8.3', until: open.until },
    ]);
    expect((await looks()).slice(0, 2)).toEqual([`viewed ${BEN}`, `unsealed ${APPROVES}`]);
    const [fact] = rig.at.ledger.of('unsealing.opened');
    expect(fact).toMatchObject({ actor: APPROVES, data: { unsealing: id, reader: BEN, asked: { by: ASKS } } });
    const others = [
      { principal: person(CAT) },
      { principal: person(AROHA) },
      { principal: person(BEN, 'link') },
    ] as const;
    for (const change of [...others, { right: 'text' as const }, { purpose: 'TREAT' as const }])
      expect(await seen(record, change)).toBe('RECORD_NOT_SEEN');
    expect(await seen(other)).toBe('RECORD_NOT_SEEN');
    await rig.restart();
    expect([await seen(record), unsealings().of(BEN).length]).toEqual(['done', 1]);
    rig.at.clock.now = open.until! - 1;
    expect(await seen(record)).toBe('done');
    rig.at.clock.now = open.until!;
    expect(await seen(record)).toBe('RECORD_NOT_SEEN');
    await rig.at.vault.tick();
    expect([unsealings().list(), (await rig.outbox()).filter(({ type }) => type === 'unsealing.ended').length]).toEqual(
      [[], 1],
    );
  });

  it('is dark again from the moment somebody ends it, after a restart too', async () => {
    const record = await sealed();
    const { id } = await opened(record);
    const view = must(await rig.at.vault.view(look(record, VIEW)));
    expect(must(await unsealings().end(id, ASKS)).ended).toEqual({ at: NOW, by: ASKS });
    expect(view.held.against()).toBe('unsealing-over');
    await rig.restart();
    expect(await seen(record)).toBe('RECORD_NOT_SEEN');
    expect(codeOf(await unsealings().approve(id, APPROVES))).toBe('UNSEALING_UNKNOWN');
  });

  it('is not opened where the ledger does not take it', async () => {
    const record = await sealed();
    const { id } = await asked(record);
    rig.at.ledger.isFull = true;
    await expect(unsealings().approve(id, APPROVES)).rejects.toThrow('ENOSPC');
    rig.at.ledger.isFull = false;
    expect([await seen(record), unsealings().list()[0]!.state]).toEqual(['RECORD_NOT_SEEN', 'asked']);
  });

  it.each<[string, (one: Unsealing) => void | Promise<unknown>]>([
    ['here', ({ id }) => unsealings().end(id, ASKS)],
    ['at another node', (one) => unsealings().learn({ unsealing: ended(one), at: NOW })],
  ])('is not opened by an approval that is ended %s while it is written', async (_, end) => {
    const record = await sealed();
    const one = await asked(record);
    const disk = gate();
    rig.at.ledger.disk = disk.pass;
    const approving = unsealings().approve(one.id, APPROVES);
    await disk.isReached;
    await end(one);
    disk.open();
    expect(codeOf(await approving)).toBe('UNSEALING_NOT_SO');
    for (const restart of [false, true]) {
      if (restart) await rig.restart();
      expect([await seen(record), unsealings().list(), await told()]).toEqual(['RECORD_NOT_SEEN', [], []]);
    }
  });

  it('is opened by nobody who has part in it, and nothing else is', async () => {
    const [record, inUse] = [await sealed(), await rig.put()];
    const ask = async (by: string, change: Partial<UnsealingDraft> = {}) =>
      codeOf(await unsealings().ask(draftOf(record, change), by));
    for (const by of [AROHA, OFFICER]) expect(await ask(by)).toBe('UNSEALING_PARTY');
    expect(await ask(ASKS, { records: [inUse] })).toBe('RECORD_NOT_SEALED');
    expect(await ask(ASKS, { subject: BEN })).toBe('RECORD_UNKNOWN');
    expect(await ask(ASKS, { reader: 'per-nobody' })).toBe('PERSON_UNKNOWN');
    expect(await ask(ASKS, { quiet: true })).toBe('ORDER_WANTED');
    const { id } = await asked(record);
    const approve = async (by: string) => codeOf(await unsealings().approve(id, by));
    expect(await approve(ASKS)).toBe('SECOND_OFFICER');
    for (const by of [AROHA, OFFICER, BEN]) expect(await approve(by)).toBe('UNSEALING_PARTY');
    rig.at.clock.now += ASKED_LIFE_MS;
    expect(await approve(APPROVES)).toBe('UNSEALING_NOT_SO');
    await rig.at.vault.tick();
    expect(await approve(APPROVES)).toBe('UNSEALING_UNKNOWN');
    expect((await rig.outbox()).map(({ type }) => type)).toContain('unsealing.lapsed');
    expect(await told()).toEqual([]);
  });

  it('stays destroyed, blind and in dispute: an opening lifts the seal alone', async () => {
    const record = await sealed();
    await opened(record);
    const head = { id: record, subject: AROHA, category: 'blood-tests', isDestroyed: false };
    const basis = {
      by: 'unsealing',
      lifts: 'sealed',
      data: {},
      count: () => Promise.resolve(true),
      against: () => null,
    } as const;
    const judged = (why: Why) =>
      judge(
        { may: () => ({ ok: true, value: undefined }), grounds: [() => basis], bars: [() => why] },
        look(record),
        head,
      ).may;
    expect(judged('sealed')).toBe(true);
    for (const why of ['destroyed', 'blind', 'disputed', 'restricted', 'closed'] as const)
      expect(judged(why)).toBe(false);
    for (const hold of rig.at.vault.desk().holds.list()) {
      must(await rig.at.vault.desk().holds.set(hold.id, ASKS));
      for (const by of [OFFICER, ASKS]) must(await rig.at.vault.desk().holds.lift(hold.id, { by, basis: 'settled' }));
    }
    await rig.at.vault.desk().tend();
    expect(await seen(record)).toBe('RECORD_NOT_SEEN');
    expect((await rig.at.vault.records(AROHA)).every(({ destroyed }) => destroyed !== null)).toBe(true);
  });
});

describe('among several nodes', () => {
  /** What one tells the others that starts over this journal. */
  const retoldFrom = async (unsealing: Unsealing): Promise<readonly VaultChange[]> => {
    const retold: VaultChange[] = [];
    const change = { sequence: 1, do: 'unsealing', subject: AROHA, unsealing, at: NOW } as const;
    const node = new Unsealings({
      ...{ sql: rig.sql, clock: () => NOW as Millis, ledger: rig.at.ledger, isPerson: () => true },
      ...{ lives: rig.at.vault.people.lives, seals: rig.at.vault.desk().lives },
      journal: { entries: [change] } as unknown as VaultJournal,
      saver: createSaver(rig.sql, silentLog),
      sharing: { ...ALONE, retell: (changes) => Promise.resolve(void retold.push(...changes)) },
    });
    await node.open();
    return retold;
  };

  it('one that starts tells of no opening again that another has ended', async () => {
    const open = await opened(await sealed());
    await rig.outbox();
    expect(await retoldFrom(open)).toEqual([]);
    must(await unsealings().end(open.id, ASKS));
    await rig.outbox();
    expect(await retoldFrom(open)).toEqual([]);
    expect(await retoldFrom(ended(open))).toMatchObject([{ unsealing: { state: 'ended' } }]);
  });

  it('one that starts tells of what SQL had not', async () => {
    const open = await opened(await sealed());
    await rig.outbox();
    await raw`delete from vault.unsealing`.execute(rig.sql.for());
    expect(await retoldFrom(open)).toMatchObject([{ unsealing: { state: 'open' } }]);
  });

  it('an opening that is heard of after its end is not in force', async () => {
    const record = await sealed();
    const open = await opened(record);
    unsealings().learn({ unsealing: ended(open), at: NOW });
    unsealings().learn({ unsealing: open, at: NOW });
    expect([await seen(record), unsealings().list()]).toEqual(['RECORD_NOT_SEEN', []]);
  });
});

describe('under an order', () => {
  const order = (until: number) => recordLife(rig.at.vault, { do: 'hush', until, clause: 'nz-ipp-11' });

  it('the person reads nothing of it until the order ends, and then all of it; a later order keeps it no longer', async () => {
    const [record, plain] = [await sealed(), await sealed()];
    const until = NOW + 20 * DAY_MS;
    await order(until);
    const before = await looks();
    const { id, ...quiet } = await opened(record, { quiet: true });
    expect([quiet.hiddenUntil, quiet.order]).toEqual([until, expect.stringMatching(/^rec-/)]);
    expect(await seen(record)).toBe('done');
    expect(await seen(record, { right: 'text' })).toBe('RECORD_NOT_SEEN');
    must(await unsealings().end(id, ASKS));
    expect(rig.at.ledger.of('unsealing.opened')).toHaveLength(1);
    const proved = async (): Promise<number> => {
      const pack = must(await rig.at.vault.looks.prove(AROHA, '2027-W02', AROHA));
      return pack === null ? 0 : (JSON.parse(Buffer.from(pack).toString()) as { entries: [] }).entries.length;
    };
    const entries = await proved();
    for (const restart of [false, true]) {
      if (restart) await rig.restart();
      expect([await looks(), await told()]).toEqual([before, []]);
    }
    // Where the order is not asked for, it keeps nothing.
    await opened(plain);
    expect(await told()).toHaveLength(1);
    expect((await looks())[0]).toBe(`unsealed ${APPROVES}`);
    rig.at.clock.now = until - DAY_MS;
    await order(until + 20 * DAY_MS);
    expect(await told()).toHaveLength(1);
    rig.at.clock.now = until;
    expect(await told()).toHaveLength(2);
    expect(await looks()).toEqual(expect.arrayContaining([`viewed ${BEN}`, `refused ${BEN}`]));
    expect(await proved()).toBe(entries + 4);
    await rig.at.vault.tick();
    expect(unsealings().list()).toEqual([]);
  });
});

describe('put back from a backup', () => {
  const replay = async () => {
    const replayer = unsealingReplayer(rig.sql);
    const facts = [...rig.at.ledger.facts, ...(await rig.outbox())] as { type: string }[];
    for (const [entry, body] of facts.entries())
      if ((replayer.types as readonly string[]).includes(body.type))
        replayer.take({ entry, body: { at: NOW, ...body } as never });
    return replayer.apply();
  };
  const states = async () =>
    (await raw<{ state: string }>`select state from vault.unsealing`.execute(rig.sql.for())).rows.map(
      ({ state }) => state,
    );
  const set = (text: string) => raw.raw(text).execute(rig.sql.for());

  it('what ended stays ended, what runs goes on, and what SQL forgot is told again and opened by nobody', async () => {
    const record = await sealed();
    const { id } = await opened(record, { days: 7 });
    await rig.outbox();
    expect([await replay(), await states()]).toEqual([0, ['open']]);
    await set(`update vault.unsealing set state = 'asked', approved_at = null, approved_by = null, until_at = null`);
    expect([await replay(), await states(), (await told()).length]).toEqual([1, ['ended'], 2]);
    await set('delete from vault.unsealing');
    expect([await replay(), await states(), (await told()).length]).toEqual([1, ['ended'], 3]);
    await set(`update vault.unsealing set state = 'open', ended_at = null, ended_by = null`);
    must(await unsealings().end(id, ASKS));
    await rig.outbox();
    await set(`update vault.unsealing set state = 'open', ended_at = null, ended_by = null`);
    expect([await replay(), await states(), (await told()).length]).toEqual([1, ['ended'], 3]);
  });
});
