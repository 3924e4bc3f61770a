/** Breaking the glass: only for a patient in care here, for half an hour, told at once, in the ledger or not at all, and reviewed. */
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import type { GlassDraft } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@cityward/kernel';
import { noticesOf } from '../notices/notices.ts';
import {
  AROHA,
  BEN,
  CLINIC,
  codeOf,
  MUM,
  must,
  NOW,
  OFFICER,
  person,
  recordLife,
  SECOND_OFFICER,
  testVault,
  TEXT,
} from '../testing.ts';
import { deaf, gate, useVault } from '../testing-rig.ts';

const rig = useVault();
beforeEach(() => {
  for (const who of [BEN, 'per-cat']) rig.at.posts.set(who, [{ organisation: CLINIC, role: 'doctor' }]);
});
const SYSTEM = { by: 'svc-ward', organisation: CLINIC };
const DRAFT: GlassDraft = { subject: AROHA, reason: 'cannot-answer', words: 'Unconscious after a fall, 4711-canary' };
const emergencies = () => rig.at.vault.people.emergencies;
const inCare = async (subject = AROHA, until = NOW + DAY_MS): Promise<string> =>
  must(await rig.at.vault.people.care.report({ subject, kind: 'encounter', until }, SYSTEM)).id;
const broken = async (change: Partial<GlassDraft> = {}, who = BEN) =>
  emergencies().break({ ...DRAFT, ...change }, person(who));
const ETREAT = { purpose: 'ETREAT' } as const;
const told = async () =>
  (await noticesOf(rig.sql, AROHA, rig.at.clock.now))
    .filter(({ kind }) => kind.startsWith('glass-'))
    .map(({ kind, at }) => [kind, at - NOW]);
const whys = (): unknown[] => rig.at.ledger.of('record.refused').map(({ data }) => data['why']);

