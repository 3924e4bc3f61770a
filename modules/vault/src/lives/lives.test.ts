/** Whoever acts for somebody sees and decides for them exactly as long as they do, and the person hears of it. */
import { describe, expect, it } from 'vitest';
import type { NoticeKind } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import {
  AROHA,
  asChild,
  BEN,
  codeOf,
  consentTo,
  DAD,
  MUM,
  must,
  NOW,
  OFFICER,
  person,
  recordLife,
  recordOf,
  SECOND_OFFICER,
  TEXT,
} from '../testing.ts';
import { deaf, useVault } from '../testing-rig.ts';
import { noticesOf } from '../notices/notices.ts';

const rig = useVault();
/** Midnight of 4 April 2027 in Auckland, still summer time. */
const SIXTEEN = Date.UTC(2027, 3, 3, 11);
const asMum = { principal: person(MUM), purpose: 'FAMRQT' } as const;
const whys = (): unknown[] => rig.at.ledger.of('record.refused').map(({ data }) => data['why']);
const told = async (): Promise<NoticeKind[]> =>
  (await noticesOf(rig.sql, AROHA, rig.at.clock.now)).map(({ kind }) => kind).sort();
const lives = () => rig.at.vault.people.lives;

describe('a guardian', () => {
  it('sees what is held about their child, for that purpose alone, until the child is sixteen', async () => {
    const record = await rig.put();
    await asChild(rig.at.vault);
    expect(await rig.seen(record, asMum)).toBe(TEXT);
    expect(await rig.seen(record, { ...asMum, purpose: 'TREAT' })).toBe('RECORD_NOT_SEEN');
    expect(await rig.seen(record, { ...asMum, principal: person(DAD) })).toBe('RECORD_NOT_SEEN');
    expect(await rig.seen(record, { ...asMum, principal: person(MUM, 'link') })).toBe('RECORD_NOT_SEEN');
    rig.at.clock.now = SIXTEEN - 1;
    expect(await rig.seen(record, asMum)).toBe(TEXT);
    rig.at.clock.now = SIXTEEN;
    expect(await rig.seen(record, asMum)).toBe('RECORD_NOT_SEEN');
    expect(whys()).toEqual(['another-purpose', 'no-consent', 'policy', 'standing-out-of-phase']);
    const [viewed] = rig.at.ledger.of('record.viewed');
    expect(viewed?.data['standing']).toMatch(/^sta-/);
  });

  it('lets a doctor see; as the child turns sixteen that sleeps until they make it their own', async () => {
    const record = await rig.put();
    await asChild(rig.at.vault);
    const consent = must(await rig.at.vault.give(consentTo(BEN, { until: NOW + 200 * DAY_MS }), MUM)).id;
    rig.at.clock.now = SIXTEEN - 1;
    expect(await rig.seen(record)).toBe(TEXT);
    rig.at.clock.now = SIXTEEN;
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
    expect(whys()).toEqual(['not-confirmed']);
    rig.at.clock.now = SIXTEEN + 5_000;
    await rig.at.vault.tick();
    await rig.at.vault.tick();
    const [notice] = (await noticesOf(rig.sql, AROHA, rig.at.clock.now)).filter(
      ({ kind }) => kind === 'turned-sixteen',
    );
    expect(notice).toMatchObject({ at: SIXTEEN, about: { consents: [consent] } });
    expect((await rig.outbox()).filter(({ type }) => type === 'life.turned-sixteen')).toHaveLength(1);
    expect((await lives().shown(AROHA)).asleep).toEqual([consent]);
    expect(codeOf(await lives().wish(AROHA, { do: 'confirm', consent }, MUM))).toBe('WISHES_OF_ANOTHER');
    must(await lives().wish(AROHA, { do: 'confirm', consent }, AROHA));
    expect(await rig.seen(record)).toBe(TEXT);
    await rig.restart();
    await rig.at.vault.tick();
    expect([await rig.seen(record), (await told()).filter((kind) => kind === 'turned-sixteen')]).toEqual([
      TEXT,
      ['turned-sixteen'],
    ]);
  });

  it('who loses custody is out at once, with what they allowed, after a kill too; the child hears of it', async () => {
    const record = await rig.put();
    const { standings } = await asChild(rig.at.vault, [MUM, DAD]);
    const consent = must(await rig.at.vault.give(consentTo(BEN), MUM)).id;
    await rig.restartOver(deaf(rig.sql));
    // SQL hears nothing of it; the journal does.
    const ended = { do: 'end', standing: standings[0]!.id, why: 'custody-lost' } as const;
    must(await lives().change(AROHA, ended, OFFICER));
    expect([await rig.seen(record, asMum), await rig.seen(record)]).toEqual(['RECORD_NOT_SEEN', 'RECORD_NOT_SEEN']);
    await rig.restart();
    expect([await rig.seen(record, asMum), await rig.seen(record)]).toEqual(['RECORD_NOT_SEEN', 'RECORD_NOT_SEEN']);
    expect(await rig.seen(record, { ...asMum, principal: person(DAD) })).toBe(TEXT);
    expect(await told()).toEqual(expect.arrayContaining(['consents-asleep', 'life-changed', 'represented']));
    expect((await lives().shown(AROHA)).asleep).toEqual([consent]);
  });

  it('at odds with another does nothing for the child, nor does the other, until it is settled', async () => {
    const record = await rig.put();
    await asChild(rig.at.vault, [MUM, DAD]);
    const about = async () => {
      const found = rig.at.vault.routes.find(({ endpoint }) => endpoint.name === 'listConsents')!;
      const caller = { principal: person(MUM) } as never;
      return (await found.resource({ params: {}, query: { subject: AROHA }, body: undefined }, caller)).attributes[
        'representedBy'
      ];
    };
    expect(await about()).toEqual([MUM, DAD]);
    must(await lives().change(AROHA, { do: 'dispute' }, OFFICER));
    expect(await about()).toEqual([]);
    for (const principal of [person(MUM), person(DAD)])
      expect(await rig.seen(record, { ...asMum, principal })).toBe('RECORD_NOT_SEEN');
    expect(whys()).toEqual(['disputed', 'disputed']);
    await recordLife(rig.at.vault, { do: 'settle' });
    expect(await rig.seen(record, asMum)).toBe(TEXT);
  });

  it('does not see what the child keeps to themself, nor lets anybody else see it', async () => {
    const record = await rig.put({ category: 'sexual-health' });
    await asChild(rig.at.vault);
    expect(await rig.seen(record, asMum)).toBe(TEXT);
    must(await lives().wish(AROHA, { do: 'wishes', keep: ['sexual-health'], exclude: [] }, AROHA));
    must(await rig.at.vault.give(consentTo(BEN, { scope: { of: 'categories', categories: ['sexual-health'] } }), MUM));
    expect([await rig.seen(record, asMum), await rig.seen(record)]).toEqual(['RECORD_NOT_SEEN', 'RECORD_NOT_SEEN']);
    must(await lives().wish(AROHA, { do: 'wishes', keep: [], exclude: [] }, AROHA));
    must(await lives().change(AROHA, { do: 'keep', category: 'sexual-health' }, OFFICER));
    must(await lives().wish(AROHA, { do: 'wishes', keep: [], exclude: [] }, AROHA));
    expect(await rig.seen(record, asMum)).toBe('RECORD_NOT_SEEN');
    expect((await lives().shown(AROHA)).kept).toEqual([{ category: 'sexual-health', because: 'interest' }]);
    expect(await rig.seen(record, { principal: person(AROHA) })).toBe(TEXT);
  });
});

