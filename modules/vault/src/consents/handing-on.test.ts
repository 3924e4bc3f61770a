/** Consents to a role, and consents that are handed on: who has them, how far they go, and that they end with what they come from. */
import { describe, expect, it } from 'vitest';
import type { HandOnDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { AROHA, BEN, CAT, codeOf, consentTo, HARBOUR, must, NORTH, NOW, OFFICER, person } from '../testing.ts';
import { deaf, look, useVault } from '../testing-rig.ts';

const rig = useVault();
const DOCTOR = { organisation: HARBOUR, role: 'doctor' } as const;
const NURSE = { organisation: HARBOUR, role: 'nurse' } as const;
const DAN = 'per-dan';
const toRole = { ...consentTo(BEN, { ...DOCTOR, refrains: [] }), person: undefined } as unknown as ReturnType<
  typeof consentTo
>;
const works = (who: string, ...posts: { organisation: string; role: 'doctor' | 'nurse' }[]): void =>
  void rig.at.posts.set(who, posts);
const seenBy = (record: string, who: string) => rig.seen(record, { principal: person(who) });
const draft = (change: Partial<HandOnDraft> = {}): HandOnDraft => ({
  ...{ person: CAT, scope: { of: 'categories', categories: ['blood-tests'] }, rights: ['text'] },
  ...{ from: NOW, until: NOW + DAY_MS, uses: null, refrains: [], depth: 0 },
  ...change,
});
const give = async (change = {}): Promise<string> =>
  must(await rig.at.vault.give(consentTo(BEN, { ...DOCTOR, depth: 2, refrains: [], ...change }), AROHA)).id;
const handOn = async (id: string, by: string, change: Partial<HandOnDraft> = {}): Promise<string> =>
  must(await rig.at.vault.grants.handOn(id, draft(change), by)).id;

describe('a consent to a role at an organisation', () => {
  it('is of whoever holds it there at the moment they look, and of nobody else', async () => {
    const record = await rig.put();
    must(await rig.at.vault.give(toRole, AROHA));
    expect(await seenBy(record, BEN)).toBe('RECORD_NOT_SEEN');
    works(BEN, DOCTOR);
    expect(await seenBy(record, BEN)).toContain('canary');
    works(CAT, NURSE, { organisation: NORTH, role: 'doctor' });
    expect(await seenBy(record, CAT)).toBe('RECORD_NOT_SEEN');
    works(CAT, DOCTOR);
    works(BEN);
    expect([await seenBy(record, CAT), await seenBy(record, BEN)]).toEqual([
      expect.stringContaining('canary'),
      'RECORD_NOT_SEEN',
    ]);
    expect(await rig.at.vault.grants.to(CAT)).toMatchObject([{ subject: AROHA, person: null, ...DOCTOR }]);
    expect(await rig.at.vault.grants.to(BEN)).toEqual([]);
  });

  it('is not handed out to who lost the role while the record was opened', async () => {
    const record = await rig.put();
    must(await rig.at.vault.give(toRole, AROHA));
    works(BEN, DOCTOR);
    rig.at.ledger.disk = () => Promise.resolve(works(BEN));
    expect(await seenBy(record, BEN)).toBe('RECORD_NOT_SEEN');
  });

  it('is found again after a restart', async () => {
    const record = await rig.put();
    must(await rig.at.vault.give(toRole, AROHA));
    works(BEN, DOCTOR);
    await rig.restart();
    expect(await seenBy(record, BEN)).toContain('canary');
  });

  it('is given by nobody on behalf who would have it themself, and to no organisation that is not there', async () => {
    works(OFFICER, DOCTOR);
    expect(codeOf(await rig.at.vault.give(toRole, OFFICER))).toBe('CONSENT_TO_ONESELF');
    expect(codeOf(await rig.at.vault.give({ ...toRole, organisation: 'no-clinic' }, AROHA))).toBe('PARTY_UNKNOWN');
  });
});

describe('a consent that is handed on', () => {
  it('lets the other see, is on record as such, and can be handed on one step less far', async () => {
    const record = await rig.put();
    works(BEN, DOCTOR);
    works(CAT, NURSE);
    works(DAN, NURSE);
    const given = await give();
    const second = await handOn(given, BEN, { depth: 1 });
    const third = await handOn(second, CAT, { person: DAN });
    expect([await seenBy(record, CAT), await seenBy(record, DAN)]).toEqual(
      Array(2).fill(expect.stringContaining('canary')),
    );
    expect(codeOf(await rig.at.vault.grants.handOn(third, draft({ person: BEN }), DAN))).toBe('CONSENT_NOT_NARROWER');
    const facts = (await rig.outbox()).filter(({ type }) => type === 'consent.handed-on');
    expect(facts.map(({ actor, subject, data }) => ({ actor, subject, data }))).toMatchObject([
      { actor: BEN, subject: AROHA, data: { consent: second, parent: given, person: CAT } },
      { actor: CAT, subject: AROHA, data: { consent: third, parent: second, person: DAN } },
    ]);
    expect(await rig.at.vault.consents(AROHA)).toHaveLength(3);
  });

  it.each<[string, number]>([
    ['the first', 0],
    ['the second', 1],
  ])('ends with %s that it comes from, at once and after a restart', async (_which, which) => {
    const record = await rig.put();
    works(BEN, DOCTOR);
    works(CAT, NURSE);
    works(DAN, NURSE);
    const given = await give();
    const second = await handOn(given, BEN, { depth: 1 });
    const third = await handOn(second, CAT, { person: DAN });
    await rig.restartOver(deaf(rig.sql));
    const taking = rig.at.vault.takeBack([given, second][which]!, AROHA);
    expect(await seenBy(record, DAN)).toBe('RECORD_NOT_SEEN');
    must(await taking);
    await rig.restart();
    expect(await seenBy(record, DAN)).toBe('RECORD_NOT_SEEN');
    expect(await seenBy(record, CAT)).toBe('RECORD_NOT_SEEN');
    const states = (await rig.at.vault.consents(AROHA)).map(({ id, state }) => [id, state]);
    expect(Object.fromEntries(states)).toMatchObject({ [third]: 'taken-back', [second]: 'taken-back' });
    await rig.restart();
    expect(await seenBy(record, DAN)).toBe('RECORD_NOT_SEEN');
    expect(codeOf(await rig.at.vault.grants.handOn(third, draft(), DAN))).toBe('CONSENT_NOT_HELD');
  });

  it('ends with the post of who handed it on', async () => {
    const record = await rig.put();
    works(BEN, DOCTOR);
    works(CAT, NURSE);
    await handOn(await give(), BEN);
    expect(await seenBy(record, CAT)).toContain('canary');
    works(BEN, { organisation: NORTH, role: 'doctor' });
    expect(await seenBy(record, CAT)).toBe('RECORD_NOT_SEEN');
  });

  it('is counted against all that it comes from, together, and after a restart', async () => {
    const record = await rig.put();
    works(BEN, DOCTOR);
    works(CAT, NURSE);
    const given = await give({ uses: 3 });
    await handOn(given, BEN, { uses: 3 });
    await handOn(given, BEN, { uses: 3 });
    const at = (i: number) => seenBy(record, i % 2 === 0 ? CAT : BEN);
    expect([await at(0), await at(1)]).toEqual(Array(2).fill(expect.stringContaining('canary')));
    await rig.restart();
    expect(await at(0)).toContain('canary');
    expect([await at(0), await at(1)]).toEqual(['RECORD_NOT_SEEN', 'RECORD_NOT_SEEN']);
    await rig.restart();
    expect([await at(0), await at(1)]).toEqual(['RECORD_NOT_SEEN', 'RECORD_NOT_SEEN']);
  });

  it('is handed on by nobody who does not have it, and the answer is the same as for none', async () => {
    works(CAT, NURSE);
    const given = await give();
    const answers = await Promise.all(
      [
        [given, CAT],
        [given, AROHA],
        [given, BEN],
        ['con-0000000000000000', BEN],
      ].map(([id, by]) => rig.at.vault.grants.handOn(id!, draft(), by!)),
    );
    expect(answers.map(codeOf)).toEqual(Array(4).fill('CONSENT_NOT_HELD'));
  });

  it.each<[string, Partial<HandOnDraft>, string]>([
    ['rights', { rights: ['text', 'export'] }, 'CONSENT_NOT_NARROWER'],
    ['scope', { scope: { of: 'categories', categories: ['x-rays'] } }, 'CONSENT_NOT_NARROWER'],
    ['end', { until: NOW + 31 * DAY_MS }, 'CONSENT_NOT_NARROWER'],
    ['depth', { depth: 2 }, 'CONSENT_NOT_NARROWER'],
    ['the subject as the one it is for', { person: AROHA }, 'CONSENT_TO_SUBJECT'],
    ['oneself as the one it is for', { person: BEN }, 'CONSENT_TO_ONESELF'],
    ['nobody as the one it is for', { person: 'per-nobody' }, 'PERSON_UNKNOWN'],
  ])('is refused with another %s', async (_what, change, code) => {
    works(BEN, DOCTOR);
    expect(codeOf(await rig.at.vault.grants.handOn(await give(), draft(change), BEN))).toBe(code);
  });

  it('is seen by nobody at another organisation', async () => {
    const record = await rig.put();
    works(BEN, DOCTOR);
    works(CAT, { organisation: NORTH, role: 'nurse' });
    await handOn(await give(), BEN);
    expect((await rig.at.vault.view(look(record, { principal: person(CAT) }))).ok).toBe(false);
  });

  it('is handed on no more often than the limit', async () => {
    works(BEN, DOCTOR);
    const given = await give();
    for (let i = 0; i < 20; i++) await handOn(given, BEN);
    expect(codeOf(await rig.at.vault.grants.handOn(given, draft(), BEN))).toBe('CONSENTS_FULL');
  });
});

describe('many consents', () => {
  it('are read in pages at the start, every one of them', async () => {
    const asked: number[] = [];
    const record = await rig.put();
    const last = await give({ person: CAT });
    works(CAT, DOCTOR);
    const rows = await rig.sql
      .for<{ 'vault.consent': Record<string, never> }>()
      .selectFrom('vault.consent')
      .selectAll()
      .execute();
    await rig.sql.transact(async (tx) => {
      const many = Array.from({ length: 5_200 }, (_, i) => ({
        ...rows[0],
        id: `con-${String(i).padStart(16, '0')}`,
        subject: `sub-${i}`,
      }));
      for (let from = 0; from < many.length; from += 1_000)
        await tx
          .for<{ 'vault.consent': object }>()
          .insertInto('vault.consent')
          .values(many.slice(from, from + 1_000) as never)
          .execute();
    });
    const counting = { ...rig.sql, for: rig.sql.for.bind(rig.sql) };
    counting.for = ((...given: []) => (asked.push(1), rig.sql.for(...given))) as typeof rig.sql.for;
    await rig.restartOver(counting);
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(await seenBy(record, CAT)).toContain('canary');
    expect((await rig.at.vault.grants.handOn(last, draft({ person: DAN }), CAT)).ok).toBe(true);
    expect(codeOf(await rig.at.vault.takeBack('con-0000000000005199', AROHA))).toBe('done');
  });
});