describe('an emergency', () => {
  it('lets the one patient be seen for half an hour; the patient is told at once; each look says so', async () => {
    const [mine, hers] = [await rig.put(), await rig.put({ subject: 'per-cat' })];
    await inCare();
    await inCare('per-cat');
    expect(await rig.seen(mine, ETREAT)).toBe('RECORD_NOT_SEEN');
    const glass = must(await broken());
    expect(glass).toMatchObject({ subject: AROHA, by: BEN, organisation: CLINIC, until: NOW + 30 * MINUTE_MS });
    expect(await told()).toEqual([['glass-broken', 0]]);
    expect([await rig.seen(mine, ETREAT), await rig.seen(hers, ETREAT), await rig.seen(mine)]).toEqual([
      TEXT,
      'RECORD_NOT_SEEN',
      'RECORD_NOT_SEEN',
    ]);
    rig.at.clock.now = glass.until - 1;
    expect(await rig.seen(mine, ETREAT)).toBe(TEXT);
    rig.at.clock.now = glass.until;
    expect(await rig.seen(mine, ETREAT)).toBe('RECORD_NOT_SEEN');
    expect(whys()).toEqual(['no-consent', 'no-consent', 'another-purpose', 'glass-over']);
    expect(rig.at.ledger.of('record.viewed').map(({ data }) => data['glass'])).toEqual([glass.id, glass.id]);
    const { lines } = must(await rig.at.vault.looks.week(AROHA));
    expect(lines.filter(({ emergency }) => emergency === glass.id)).toMatchObject([
      { what: 'viewed', by: BEN, purpose: 'ETREAT', count: 2 },
      { what: 'emergency', by: BEN, why: 'cannot-answer', count: 1 },
    ]);
    expect(JSON.stringify([rig.at.ledger.facts, await rig.outbox()])).not.toContain('4711');
  });

  it('lists what may be seen, less what the person excluded; that is not opened either', async () => {
    const [seen, kept] = [await rig.put(), await rig.put({ category: 'sexual-health' })];
    must(await rig.at.vault.people.lives.wish(AROHA, { do: 'wishes', keep: [], exclude: ['sexual-health'] }, AROHA));
    await inCare();
    const glass = must(await broken());
    expect(must(await emergencies().recordsFor(glass.id, BEN)).map(({ id }) => id)).toEqual([seen]);
    expect(codeOf(await emergencies().recordsFor(glass.id, 'per-cat'))).toBe('GLASS_UNKNOWN');
    expect([await rig.seen(kept, ETREAT), await rig.seen(glass.paper, ETREAT)]).toEqual([
      'RECORD_NOT_SEEN',
      'RECORD_NOT_SEEN',
    ]);
    expect(whys()).toEqual(['excluded', 'excluded']);
  });

  it('ends with the care, with its clinician’s word, and stays ended after a kill', async () => {
    const record = await rig.put();
    const care = await inCare();
    must(await broken());
    expect(await rig.seen(record, ETREAT)).toBe(TEXT);
    expect(codeOf(await rig.at.vault.people.care.end(care, { by: 'svc-other', organisation: 'party-other' }))).toBe(
      'CARE_UNKNOWN',
    );
    await rig.restartOver(deaf(rig.sql));
    must(await rig.at.vault.people.care.end(care, SYSTEM));
    expect(await rig.seen(record, ETREAT)).toBe('RECORD_NOT_SEEN');
    await rig.restart();
    expect(await rig.seen(record, ETREAT)).toBe('RECORD_NOT_SEEN');
    await inCare();
    const glass = must(await broken());
    expect(await rig.seen(record, ETREAT)).toBe(TEXT);
    expect(codeOf(await emergencies().end(glass.id, 'per-cat'))).toBe('GLASS_UNKNOWN');
    await rig.restartOver(deaf(rig.sql));
    must(await emergencies().end(glass.id, BEN));
    await rig.restart();
    expect(await rig.seen(record, ETREAT)).toBe('RECORD_NOT_SEEN');
    expect(whys()).toEqual(['care-over', 'care-over', 'glass-over', 'glass-over'].slice(0, whys().length));
  });

  it('goes on after a restart, to its end and no longer, and counts against the limits', async () => {
    const record = await rig.put();
    await inCare();
    must(await broken());
    must(await broken());
    await rig.restart();
    expect(await rig.seen(record, ETREAT)).toBe(TEXT);
    must(await broken());
    expect(codeOf(await broken())).toBe('GLASS_REFUSED');
    expect(rig.at.alarms).toEqual([`${BEN} was not let break the glass again: too-many-by-clinician`]);
  });

  it('is never more than the limit, by however many at once', async () => {
    await inCare();
    const all = await Promise.all(Array.from({ length: 6 }, () => broken()));
    expect(all.filter(({ ok }) => ok)).toHaveLength(3);
  });

  it('is never more than the limit at two processes of which neither hears of the other, nor after a restart', async () => {
    for (const subject of [AROHA, MUM]) await inCare(subject);
    const beside = testVault(rig.sql, join(rig.folder, 'beside'), { posts: rig.at.posts });
    await beside.vault.start();
    const there = () => beside.vault.people.emergencies;
    for (let times = 1; times <= 2; times++) must(await emergencies().end(must(await broken()).id, BEN));
    const draft = { ...DRAFT, subject: MUM };
    must(await there().end(must(await there().break(draft, person(BEN))).id, BEN));
    expect(codeOf(await there().break(draft, person(BEN)))).toBe('GLASS_REFUSED');
    expect(codeOf(await broken())).toBe('GLASS_REFUSED');
    await beside.vault.stop();
    await rig.restart();
    expect(codeOf(await broken())).toBe('GLASS_REFUSED');
    expect(rig.at.alarms.at(-1)).toContain('too-many-by-clinician');
  });

  it('that was being opened when its process ended counts for nobody once that is alone, and among others for its time', async () => {
    await inCare();
    const left = () =>
      raw`insert into vault.glass_claim (id, subject, by_whom, organisation, care, at, until_at)
        values ('gla-left', 'per-cat', ${BEN}, ${CLINIC}, 'car-1', ${NOW}, ${NOW + 30 * MINUTE_MS})`.execute(
        rig.sql.for(),
      );
    await left();
    await rig.restart();
    must(await emergencies().end(must(await broken()).id, BEN));
    await left();
    await rig.restart({ processes: 'many' });
    expect(codeOf(await broken())).toBe('GLASS_REFUSED');
    expect(rig.at.alarms).toEqual([`${BEN} was not let break the glass again: another-patient-open`]);
    rig.at.clock.now += 30 * MINUTE_MS;
    must(await broken());
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['GLASS_NO_PATIENT', 'not-in-care', () => Promise.resolve()],
    ['GLASS_NO_PATIENT', 'policy', async () => (await inCare(), (who = 'link'))],
    ['GLASS_REFUSED', 'deceased', async () => (await inCare(), recordLife(rig.at.vault, { do: 'died' }))],
    [
      'GLASS_REFUSED',
      'own-family',
      async () => (
        await inCare(),
        must(await rig.at.vault.people.lives.change(AROHA, { do: 'watch', kin: [BEN], guarded: false }, OFFICER))
      ),
    ],
  ])('is refused with %s (%s), in the ledger', async (code, why, before) => {
    who = 'passkey';
    await before();
    const answer = await emergencies().break(DRAFT, person(BEN, who));
    expect(codeOf(answer)).toBe(code);
    expect(rig.at.ledger.of('glass.refused').map(({ data }) => data['why'])).toEqual([why]);
    expect(emergencies().waiting()).toEqual([]);
  });
  let who = 'passkey';

  it('is one answer for whoever is not in care here, there or not', async () => {
    const known = await broken();
    const unknown = await broken({ subject: 'per-nobody' });
    const told = (one: unknown): string => JSON.stringify(one).replaceAll(/per-[a-z]+/g, 'per');
    expect(told(known)).toBe(told(unknown));
  });

  it('is not one where the ledger does not take it', async () => {
    const record = await rig.put();
    await inCare();
    rig.at.ledger.isFull = true;
    await expect(broken()).rejects.toThrow('ENOSPC');
    rig.at.ledger.isFull = false;
    expect([await rig.seen(record, ETREAT), emergencies().waiting()]).toEqual(['RECORD_NOT_SEEN', []]);
    expect(await told()).toEqual([]);
  });

  it('lets nobody see anything while it is being written', async () => {
    const record = await rig.put();
    await inCare();
    const { isReached, pass, open } = gate();
    rig.at.ledger.disk = pass;
    const breaking = broken();
    await isReached;
    rig.at.ledger.disk = () => Promise.resolve();
    expect(await rig.seen(record, ETREAT)).toBe('RECORD_NOT_SEEN');
    open();
    must(await breaking);
    expect(await rig.seen(record, ETREAT)).toBe(TEXT);
  });

  it('is told later only where two officers recorded an order, and then it is told', async () => {
    await inCare();
    const until = NOW + 2 * DAY_MS;
    await recordLife(rig.at.vault, { do: 'hush', until, clause: 'nz-ipp-11' });
    const record = await rig.put();
    const glass = must(await broken());
    expect(await rig.seen(record, ETREAT)).toBe(TEXT);
    expect(await told()).toEqual([]);
    const { looks } = rig.at.vault;
    const shown = async () => (await looks.list(AROHA, {})).map(({ what, emergency }) => [what, emergency]);
    const proved = async () =>
      JSON.parse(Buffer.from(must(await looks.prove(AROHA, undefined, AROHA)) ?? 'null').toString());
    expect([await shown(), must(await looks.week(AROHA)).lines, await proved()]).toEqual([[], [], null]);
    const held = async () => (await rig.at.vault.records(AROHA)).map(({ category }) => category);
    expect(await held()).not.toContain('emergency-reasons');
    rig.at.clock.now = until;
    const said = [
      ['viewed', glass.id],
      ['emergency', glass.id],
    ];
    expect([await shown(), (await proved()).entries.length]).toEqual([said, 2]);
    expect(await held()).toContain('emergency-reasons');
    expect(await told()).toEqual(expect.arrayContaining([['glass-broken', 0]]));
    await inCare(AROHA, until + DAY_MS);
    must(await broken());
    expect(await told()).toEqual(expect.arrayContaining([['glass-broken', 2 * DAY_MS]]));
  });
});

