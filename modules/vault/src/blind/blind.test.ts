/** Records that the city cannot read: chosen with their price, read by their owner and by whom they gave the keys, opened in an emergency by several together, and handed back. */
import { beforeEach, describe, expect, it } from 'vitest';
import { BLIND_PRICE, type BlindChoiceText, type FactType, type GlassDraft, type NewFact } from '@cityward/contracts';
import { DAY_MS, MINUTE_MS } from '@cityward/kernel';
import { noticesOf } from '../notices/notices.ts';
import {
  AROHA,
  asChild,
  BEN,
  CAT,
  CLINIC,
  codeOf,
  consentTo,
  must,
  NOW,
  OFFICER,
  person,
  recordLife,
  recordOf,
  TEXT,
} from '../testing.ts';
import { look, useVault } from '../testing-rig.ts';
import { removeMode } from './mode-store.ts';
import { blindReplayer } from './replay.ts';
import { passkeyAtPortal, TestBrowser } from './testing-browser.ts';

const rig = useVault({ passkeyAtPortal });
const [DAN, MUM] = ['per-dan', 'per-mum'];
const OWN = { principal: person(AROHA), purpose: 'PATRQT' } as const;
let aroha: TestBrowser;
let ben: TestBrowser;
beforeEach(() => {
  const vault = () => rig.at.vault;
  [aroha, ben] = [new TestBrowser(AROHA, vault), new TestBrowser(BEN, vault)];
});
const turnOn = async (change: Partial<BlindChoiceText> = {}) => {
  await aroha.keepKey();
  return must(await aroha.choose(rig.at.clock.now, change));
};
const whys = (): unknown[] => rig.at.ledger.of('record.refused').map(({ data }) => data['why']);