describe('what is listed to a guardian', () => {
  it('leaves out what the child keeps to themself, and whom they let see it', async () => {
    const [open, kept] = [await rig.put(), await rig.put({ category: 'sexual-health' })];
    await asChild(rig.at.vault);
    const secret = consentTo(BEN, { scope: { of: 'categories', categories: ['sexual-health'] } });
    const shared = must(await rig.at.vault.give(consentTo(BEN), AROHA)).id;
    must(await rig.at.vault.give(secret, AROHA));
    must(await rig.at.vault.give(consentTo(BEN, { scope: { of: 'records', records: [kept] } }), AROHA));
    must(await lives().wish(AROHA, { do: 'wishes', keep: ['sexual-health'], exclude: ['sexual-health'] }, AROHA));
    await rig.seen(kept);
    await rig.seen(open);
    const listed = async (name: string, who: string): Promise<string> => {
      const route = rig.at.vault.routes.find(({ endpoint }) => endpoint.name === name)!;
      const input = { params: {}, query: { subject: AROHA, week: 0 }, body: undefined };
      const answer = await route.handle(input as never, { principal: person(who) } as never);
      return answer.ok ? JSON.stringify(answer.value) : answer.error.code;
    };
    for (const name of ['listRecords', 'listConsents', 'listLooks', 'listNotices', 'getLife']) {
      const [own, hers] = [await listed(name, AROHA), await listed(name, MUM)];
      for (const telling of [kept, 'sexual-health']) expect([name, hers.includes(telling)]).toEqual([name, false]);
      if (name !== 'getLife' && name !== 'listNotices')
        expect([name, own.includes(kept) || own.includes('sexual-health')]).toEqual([name, true]);
    }
    expect([await listed('listRecords', MUM), await listed('listConsents', MUM)]).toEqual([
      expect.stringContaining(open),
      expect.stringContaining(shared),
    ]);
    for (const name of ['looksOfWeek', 'proveLooks'])
      expect([name, await listed(name, MUM)]).toEqual([name, 'NOT_FOR_REPRESENTATIVES']);
  });
});

