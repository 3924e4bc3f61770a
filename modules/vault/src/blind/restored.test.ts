/** A whole restore of records that the city cannot read: what was chosen since is in force, nobody sees more than before, their owner reads them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GlassDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { sql as raw } from 'kysely';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { AROHA, BEN, CAT, CLINIC, must, NOW, OFFICER, person, TEXT, type Posts } from '../testing.ts';
import { backUp, openSite, shared, type Site } from '../testing-disaster.ts';
import { countClear } from './seal-store.ts';
import { passkeyAtPortal, TestBrowser } from './testing-browser.ts';

let sql: TestSql;
let folder: string;
let site: Site;
const [DAN, EVE] = ['per-dan', 'per-eve'];
const [aroha, ben, cat, dan, eve] = [AROHA, BEN, CAT, DAN!, EVE!].map(
  (who) => new TestBrowser(who, () => site.vault),
) as [TestBrowser, TestBrowser, TestBrowser, TestBrowser, TestBrowser];
const open = (): Promise<Site> => {
  const opening = { city: 'Test', check: () => ({ ok: true as const, value: ['ann', 'bob'] }) };
  const posts: Posts = new Map([[BEN, [{ organisation: CLINIC, role: 'doctor' }]]]);
  return openSite({ sql, folder, posts, opening, passkeyAtPortal });
};
beforeAll(async () => {
  sql = await openTestSql();
}, 120_000);
afterAll(() => sql.stop());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-blind-'));
  site = await open();
});
afterEach(async () => {
  await site.stop();
  await sql.reset();
  rmSync(folder, { recursive: true, force: true });
});
/** What was there when it was made is put back, after this was done. */
async function restoredAfter(since: () => Promise<unknown>): Promise<void> {
  const from = await backUp(site, folder);
  await since();
  await site.drained();
  must(await site.vault.custody.restore({ folder: from, keysFrom: null, reason: 'a fire', by: OFFICER }));
  await site.stop();
  site = await open();
  must(await site.vault.custody.open(must(await site.vault.custody.opening()), []));
}
const holdersOf = async (...some: TestBrowser[]) => {
  const holders = [];
  for (const one of some) holders.push({ person: one.who, publicKey: (await one.standing).key!.publicKey });
  return { needed: 2, holders };
};
const keepKeys = async (...some: TestBrowser[]): Promise<void> => {
  for (const one of some) await one.keepKey();
};
const count = async (use: string): Promise<number> =>
  (await raw`select 1 from vault.blind_seal where use = ${use}`.execute(sql.for())).rows.length;

describe('a backup from before', () => {
  it('a key and the choice: both are in force at once, and what came back readable is sealed', async () => {
    const { record } = await shared(site);
    await restoredAfter(async () => {
      await keepKeys(aroha, cat, dan);
      must(await aroha.choose(NOW, await holdersOf(cat, dan)));
    });
    expect([await site.seen(record), await aroha.read(record)]).toEqual(['RECORD_BLIND', 'NOT_BLIND_YET']);
    await site.vault.tick();
    expect(await countClear(sql, AROHA, [])).toBe(0);
    expect([await site.seen(record), await aroha.read(record)]).toEqual(['RECORD_BLIND', TEXT]);
    aroha.newPasskey();
    const temporary = await aroha.askRecovery();
    for (const one of [cat, dan]) await one.release();
    expect([await aroha.recover(temporary), await aroha.read(record)]).toEqual([true, TEXT]);
  });

  it('keys given for a consent, and a new key: they are given again, to the new one', async () => {
    await keepKeys(aroha, ben);
    must(await aroha.choose(NOW));
    const { record, consent } = await shared(site);
    await aroha.share(consent);
    await restoredAfter(async () => {
      site.clock.now += 1;
      ben.newPasskey();
      must(await ben.blind.replace(BEN, await ben.newKey(site.clock.now)));
      expect(await aroha.share(consent)).toBe(1);
      expect(await ben.read(record, 'TREAT')).toBe(TEXT);
    });
    expect([await count('consent'), await ben.read(record, 'TREAT')]).toEqual([0, 'NOT_SEALED_TO_YOU']);
    expect([await aroha.share(consent), await ben.read(record, 'TREAT')]).toEqual([1, TEXT]);
    await restoredAfter(async () => must(await site.vault.takeBack(consent, AROHA)));
    expect([await ben.read(record, 'TREAT'), await aroha.read(record)]).toEqual(['RECORD_NOT_SEEN', TEXT]);
  });

  it('an emergency ended, and somebody else stopped asking for her key: nothing that was released opens anything', async () => {
    await keepKeys(aroha, ben, cat, dan);
    must(await aroha.choose(NOW, await holdersOf(cat, dan)));
    const { record } = await shared(site);
    const care = { subject: AROHA, kind: 'encounter', until: NOW + DAY_MS } as const;
    must(await site.vault.people.care.report(care, { by: 'svc-ward', organisation: CLINIC }));
    const draft: GlassDraft = { subject: AROHA, reason: 'cannot-answer', words: 'Unconscious after a fall' };
    const glass = must(await site.vault.people.emergencies.break(draft, person(BEN)));
    must(await ben.blind.quorum.askInEmergency(glass.id, BEN));
    await aroha.askRecovery();
    for (const one of [cat, dan]) await one.release();
    expect(await ben.read(record, 'ETREAT')).toBe(TEXT);
    await restoredAfter(async () => {
      must(await site.vault.people.emergencies.end(glass.id, BEN));
      must(await aroha.blind.endRecovery(AROHA));
    });
    expect([await ben.read(record, 'ETREAT'), await cat.asks(), (await aroha.standing).recovery]).toEqual([
      'RECORD_NOT_SEEN',
      [],
      null,
    ]);
    await site.vault.tick();
    expect([await count('release'), await aroha.read(record)]).toEqual([0, TEXT]);
  });

  it('it was turned off: she hands back what came back locked; and turned on again: with those she named last', async () => {
    await keepKeys(aroha, cat, dan, eve);
    must(await aroha.choose(NOW, await holdersOf(cat, dan)));
    const { record } = await shared(site);
    const turnOff = async () => {
      must(await aroha.choose(site.clock.now, { do: 'turn-off' }));
      expect(await aroha.handBack()).toEqual({ done: 1, left: 0 });
    };
    site.clock.now += 1;
    await restoredAfter(turnOff);
    expect((await aroha.standing).mode).toMatchObject({ state: 'turning-off', left: 1 });
    expect([await site.seen(record), await aroha.read(record)]).toEqual(['RECORD_BLIND', TEXT]);
    expect([await aroha.handBack(), await site.seen(record)]).toEqual([{ done: 1, left: 0 }, TEXT]);
    site.clock.now = NOW + 10;
    must(await aroha.choose(site.clock.now, await holdersOf(cat, dan)));
    site.clock.now += 10;
    await restoredAfter(async () => {
      await turnOff();
      must(await aroha.choose(site.clock.now + 1, await holdersOf(dan, eve)));
    });
    expect((await aroha.standing).mode).toMatchObject({ state: 'on', holders: [{ person: DAN }, { person: EVE }] });
    expect([await site.seen(record), await aroha.read(record)]).toEqual(['RECORD_BLIND', TEXT]);
  });
});