describe('the choice', () => {
  it('has what is there sealed, every old key gone, and what comes later blind too', async () => {
    const [first, other] = [await rig.put(), await rig.put({ subject: CAT })];
    must(await rig.at.vault.put(recordOf('second', { record: first }), OFFICER));
    const standing = await turnOn();
    expect(standing.mode).toMatchObject({ state: 'on', left: 0, needed: 0 });
    const later = await rig.put({}, 'later');
    const [bulk] = must(await rig.at.vault.putMany([recordOf('in bulk')], OFFICER));
    expect([
      await aroha.read(first),
      await aroha.read(first, 'PATRQT', 1),
      await aroha.read(later),
      await aroha.read(bulk!),
    ]).toEqual(['second', TEXT, 'later', 'in bulk']);
    for (const record of [first, later, bulk!]) expect(await rig.seen(record, OWN)).toBe('RECORD_BLIND');
    expect(await rig.seen(other, { ...OWN, principal: person(CAT) })).toBe(TEXT);
    expect(rig.at.ledger.of('record.viewed').map(({ data }) => data['blind'])).toEqual([
      true,
      true,
      true,
      true,
      undefined,
    ]);
    expect((await rig.outbox()).filter(({ type }) => type.startsWith('blind')).map(({ type }) => type)).toEqual([
      'blind.key-kept',
      'blind.turned-on',
      'blind.sealed',
    ]);
    const told = await noticesOf(rig.sql, AROHA, NOW);
    expect(told.map(({ kind }) => kind)).toContain('blind-turned-on');
  });

  it('holds after a restart, and ends what was cut off on the way', async () => {
    const records = [await rig.put(), await rig.put()];
    await aroha.keepKey();
    const choosing = await aroha.choice(rig.at.clock.now);
    const { sql } = rig;
    let left = Infinity;
    const tired = {
      ...sql,
      transact: ((work) =>
        left-- > 0 ? sql.transact(work) : Promise.reject(new Error('cut off'))) as typeof sql.transact,
    };
    await rig.restartOver(tired, { passkeyAtPortal });
    left = 1;
    await expect(aroha.blind.choose(AROHA, choosing)).rejects.toThrow('cut off');
    await rig.restartOver(sql, { passkeyAtPortal });
    expect((await aroha.standing).mode?.left).toBe(2);
    for (const record of records)
      expect([await rig.seen(record, OWN), await aroha.read(record)]).toEqual(['RECORD_BLIND', 'NOT_BLIND_YET']);
    await rig.at.vault.tick();
    expect((await aroha.standing).mode?.left).toBe(0);
    for (const record of records) expect(await aroha.read(record)).toBe(TEXT);
  });

  it('is in force again from the ledger where an older copy of the database was put back', async () => {
    await turnOn();
    const record = await rig.put();
    const facts = await rig.outbox();
    await rig.sql.transact((tx) => removeMode(tx, AROHA));
    const replayer = blindReplayer(rig.sql);
    for (const { type, ...body } of facts)
      if (replayer.types.includes(type as FactType))
        replayer.take({ entry: 0, body: { ...body, type, at: NOW, data: body.data as NewFact['data'] } });
    expect(await replayer.apply()).toBe(1);
    await rig.restart({ passkeyAtPortal });
    expect((await aroha.standing).mode?.state).toBe('on');
    expect([await rig.seen(record, OWN), await aroha.read(record)]).toEqual(['RECORD_BLIND', TEXT]);
  });

  it.each<[string, Partial<BlindChoiceText>]>([
    ['a part of the price not accepted', { accepted: BLIND_PRICE.slice(1) }],
    ['somebody else’s name in it', { subject: BEN }],
    ['a signature of long ago', { at: NOW - 6 * MINUTE_MS }],
    ['a signature of tomorrow', { at: NOW + DAY_MS }],
    ['one holder alone', { needed: 1, holders: [{ person: BEN, publicKey: 'A'.repeat(87) }] }],
  ])('is none with %s', async (_, change) => {
    await aroha.keepKey();
    const { needed = 0, holders = [], ...rest } = change;
    const choice = await aroha.choice(NOW, rest);
    const text = JSON.stringify({ ...(JSON.parse(choice.text) as object), needed, holders });
    expect(codeOf(await aroha.blind.choose(AROHA, { ...choice, text, signature: aroha.sign(text) }))).toBe(
      'BLIND_CHOICE_WRONG',
    );
    expect((await aroha.standing).mode).toBeNull();
  });

  it('is none without the passkey’s word over this very text', async () => {
    await aroha.keepKey();
    const choice = await aroha.choice(NOW);
    const other = await aroha.choice(NOW + 1);
    await ben.keepKey();
    for (const signature of [other.signature, ben.sign(choice.text), { ...choice.signature, signature: 'AAAA' }])
      expect(codeOf(await aroha.blind.choose(AROHA, { ...choice, signature }))).toBe('BLIND_SIGNATURE');
    expect((await aroha.standing).mode).toBeNull();
    expect(codeOf(await aroha.blind.choose(AROHA, choice))).toBe('done');
    expect(codeOf(await aroha.choose(NOW))).toBe('BLIND_ALREADY');
  });

  it('is not a child’s to make', async () => {
    await asChild(rig.at.vault);
    await aroha.keepKey();
    expect(codeOf(await aroha.choose(NOW))).toBe('BLIND_REPRESENTED');
  });

  it('leaves out the papers of the city’s own desk', async () => {
    const paper = await rig.put({ category: 'requests' });
    await turnOn();
    expect(await rig.seen(paper, OWN)).toBe(TEXT);
  });

  it('has nothing of theirs drawn, exported or taken along in the clear, and says so', async () => {
    const record = await rig.put();
    await turnOn();
    await rig.give({ rights: ['view', 'text', 'export'], refrains: [] });
    for (const right of ['view', 'text', 'export'] as const)
      expect(await rig.seen(record, { right })).toBe('RECORD_BLIND');
    const picture = await rig.at.vault.picture({ look: look(record), page: 1, session: 'a-session' });
    expect(codeOf(picture)).toBe('RECORD_BLIND');
    const zip = must(await rig.at.vault.takeOut(person(AROHA)));
    expect(zip.toString('latin1')).not.toContain('4711-canary');
    expect(new Set(whys())).toEqual(new Set(['blind']));
  });
});

describe('a key of one’s own', () => {
  it('is kept once, and another passkey is added beside it, never in its place', async () => {
    await aroha.keepKey();
    await expect(aroha.keepKey()).rejects.toThrow('BLIND_KEY_THERE');
    const { key } = await aroha.standing;
    const [wrap] = key!.wraps;
    expect(codeOf(await aroha.blind.wrap(AROHA, { ...wrap!, wrapped: 'B'.repeat(80) }))).toBe('BLIND_KEY_WRAPPED');
    expect((await aroha.standing).key).toEqual(key);
    expect(codeOf(await ben.blind.wrap(BEN, wrap!))).toBe('BLIND_KEY_NONE');
    const wrong = { ...wrap!, salt: key!.salt, publicKey: 'A'.repeat(87) };
    expect(codeOf(await ben.blind.keep(BEN, wrong))).toBe('BLIND_KEY_WRONG');
  });
});