describe('somebody who died', () => {
  it('is nobody who signs in; only the executor sees, less what was kept', async () => {
    const [record, kept] = [await rig.put(), await rig.put({ category: 'notes' })];
    must(await lives().wish(AROHA, { do: 'wishes', keep: ['notes'], exclude: [] }, AROHA));
    await rig.give();
    expect([await rig.seen(record), await rig.seen(record, { principal: person(AROHA) })]).toEqual([TEXT, TEXT]);
    rig.at.clock.now = NOW + 1_000;
    await recordLife(rig.at.vault, { do: 'died' });
    await recordLife(rig.at.vault, { do: 'appoint', person: DAD, as: 'executor', until: null });
    const executor = { ...asMum, principal: person(DAD) };
    expect([await rig.seen(record), await rig.seen(record, { principal: person(AROHA) })]).toEqual([
      'RECORD_NOT_SEEN',
      'RECORD_NOT_SEEN',
    ]);
    expect([await rig.seen(record, executor), await rig.seen(kept, executor)]).toEqual([TEXT, 'RECORD_NOT_SEEN']);
    expect(codeOf(await lives().wish(AROHA, { do: 'wishes', keep: [], exclude: [] }, AROHA))).toBe('WISHES_OF_ANOTHER');
    must(await lives().change(AROHA, { do: 'dispute' }, OFFICER));
    expect(await rig.seen(record, executor)).toBe('RECORD_NOT_SEEN');
  });
});

describe('somebody who cannot decide any more', () => {
  it('has a named representative for that time, and decides anew afterwards', async () => {
    const record = await rig.put();
    await recordLife(rig.at.vault, { do: 'appoint', person: DAD, as: 'attorney', until: null });
    const attorney = { ...asMum, principal: person(DAD) };
    expect(await rig.seen(record, attorney)).toBe('RECORD_NOT_SEEN');
    await recordLife(rig.at.vault, { do: 'incapable' });
    expect(await rig.seen(record, attorney)).toBe(TEXT);
    must(await rig.at.vault.give(consentTo(BEN), DAD));
    expect(await rig.seen(record)).toBe(TEXT);
    rig.at.clock.now = NOW + 1_000;
    await recordLife(rig.at.vault, { do: 'capable' });
    expect([await rig.seen(record, attorney), await rig.seen(record)]).toEqual(['RECORD_NOT_SEEN', 'RECORD_NOT_SEEN']);
  });
});

