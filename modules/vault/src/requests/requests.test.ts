/** A request by law has its clock, is reminded of, shows that it is late, and is answered with a reason that the law knows. */
import { describe, expect, it } from 'vitest';
import type { RequestDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { noticesOf } from '../notices/notices.ts';
import {
  AROHA,
  asChild,
  BEN,
  CAT,
  codeOf,
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
import { useVault } from '../testing-rig.ts';

const rig = useVault();
/** NOW is midnight UTC of 15 January 2027, in the afternoon of Auckland's: twenty working days end with 15 February. */
const DUE = Date.UTC(2027, 1, 15, 11);
const DRAFT: RequestDraft = { subject: AROHA, kind: 'access', regime: 'nz', words: 'Everything, 4711-canary' };
const requests = () => rig.at.vault.people.requests;
const made = async (change: Partial<RequestDraft> = {}, by = AROHA) =>
  must(await requests().make({ ...DRAFT, ...change }, by));
const told = async () => (await noticesOf(rig.sql, AROHA, rig.at.clock.now)).map(({ kind }) => kind).sort();
const granted = { outcome: 'granted', clauses: [], words: 'It is all in the export.' } as const;

describe('a request', () => {
  it('is due at the end of the twentieth working day, or of the month', async () => {
    expect((await made()).due).toBe(DUE);
    expect((await made({ kind: 'correction' })).clause).toBe('nz-pa-63');
    const eu = await made({ regime: 'eu', kind: 'erasure' });
    expect([eu.clause, eu.due]).toEqual(['eu-gdpr-12-3', Date.UTC(2027, 1, 15, 11)]);
    expect(await told()).toEqual(['request-received', 'request-received', 'request-received']);
  });

  it('is reminded of once, shows that it is late, and tells the person so once', async () => {
    const { id } = await made();
    const facts = async () =>
      (await rig.outbox()).map(({ type }) => type).filter((type) => /reminded|overdue/.test(type));
    rig.at.clock.now = DUE - 12 * DAY_MS;
    await rig.at.vault.tick();
    expect(await facts()).toEqual([]);
    rig.at.clock.now = DUE - 6 * DAY_MS;
    for (let i = 0; i < 2; i++) await rig.at.vault.tick();
    expect(await facts()).toEqual(['request.reminded']);
    rig.at.clock.now = DUE - 1;
    expect((await requests().of(AROHA))[0]?.isOverdue).toBe(false);
    rig.at.clock.now = DUE;
    for (let i = 0; i < 2; i++) await rig.at.vault.tick();
    expect((await requests().waiting()).map((one) => [one.id, one.isOverdue])).toEqual([[id, true]]);
    expect(await facts()).toEqual(['request.reminded', 'request.overdue']);
    must(await requests().answer(id, granted, OFFICER));
    expect((await requests().of(AROHA))[0]).toMatchObject({ state: 'answered', isOverdue: true });
    expect(await told()).toEqual(['request-answered', 'request-overdue', 'request-received']);
  });

  it('is answered once, by an officer who has no part in it, and read by them until then alone', async () => {
    const { id, paper } = await made();
    const asOfficer = async () =>
      rig.at.vault.view({
        record: paper,
        right: 'text',
        purpose: 'HOPERAT',
        principal: person(OFFICER, 'passkey', ['officer']),
      });
    expect(must(await asOfficer()).content.toString()).toContain('4711-canary');
    await rig.restart();
    expect(codeOf(await asOfficer())).toBe('done');
    expect(codeOf(await requests().answer(id, granted, AROHA))).toBe('REQUEST_OF_ONESELF');
    const answered = must(await requests().answer(id, granted, OFFICER));
    expect(codeOf(await requests().answer(id, granted, SECOND_OFFICER))).toBe('REQUEST_OVER');
    expect(codeOf(await asOfficer())).toBe('RECORD_NOT_SEEN');
    const own = { record: answered.answer!.paper, right: 'text', purpose: 'PATRQT', principal: person(AROHA) } as const;
    expect(must(await rig.at.vault.view(own)).content.toString()).toContain('in the export');
    expect(JSON.stringify([rig.at.ledger.facts, await rig.outbox()])).not.toContain('4711');
  });

  it.each<[string, readonly string[]]>([
    ['ANSWER_NOT_VALID', []],
    ['ANSWER_NOT_VALID', ['nz-nothing']],
    ['ANSWER_NOT_VALID', ['nz-ipp-6']],
    ['ANSWER_NOT_VALID', ['eu-gdpr-15']],
    ['done', ['nz-pa-49', 'nz-pa-53']],
  ])('is refused only by clauses that let it be: %s with %o', async (code, clauses) => {
    const { id } = await made();
    expect(
      codeOf(await requests().answer(id, { outcome: 'refused', clauses, words: 'No.' + ' It is not ours.' }, OFFICER)),
    ).toBe(code);
  });
  it('to erase what the law asks to keep is refused by that law', async () => {
    const { id } = await made({ kind: 'erasure' });
    const refusal = { outcome: 'refused', clauses: ['nz-retention-6'], words: 'Kept for ten years.' } as const;
    expect(must(await requests().answer(id, refusal, OFFICER)).answer).toMatchObject({ clauses: ['nz-retention-6'] });
  });

  it.each<[string, { clause: string; until: number }, Partial<RequestDraft>]>([
    ['done', { clause: 'nz-pa-48', until: DUE + 30 * DAY_MS }, {}],
    ['EXTENSION_NOT_VALID', { clause: 'nz-pa-65', until: DUE + 30 * DAY_MS }, {}],
    ['EXTENSION_NOT_VALID', { clause: 'nz-pa-48', until: DUE }, {}],
    ['done', { clause: 'eu-gdpr-12-3', until: Date.UTC(2027, 3, 15, 12) }, { regime: 'eu' }],
    ['EXTENSION_NOT_VALID', { clause: 'eu-gdpr-12-3', until: Date.UTC(2027, 3, 15, 12) + 1 }, { regime: 'eu' }],
  ])('is given more time (%s) by %o', async (code, asked, draft) => {
    const { id } = await made(draft);
    expect(codeOf(await requests().extend(id, { ...asked, words: 'Much to look through.' }, OFFICER))).toBe(code);
    const [now] = await requests().of(AROHA);
    expect(now?.due).toBe(code === 'done' ? asked.until : DUE);
  });
  it('is given more time once, and not after its end', async () => {
    const more = (until: number) => ({ clause: 'nz-pa-48', until, words: 'Much to look through.' });
    const [first, late] = [await made(), await made()];
    must(await requests().extend(first.id, more(DUE + DAY_MS), OFFICER));
    expect(codeOf(await requests().extend(first.id, more(DUE + 2 * DAY_MS), OFFICER))).toBe('EXTENSION_NOT_VALID');
    rig.at.clock.now = DUE;
    expect(codeOf(await requests().extend(late.id, more(DUE + DAY_MS), OFFICER))).toBe('EXTENSION_NOT_VALID');
  });
  it('is taken back by whoever made it, and not answered then', async () => {
    const { id } = await made();
    expect(must(await requests().withdraw(id, AROHA)).state).toBe('withdrawn');
    expect(codeOf(await requests().answer(id, granted, OFFICER))).toBe('REQUEST_OVER');
  });
});

describe('whoever is written about by somebody else', () => {
  it('is told so, once a month for each source and sort, and not of what came from themself', async () => {
    const collected = async () =>
      (await noticesOf(rig.sql, AROHA, rig.at.clock.now)).filter(({ kind }) => kind === 'collected-indirectly');
    await rig.put();
    await rig.put();
    expect((await collected()).map(({ about, clauses }) => [about, clauses])).toEqual([
      [{ category: 'blood-tests', by: OFFICER }, ['nz-ipp-3a']],
    ]);
    await rig.put({ category: 'notes' });
    must(await rig.at.vault.put(recordOf(), AROHA));
    must(await rig.at.vault.put(recordOf(), BEN));
    expect(await collected()).toHaveLength(3);
    rig.at.clock.now = NOW + 30 * DAY_MS + 1;
    await rig.put();
    expect(await collected()).toHaveLength(4);
  });
  it('is told once of many records that come at once, each person of their own', async () => {
    const bulk = [AROHA, CAT, AROHA].map((subject) => recordOf(TEXT, { subject }));
    const records = must(await rig.at.vault.putMany(bulk, OFFICER));
    must(await rig.at.vault.putMany(bulk, OFFICER));
    const collectedOf = async (subject: string) =>
      (await noticesOf(rig.sql, subject, NOW)).map(({ kind, about }) => [kind, about['by']]);
    for (const subject of [AROHA, CAT]) expect(await collectedOf(subject)).toEqual([['collected-indirectly', OFFICER]]);
    await rig.give();
    for (const record of [records[0]!, records[2]!]) expect(await rig.seen(record)).toBe(TEXT);
    expect(await rig.seen(records[1]!)).not.toBe(TEXT);
  });
  it('is not told of what who acts for them brought, nor before the law was in force', async () => {
    await asChild(rig.at.vault);
    const before = (await told()).filter((kind) => kind === 'collected-indirectly').length;
    must(await rig.at.vault.put(recordOf('x', { category: 'notes' }), MUM));
    expect((await told()).filter((kind) => kind === 'collected-indirectly')).toHaveLength(before);
    rig.at.clock.now = Date.UTC(2026, 3, 30, 11, 59);
    await rig.put({ category: 'letters' });
    rig.at.clock.now = Date.UTC(2026, 3, 30, 12);
    await rig.put({ category: 'x-rays' });
    const sorts = (await noticesOf(rig.sql, AROHA, NOW)).map(({ about }) => about['category']);
    expect([sorts.includes('letters'), sorts.includes('x-rays')]).toEqual([false, true]);
  });
});

describe('who acts for somebody', () => {
  it('makes requests for them, and an executor does for somebody who died', async () => {
    await recordLife(rig.at.vault, { do: 'died' });
    await recordLife(rig.at.vault, { do: 'appoint', person: MUM, as: 'executor', until: null });
    const { id } = await made({}, MUM);
    expect(codeOf(await requests().answer(id, granted, MUM))).toBe('REQUEST_OF_ONESELF');
    must(await requests().answer(id, granted, OFFICER));
  });
});