describe('shared with somebody', () => {
  it('is read by them from the keys the owner gave, until it is taken back', async () => {
    const record = await rig.put();
    await turnOn();
    await ben.keepKey();
    const consent = await rig.give({ rights: ['view'] });
    expect(await ben.read(record, 'TREAT')).toBe('NOT_SEALED_TO_YOU');
    expect(await aroha.share(consent)).toBe(1);
    expect(await aroha.share(consent)).toBe(0);
    expect([await ben.read(record, 'TREAT'), await ben.read(record, 'HRESCH')]).toEqual([TEXT, 'RECORD_NOT_SEEN']);
    expect(await ben.blind.giving.givenTo(BEN)).toMatchObject([
      { record, subject: AROHA, purpose: 'TREAT', by: 'consent' },
    ]);
    const later = await rig.put({}, 'later');
    expect(await ben.read(later, 'TREAT')).toBe('NOT_SEALED_TO_YOU');
    expect(await aroha.share(consent)).toBe(1);
    expect(await ben.read(later, 'TREAT')).toBe('later');
    must(await rig.at.vault.takeBack(consent, AROHA));
    expect([await ben.read(record, 'TREAT'), await ben.read(later, 'TREAT')]).toEqual([
      'RECORD_NOT_SEEN',
      'RECORD_NOT_SEEN',
    ]);
    expect(await ben.blind.giving.givenTo(BEN)).toEqual([]);
    const again = await rig.give({ rights: ['view'] });
    expect(await ben.read(record, 'TREAT')).toBe('NOT_SEALED_TO_YOU');
    expect(await aroha.share(again)).toBe(2);
    expect(await ben.read(record, 'TREAT')).toBe(TEXT);
  });

  it.each([0, 1])('is read by the consent whose keys were given, where two cover it: by the %ith', async (nth) => {
    const record = await rig.put();
    await turnOn();
    await ben.keepKey();
    const consents = [await rig.give({ uses: 5 }), await rig.give()];
    expect(await aroha.share(consents[nth]!)).toBe(1);
    must(await rig.at.vault.put(recordOf('newer', { record }), OFFICER));
    const read = async () => [await ben.read(record, 'TREAT'), await ben.read(record, 'TREAT', 1)];
    expect(await read()).toEqual(['NOT_SEALED_TO_YOU', TEXT]);
    // The newer version by the other one: each version by the consent that has its key.
    expect(await aroha.share(consents[1 - nth]!)).toBe(2);
    must(await rig.at.vault.takeBack(consents[nth]!, AROHA));
    expect(await read()).toEqual(['newer', TEXT]);
    const by = rig.at.ledger.of('record.viewed').map(({ data }) => data['consent']);
    expect(by).toEqual([consents[nth], consents[1 - nth], consents[1 - nth]]);
  });

  it('is shared no further than the consent reaches, by nobody but its owner, with nobody but by name', async () => {
    await rig.put({ category: 'notes' });
    await turnOn();
    await ben.keepKey();
    const consent = await rig.give();
    expect(must(await aroha.blind.giving.waiting(AROHA, consent)).seals).toEqual([]);
    expect(codeOf(await ben.blind.giving.waiting(BEN, consent))).toBe('CONSENT_UNKNOWN');
    const { person: _, ...toRole } = consentTo(BEN, { organisation: CLINIC, role: 'doctor' });
    const role = must(await rig.at.vault.give(toRole, AROHA)).id;
    expect(codeOf(await aroha.blind.giving.waiting(AROHA, role))).toBe('BLIND_NEEDS_NAME');
  });
});

