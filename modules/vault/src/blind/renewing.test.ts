/** A key that was lost, of somebody whose own records it does not open: another in its place, and what was sealed to it given anew. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, MINUTE_MS } from '@cityward/kernel';
import { noticesOf } from '../notices/notices.ts';
import { AROHA, BEN, CAT, CLINIC, codeOf, must, NOW, person, TEXT } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { passkeyAtPortal, TestBrowser } from './testing-browser.ts';

const rig = useVault({ passkeyAtPortal });
const DAN = 'per-dan';
const browserOf = (who: string): TestBrowser => new TestBrowser(who, () => rig.at.vault);
const [aroha, ben, cat, dan] = [browserOf(AROHA), browserOf(BEN), browserOf(CAT), browserOf(DAN)];
beforeEach(async () => {
  for (const one of [aroha, ben, cat, dan]) await one.keepKey();
});
const told = async (who: string) =>
  (await noticesOf(rig.sql, who, NOW)).filter(({ kind }) => kind.endsWith('key') || kind.endsWith('replaced'));
const replace = async (who: TestBrowser) => {
  who.newPasskey();
  must(await who.blind.replace(who.who, await who.newKey(NOW)));
};
/** By two of two who hold shares. */
const turnOn = async () => {
  const holders = [];
  for (const one of [cat, dan]) holders.push({ person: one.who, publicKey: (await one.standing).key!.publicKey });
  must(await aroha.choose(NOW, { needed: 2, holders }));
};

describe('a new key', () => {
  it('opens nothing that was given to the one before, and is given it again by its owner, who was told', async () => {
    const record = await rig.put();
    await turnOn();
    const consent = await rig.give({ rights: ['view'] });
    await aroha.share(consent);
    ben.newPasskey();
    await expect(ben.read(record, 'TREAT')).rejects.toThrow('no passkey');
    await replace(ben);
    expect(await ben.read(record, 'TREAT')).toBe('NOT_SEALED_TO_YOU');
    expect(await told(BEN)).toMatchObject([{ kind: 'blind-key-replaced' }]);
    expect(await told(AROHA)).toMatchObject([{ kind: 'blind-other-key', about: { by: BEN, holds: 'no' } }]);
    expect(await aroha.share(consent)).toBe(1);
    expect(await ben.read(record, 'TREAT')).toBe(TEXT);
  });

  it('holds no share until the owner gives shares anew, of what was there and of what came in between', async () => {
    const record = await rig.put();
    await turnOn();
    await replace(cat);
    expect(await told(AROHA)).toMatchObject([{ kind: 'blind-other-key', about: { by: CAT, holds: 'yes' } }]);
    const waits = async () => (await aroha.standing).mode!.holders.map((one) => one.waits);
    expect(await waits()).toEqual([true, false]);
    const between = await rig.put({}, 'between');
    expect(must(await aroha.blind.renewing.waiting(AROHA)).seals.map((one) => one.record)).toEqual([record]);
    expect(await aroha.renewShares()).toBe(2);
    expect([await waits(), must(await aroha.blind.renewing.waiting(AROHA)).seals]).toEqual([[false, false], []]);
    rig.at.posts.set(BEN, [{ organisation: CLINIC, role: 'doctor' }]);
    const care = { subject: AROHA, kind: 'encounter', until: NOW + DAY_MS } as const;
    must(await rig.at.vault.people.care.report(care, { by: 'svc-ward', organisation: CLINIC }));
    const draft = { subject: AROHA, reason: 'cannot-answer', words: 'Unconscious after a fall' } as const;
    const glass = must(await rig.at.vault.people.emergencies.break(draft, person(BEN)));
    must(await ben.blind.quorum.askInEmergency(glass.id, BEN));
    expect([await cat.release(), await dan.release()]).toEqual([2, 2]);
    expect([await ben.read(record, 'ETREAT'), await ben.read(between, 'ETREAT')]).toEqual([TEXT, 'between']);
    // The clinician lost theirs: what was released to it is asked for anew.
    await replace(ben);
    expect(await ben.read(record, 'ETREAT')).toBe('QUORUM_NOT_REACHED');
    must(await ben.blind.quorum.askInEmergency(glass.id, BEN));
    await Promise.all([cat.release(), dan.release()]);
    expect(await ben.read(record, 'ETREAT')).toBe(TEXT);
    aroha.newPasskey();
    const temporary = await aroha.askRecovery();
    for (const one of [cat, dan]) await one.release();
    expect([await aroha.recover(temporary), await aroha.read(record)]).toEqual([true, TEXT]);
  });

  it('is none for one whose records it opens, without the passkey’s word, or with another’s', async () => {
    await turnOn();
    expect(codeOf(await aroha.blind.replace(AROHA, await aroha.newKey(NOW)))).toBe('BLIND_KEY_IN_USE');
    const before = (await ben.standing).key;
    const given = await ben.newKey(NOW);
    for (const [wrong, code] of [
      [{ ...given, signature: cat.sign(given.text) }, 'BLIND_SIGNATURE'],
      [{ ...given, publicKey: (await cat.standing).key!.publicKey }, 'BLIND_CHOICE_WRONG'],
      [await ben.newKey(NOW - 6 * MINUTE_MS), 'BLIND_CHOICE_WRONG'],
      [await ben.newKey(NOW, { subject: CAT }), 'BLIND_CHOICE_WRONG'],
    ] as const)
      expect(codeOf(await ben.blind.replace(BEN, wrong))).toBe(code);
    const stranger = new TestBrowser('per-eve', () => rig.at.vault);
    expect(codeOf(await stranger.blind.replace('per-eve', await stranger.newKey(NOW)))).toBe('BLIND_KEY_NONE');
    expect((await ben.standing).key).toEqual(before);
  });

  it('gets shares from a whole split alone, by the keys that those who hold shares have now', async () => {
    const record = await rig.put();
    await turnOn();
    const { holders } = must(await aroha.blind.renewing.waiting(AROHA));
    await replace(cat);
    const { seals, ...among } = must(await aroha.blind.renewing.waiting(AROHA));
    const shares = [CAT, DAN].map((to) => ({ to, sealed: 'A'.repeat(150) }));
    for (const wrong of [
      { holders, key: shares, versions: [] },
      { holders: among.holders, key: shares.slice(1), versions: [] },
      { holders: among.holders, key: [], versions: [{ record, version: 1, shares: shares.toReversed() }] },
    ])
      expect(codeOf(await aroha.blind.renewing.renew(AROHA, wrong))).toBe('BLIND_HOLDER_KEY');
    expect(must(await aroha.blind.renewing.waiting(AROHA)).seals).toEqual(seals);
  });
});
