/** Records that the city cannot read, where there are many of them, or many people who chose it. */
import { describe, expect, it } from 'vitest';
import { BLIND_SEALS_MAX, type BlindAsk, type GlassDraft } from '@cityward/contracts';
import { DAY_MS, refuse } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { sql as raw } from 'kysely';
import type { Keyring } from '../keys/keyring.ts';
import { createLanes } from '../records/lanes.ts';
import { AROHA, BEN, CAT, CLINIC, must, NOW, OFFICER, person, recordOf, TEXT } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { addMode } from './mode-store.ts';
import { BlindModes } from './modes.ts';
import { Resealing, type ResealParts } from './reseal.ts';
import { passkeyAtPortal, TestBrowser } from './testing-browser.ts';

const rig = useVault({ passkeyAtPortal });
const browserOf = (who: string): TestBrowser => new TestBrowser(who, () => rig.at.vault);
const [aroha, ben, cat, dan] = [AROHA, BEN, CAT, 'per-dan'].map(browserOf) as [
  TestBrowser,
  TestBrowser,
  TestBrowser,
  TestBrowser,
];

/** More versions of a record in SQL, each with the content and the seals of the first. */
async function addVersions(record: string, last: number): Promise<void> {
  const db = rig.sql.for();
  const first = raw`record = ${record} and version = 1`;
  const more = raw`generate_series(2, ${last}::int) as n`;
  await raw`insert into vault.version (record, version, key, media, bytes, at, by_whom, content)
    select record, n, md5(record || n), media, bytes, at, by_whom, content from vault.version, ${more}
    where ${first}`.execute(db);
  await raw`insert into vault.blind_version (record, version) select record, n from vault.blind_version, ${more}
    where ${first}`.execute(db);
  await raw`insert into vault.blind_seal (record, version, use, to_whom, under, from_whom, sealed)
    select record, n, use, to_whom, under, from_whom, sealed from vault.blind_seal, ${more} where ${first}`.execute(db);
}

describe('keys for a consent', () => {
  it('are offered however much that it does not reach lies before them', async () => {
    const [other, record] = [await rig.put(), await rig.put()].sort();
    await aroha.keepKey();
    must(await aroha.choose(NOW));
    await ben.keepKey();
    await addVersions(other!, 5_001);
    const consent = await rig.give({ scope: { of: 'records', records: [record!] } });
    expect(await aroha.share(consent)).toBe(1);
    expect(await ben.read(record!, 'TREAT')).toBe(TEXT);
  });
});

describe('shares in an emergency', () => {
  const DRAFT: GlassDraft = { subject: AROHA, reason: 'cannot-answer', words: 'Unconscious after a fall' };

  it('are all released by a holder of more than are sent at once, who is asked until they are', async () => {
    rig.at.posts.set(BEN, [{ organisation: CLINIC, role: 'doctor' }]);
    const holders = [];
    for (const one of [cat, dan]) holders.push({ person: one.who, publicKey: await one.keepKey() });
    for (const one of [aroha, ben]) await one.keepKey();
    must(await aroha.choose(NOW, { needed: 2, holders }));
    await addVersions(await rig.put(), BLIND_SEALS_MAX + 1);
    const care = { subject: AROHA, kind: 'encounter', until: NOW + DAY_MS } as const;
    must(await rig.at.vault.people.care.report(care, { by: 'svc-ward', organisation: CLINIC }));
    const glass = must(await rig.at.vault.people.emergencies.break(DRAFT, person(BEN)));
    must(await ben.blind.quorum.askInEmergency(glass.id, BEN));
    const left = async (): Promise<number> =>
      (
        await rig.sql
          .for<{ 'vault.blind_seal': { use: string } }>()
          .selectFrom('vault.blind_seal')
          .selectAll()
          .where('use', '=', 'release')
          .execute()
      ).length;
    const asked = async () => (await cat.asks())[0]!;
    const release = async (some: BlindAsk['shares'], ask: string) =>
      must(await cat.blind.quorum.release(ask, { seals: some, holder: CAT })).done;
    const first = await asked();
    expect([first.released, await release(first.shares, first.id)]).toEqual([false, BLIND_SEALS_MAX]);
    const { released, shares } = await asked();
    expect([released, await release(shares.slice(0, 1), first.id)]).toEqual([false, 1]);
    expect([(await asked()).released, await left()]).toEqual([true, BLIND_SEALS_MAX + 1]);
    expect((await dan.asks()).map((ask) => ask.released)).toEqual([false]);
    rig.at.clock.now = glass.until;
    await rig.at.vault.tick();
    expect(await left()).toBe(0);
  });
});

describe('a look at what is due', () => {
  it('reads no more where more people chose it and all of theirs is sealed', async () => {
    let reads = 0;
    const counted = { ...rig.sql, for: ((...of) => (reads++, rig.sql.for(...of))) as typeof rig.sql.for };
    await rig.restartOver(counted, { passkeyAtPortal });
    const readsOf = async (): Promise<number> => {
      reads = 0;
      await rig.at.vault.blind.blind().tend();
      return reads;
    };
    const counts = [];
    for (const one of [aroha, ben]) {
      await rig.put({ subject: one.who });
      await one.keepKey();
      must(await one.choose(NOW));
      counts.push(await readsOf());
    }
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[1]).toBe(counts[0]);
  });

  it('says once of a version that it cannot be sealed, and tries it again each time', async () => {
    const record = await rig.put();
    const publicKey = await aroha.keepKey();
    const mode = { subject: AROHA, state: 'on', since: NOW, needed: 0, publicKey, holders: [] } as const;
    await rig.sql.transact((tx) => addMode(tx, mode, '{}'));
    const said: unknown[] = [];
    let opened = 0;
    const gone = () => (opened++, Promise.resolve(refuse('gone', 'KEY_GONE', 'open a key: it is gone')));
    const resealing = new Resealing({
      sql: rig.sql,
      log: { ...silentLog, error: (_, about) => void said.push(about) },
      keyring: { open: gone } as unknown as Keyring,
      ...({} as Pick<ResealParts, 'shelf' | 'sharing'>),
      ...{ inLane: createLanes(), modes: await BlindModes.open({ sql: rig.sql, isShared: false }) },
    });
    for (let nth = 1; nth <= 2; nth++) expect(await resealing.seal(AROHA)).toBe(0);
    expect([said, opened]).toEqual([[{ record, version: 1 }], 2]);
    must(await rig.at.vault.put(recordOf('second', { record }), OFFICER));
    await resealing.seal(AROHA);
    expect([said.slice(1), opened]).toEqual([[{ record, version: 2 }], 4]);
  });
});