describe('in an emergency', () => {
  const DRAFT: GlassDraft = { subject: AROHA, reason: 'cannot-answer', words: 'Unconscious after a fall' };
  let holders: TestBrowser[];
  const prepare = async (needed = 2) => {
    rig.at.posts.set(BEN, [{ organisation: CLINIC, role: 'doctor' }]);
    holders = [CAT, DAN!, MUM!].map((who) => new TestBrowser(who, () => rig.at.vault));
    const named = [];
    for (const one of holders) named.push({ person: one.who, publicKey: await one.keepKey() });
    await turnOn({ needed, holders: named });
    await ben.keepKey();
    const record = await rig.put();
    const kept = await rig.put({ category: 'sexual-health' }, 'kept');
    must(await rig.at.vault.people.lives.wish(AROHA, { do: 'wishes', keep: [], exclude: ['sexual-health'] }, AROHA));
    const care = { subject: AROHA, kind: 'encounter', until: NOW + DAY_MS } as const;
    must(await rig.at.vault.people.care.report(care, { by: 'svc-ward', organisation: CLINIC }));
    return { record, kept };
  };

  it('is opened by as many as were named together, for that clinician, for half an hour, and told each time', async () => {
    const { record, kept } = await prepare();
    const glass = must(await rig.at.vault.people.emergencies.break(DRAFT, person(BEN)));
    expect(await ben.read(record, 'ETREAT')).toBe('QUORUM_NOT_REACHED');
    const asked = must(await ben.blind.quorum.askInEmergency(glass.id, BEN));
    expect(asked).toMatchObject({ needed: 2, holders: [CAT, DAN, MUM] });
    expect(codeOf(await ben.blind.quorum.askInEmergency(glass.id, BEN))).toBe('BLIND_ASKED');
    const [ask] = await holders[0]!.asks();
    expect(ask).toMatchObject({
      is: 'emergency',
      subject: AROHA,
      to: BEN,
      reason: 'cannot-answer',
      organisation: CLINIC,
      released: false,
    });
    expect(ask!.shares.map((one) => one.record)).toEqual([record]);
    expect(await holders[0]!.release()).toBe(1);
    expect(await ben.read(record, 'ETREAT')).toBe('QUORUM_NOT_REACHED');
    expect(await holders[0]!.release()).toBe(1);
    expect(await ben.read(record, 'ETREAT')).toBe('QUORUM_NOT_REACHED');
    expect(await holders[2]!.release()).toBe(1);
    expect([await ben.read(record, 'ETREAT'), await ben.read(kept, 'ETREAT'), await ben.read(record, 'TREAT')]).toEqual(
      [TEXT, 'RECORD_NOT_SEEN', 'RECORD_NOT_SEEN'],
    );
    const told = await noticesOf(rig.sql, AROHA, NOW);
    expect(told.filter(({ kind }) => kind === 'blind-share-released').map(({ about }) => about)).toEqual(
      expect.arrayContaining([CAT, CAT, MUM].map((by) => ({ ask: asked.ask, kind: 'emergency', by, to: BEN }))),
    );
    const [toCat] = await noticesOf(rig.sql, CAT, NOW);
    expect(toCat).toMatchObject({ kind: 'blind-share-asked', about: { by: BEN, kind: 'emergency', of: AROHA } });
    expect(await lookedAt()).toEqual([
      ['blind-on', AROHA, null],
      ['blind-asked', BEN, glass.id],
      ...[CAT, CAT, MUM].map((by) => ['blind-released', by, glass.id]),
    ]);
    rig.at.clock.now = glass.until;
    expect(await ben.read(record, 'ETREAT')).toBe('RECORD_NOT_SEEN');
    await rig.at.vault.tick();
    expect([await holders[1]!.asks(), (await releasesLeft()).length]).toEqual([[], 0]);
  });
  /** As the dispatcher carries it to the ledger. */
  const lookedAt = async () => {
    const facts = (await rig.outbox()).filter(({ type }) => type.startsWith('blind.'));
    const rest = { module: 'vault', at: rig.at.clock.now, personal: true } as const;
    await rig.at.ledger.append(
      facts.map(({ type, data, ...fact }, i) => ({
        ...{ ...fact, ...rest, id: `evt-${i}` },
        ...{ type: type as FactType, data: data as NewFact['data'] },
      })),
    );
    const looks = await rig.at.vault.looks.list(AROHA, {});
    return looks
      .filter(({ what }) => what.startsWith('blind'))
      .map(({ what, by, emergency }) => [what, by, emergency])
      .reverse();
  };
  it('is kept from the person with the emergency where an order says so, and told once it is over', async () => {
    await prepare();
    const until = NOW + 2 * DAY_MS;
    await recordLife(rig.at.vault, { do: 'hush', until, clause: 'nz-ipp-11' });
    const glass = must(await rig.at.vault.people.emergencies.break(DRAFT, person(BEN)));
    must(await ben.blind.quorum.askInEmergency(glass.id, BEN));
    for (const one of holders) await one.release();
    const kinds = async (at: number) => (await noticesOf(rig.sql, AROHA, at)).map(({ kind }) => kind);
    expect(await kinds(NOW)).not.toContain('blind-share-released');
    expect(await lookedAt()).toEqual([['blind-on', AROHA, null]]);
    rig.at.clock.now = until;
    expect((await kinds(until)).filter((kind) => kind === 'blind-share-released')).toHaveLength(3);
    expect((await rig.at.vault.looks.list(AROHA, {})).map(({ what }) => what)).toContain('blind-released');
  });
  const releasesLeft = () =>
    rig.sql
      .for<{ 'vault.blind_seal': { use: string } }>()
      .selectFrom('vault.blind_seal')
      .selectAll()
      .where('use', '=', 'release')
      .execute();

  it('is released by nobody who holds no share, and by nobody to themself', async () => {
    await prepare();
    rig.at.posts.set(CAT, [{ organisation: CLINIC, role: 'doctor' }]);
    const glass = must(await rig.at.vault.people.emergencies.break(DRAFT, person(CAT)));
    const { ask, holders: others } = must(await ben.blind.quorum.askInEmergency(glass.id, CAT));
    expect(others).toEqual([DAN, MUM]);
    const seals = [{ record: 'rec-x', version: 1, sealed: 'A'.repeat(150) }];
    expect(codeOf(await ben.blind.quorum.release(ask, { seals, holder: CAT }))).toBe('BLIND_RELEASE_TO_ONESELF');
    expect(codeOf(await ben.blind.quorum.release(ask, { seals, holder: BEN }))).toBe('BLIND_ASK_UNKNOWN');
    expect(codeOf(await ben.blind.quorum.askInEmergency(glass.id, BEN))).toBe('GLASS_UNKNOWN');
  });

  it('gives a person their own key back, by a new passkey, when several who hold shares agree', async () => {
    const { record } = await prepare();
    aroha.newPasskey();
    await expect(aroha.me()).rejects.toThrow('no passkey');
    const temporary = await aroha.askRecovery();
    expect(await holders[0]!.release()).toBe(1);
    expect(await aroha.recover(temporary)).toBe(false);
    expect(await holders[1]!.release()).toBe(1);
    expect(await aroha.recover(temporary)).toBe(true);
    expect(await aroha.read(record)).toBe(TEXT);
    expect(await aroha.standing).toMatchObject({ recovery: null, key: { wraps: [{}, {}] } });
    expect(await holders[2]!.asks()).toEqual([]);
    expect(await lookedAt()).toEqual([
      ['blind-on', AROHA, null],
      ['blind-asked', AROHA, null],
      ...[CAT, DAN].map((by) => ['blind-released', by, null]),
      ['blind-recovery-ended', AROHA, null],
    ]);
  });
});