describe('the review', () => {
  it('looks at the flagged first, and alarms at once', async () => {
    await inCare();
    await inCare(MUM);
    must(await rig.at.vault.people.lives.change(MUM, { do: 'watch', kin: [], guarded: true }, OFFICER));
    const plain = must(await broken());
    rig.at.clock.now += HOUR_MS;
    const guarded = must(await broken({ subject: MUM }));
    expect(
      emergencies()
        .waiting()
        .map(({ id }) => id),
    ).toEqual([guarded.id, plain.id]);
    expect(rig.at.alarms).toEqual([`${BEN} broke the glass: guarded`]);
  });

  it('is done once, by somebody who has no part in it, who reads the reason until then', async () => {
    await inCare();
    const glass = must(await broken());
    const officer = { principal: person(OFFICER, 'passkey', ['officer']), purpose: 'HOPERAT' } as const;
    const answer = await rig.at.vault.view({ record: glass.paper, right: 'text', ...officer });
    expect(must(answer).content.toString()).toContain('4711-canary');
    expect(codeOf(await emergencies().review(glass.id, 'justified', BEN))).toBe('REVIEW_OF_ONESELF');
    expect(codeOf(await emergencies().review(glass.id, 'justified', AROHA))).toBe('REVIEW_OF_ONESELF');
    must(await emergencies().review(glass.id, 'justified', OFFICER));
    expect(codeOf(await emergencies().review(glass.id, 'justified', SECOND_OFFICER))).toBe('REVIEWED_ALREADY');
    expect(codeOf(await rig.at.vault.view({ record: glass.paper, right: 'text', ...officer }))).toBe('RECORD_NOT_SEEN');
    expect((await told()).map(([kind]) => kind).sort()).toEqual(['glass-broken', 'glass-reviewed']);
  });

  it('that finds no reason ends it at once, and that clinician breaks none for ninety days', async () => {
    const record = await rig.put();
    await inCare();
    const glass = must(await broken());
    must(await emergencies().review(glass.id, 'not-justified', OFFICER));
    expect(await rig.seen(record, ETREAT)).toBe('RECORD_NOT_SEEN');
    await rig.restart();
    rig.at.clock.now = NOW + 90 * DAY_MS - 1;
    await inCare(AROHA, NOW + 91 * DAY_MS);
    expect(codeOf(await broken())).toBe('GLASS_REFUSED');
    rig.at.clock.now = NOW + 90 * DAY_MS;
    expect(must(await broken()).flags).toEqual(['not-justified-before']);
  });
});