describe('what is recorded of a life', () => {
  const minor = { do: 'minor', born: '2015-03-01' } as const;
  const paper = async (subject = AROHA): Promise<string> =>
    must(await rig.at.vault.put(recordOf('paper', { subject, category: 'papers' }), OFFICER)).record;

  it('counts once a second officer confirms it, with a document of that person', async () => {
    const document = await paper();
    const { id } = must(await lives().propose(AROHA, { change: minor, document }, OFFICER));
    expect((await lives().shown(AROHA)).sixteenAt).toBeNull();
    expect(codeOf(await lives().confirm(id, OFFICER))).toBe('SECOND_OFFICER_WANTED');
    expect(codeOf(await lives().confirm('lip-none', SECOND_OFFICER))).toBe('PROPOSAL_UNKNOWN');
    const both = await Promise.all([1, 2].map(() => lives().confirm(id, SECOND_OFFICER)));
    expect(both.map(codeOf).sort()).toEqual(['PROPOSAL_UNKNOWN', 'done']);
    expect(await lives().proposals()).toEqual([]);
  });
  it.each<[string, (document: string) => Parameters<ReturnType<typeof lives>['propose']>]>([
    ['DOCUMENT_UNKNOWN', () => [AROHA, { change: minor, document: 'rec-nothing' }, OFFICER]],
    ['DOCUMENT_UNKNOWN', (document) => ['per-cat', { change: minor, document }, OFFICER]],
    ['LIFE_OF_ONESELF', (document) => [AROHA, { change: minor, document }, AROHA]],
    [
      'LIFE_OF_ONESELF',
      (document) => [
        AROHA,
        { change: { do: 'appoint', person: OFFICER, as: 'attorney', until: null }, document },
        OFFICER,
      ],
    ],
    [
      'PERSON_UNKNOWN',
      (document) => [
        AROHA,
        { change: { do: 'appoint', person: 'per-x', as: 'attorney', until: null }, document },
        OFFICER,
      ],
    ],
  ])('is refused with %s', async (code, asked) => {
    expect(codeOf(await lives().propose(...asked(await paper())))).toBe(code);
    expect(await lives().proposals()).toEqual([]);
  });
  it('waits no longer than a fortnight', async () => {
    const { id } = must(await lives().propose(AROHA, { change: minor, document: await paper() }, OFFICER));
    rig.at.clock.now = NOW + 14 * DAY_MS;
    expect([await lives().proposals(), codeOf(await lives().confirm(id, SECOND_OFFICER))]).toEqual([
      [],
      'PROPOSAL_UNKNOWN',
    ]);
  });
  it('leaves to emergencies what the law says they need', async () => {
    const wishes = { do: 'wishes', keep: [], exclude: ['notes', 'allergies'] } as const;
    expect(codeOf(await lives().wish(AROHA, wishes, AROHA))).toBe('NEEDED_TO_LIVE');
    expect((await lives().shown(AROHA)).excluded).toEqual([]);
  });
  it('lets no notice wait by a clause that does not let it', async () => {
    const hush = { do: 'hush', until: NOW + DAY_MS, clause: 'nz-ipp-6' } as const;
    expect(codeOf(await lives().propose(AROHA, { change: hush, document: await paper() }, OFFICER))).toBe(
      'CLAUSE_LETS_NOTHING_WAIT',
    );
  });
  it('is not ended by one of whom it is', async () => {
    const { standings } = await asChild(rig.at.vault, [MUM, SECOND_OFFICER].slice(0, 1));
    const change = { do: 'end', standing: standings[0]!.id, why: 'resigned' } as const;
    expect(codeOf(await lives().change(AROHA, change, MUM))).toBe('LIFE_OF_ONESELF');
  });
});