describe('turned off', () => {
  it('is readable again once the owner handed every key back; until then nobody else reads it', async () => {
    const records = [await rig.put(), await rig.put({}, 'other')];
    await turnOn();
    const handing = { keys: [{ record: records[0]!, version: 1, key: 'A'.repeat(43) }] };
    expect(codeOf(await aroha.blind.handBack(AROHA, handing.keys))).toBe('BLIND_NOT_TURNING_OFF');
    expect(must(await aroha.choose(NOW, { do: 'turn-off' })).mode).toMatchObject({ state: 'turning-off', left: 2 });
    expect(must(await aroha.blind.handBack(AROHA, handing.keys))).toEqual({ done: 0, left: 2 });
    expect([await rig.seen(records[0]!, OWN), await aroha.read(records[0]!)]).toEqual(['RECORD_BLIND', TEXT]);
    expect(await aroha.handBack()).toEqual({ done: 2, left: 0 });
    expect((await aroha.standing).mode).toBeNull();
    expect([await rig.seen(records[0]!, OWN), await rig.seen(records[1]!, OWN), await aroha.read(records[0]!)]).toEqual(
      [TEXT, 'other', 'RECORD_NOT_SEEN'],
    );
  });

  it('is destroyed like every other record, key and sealed keys', async () => {
    const record = await rig.put();
    await turnOn();
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'asked for' }));
    expect(await aroha.read(record)).toBe('RECORD_DESTROYED');
    const seals = await rig.sql
      .for<{ 'vault.blind_seal': { record: string } }>()
      .selectFrom('vault.blind_seal')
      .selectAll()
      .execute();
    expect(seals).toEqual([]);
  });
});
