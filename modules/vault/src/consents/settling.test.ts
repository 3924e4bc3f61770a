/** The journal lets go of what was taken back long ago, and of nothing that SQL or the ledger may not have. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OwnerFileStep } from '@cityward/journal';
import { DAY_MS } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { SETTLED_AFTER_MS } from './settling.ts';
import { inJournal, journalBytes, takenLongAgo, type TakenLongAgo } from './testing-taken.ts';
import { AROHA, BEN, consentTo, must, NOW, OFFICER, recordOf, testVault, type TestVault } from '../testing.ts';
import { look } from '../testing-rig.ts';

const MANY = 2_000;
const KEPT_MAX = 1_000;
const LATER = NOW + SETTLED_AFTER_MS + 1;
const STEPS: readonly OwnerFileStep[] = ['write', 'sync', 'rename', 'sync-folder'];

let sql: TestSql;
let folder: string;
let at: TestVault | null;
let taken: TakenLongAgo;
beforeAll(async () => {
  sql = await openTestSql();
}, 120_000);
afterAll(() => sql.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-settling-'));
  at = null;
});
afterEach(async () => {
  await stopped();
  await sql.reset();
  rmSync(folder, { recursive: true, force: true });
});

async function stopped(): Promise<void> {
  await at?.vault.stop();
  at = null;
}
async function started(now = LATER, options: Parameters<typeof testVault>[2] = {}): Promise<TestVault> {
  await stopped();
  at = testVault(sql, folder, { ledger: taken.ledger, settleAbove: KEPT_MAX, ...options });
  at.clock.now = now;
  await at.vault.start();
  return at;
}
/** A vault that has run, and has taken back many since. */
async function usedFor(count = MANY): Promise<void> {
  const first = testVault(sql, folder);
  await first.vault.start();
  await first.vault.stop();
  taken = await takenLongAgo({ sql, folder }, count, first.ledger);
}
const shape = async (): Promise<string[]> => (await inJournal(folder)).map((change) => change.do);
const putBack = (ids: readonly string[]): Promise<unknown> =>
  raw`update vault.consent set taken_back_at = null, taken_back_by = null where id = any(${ids}::text[])`.execute(
    sql.for(),
  );
const standing = async (): Promise<number> =>
  (
    await raw<{ n: number }>`select count(*)::int as n from vault.consent where taken_back_at is null`.execute(
      sql.for(),
    )
  ).rows[0]!.n;

describe('what was taken back long ago', { timeout: 120_000 }, () => {
  it('is one line of the journal, in the file and in memory, and the next one is numbered on', async () => {
    await usedFor();
    const before = journalBytes(folder);
    const { vault } = await started();
    expect(journalBytes(folder)).toBeLessThan(before / 100);
    expect(await shape()).toEqual(['settled']);
    expect((await inJournal(folder)).map(({ sequence }) => sequence)).toEqual([MANY]);
    const { record } = must(await vault.put(recordOf(), OFFICER));
    const { id } = must(await vault.give(consentTo(BEN, { from: LATER, until: LATER + DAY_MS }), AROHA));
    must(await vault.takeBack(id, AROHA));
    await started();
    expect((await inJournal(folder)).map((change) => [change.sequence, change.do])).toEqual([
      [MANY, 'settled'],
      [MANY + 1, 'take-back'],
    ]);
    expect((await at!.vault.view(look(record))).ok).toBe(false);
    expect(at!.vault.status().gate.is).toBe('open');
  });

  it('stays where it is young, few, or not in the ledger yet', async () => {
    await usedFor();
    await started(NOW + SETTLED_AFTER_MS - 1);
    expect(await shape()).toHaveLength(MANY);
    await started(LATER, { settleAbove: MANY });
    expect(await shape()).toHaveLength(MANY);
    const late = taken.ids.at(-7)!;
    const index = taken.ledger.facts.findIndex(({ data }) => data['consent'] === late);
    const [fact] = taken.ledger.facts.splice(index, 1, { ...taken.ledger.facts[index]!, type: 'consent.given' });
    await started();
    expect((await inJournal(folder)).map((change) => ('consent' in change ? change.consent : change.do))).toEqual([
      late,
      'settled',
    ]);
    // It comes to the ledger after all, where the next start looks on.
    await taken.ledger.append([{ ...fact!, id: 'evt-late' }]);
    await started(LATER, { settleAbove: 0 });
    expect(await shape()).toEqual(['settled']);
  });

  it.each(['one of them', 'all of them', 'one in place of another'] as const)(
    'is put in force again from the ledger where SQL says otherwise: %s',
    async (which) => {
      await usedFor();
      await started();
      await stopped();
      await putBack(which === 'all of them' ? taken.ids : taken.ids.slice(0, 1));
      if (which === 'one in place of another')
        await raw`update vault.consent set id = id || '0' where id = ${taken.ids[1]!}`.execute(sql.for());
      const { vault } = await started();
      expect(await standing()).toBe(0);
      // Only SQL was behind: the ledger and the folder are the ones they were.
      expect(vault.status().gate.is).toBe('open');
      const incarnation = vault.incarnation();
      await started();
      expect([await shape(), at!.vault.incarnation()]).toEqual([['settled'], incarnation]);
    },
  );

  it('is there as before, or as it was to be, where letting go of it fails or is cut off at any write', async () => {
    await usedFor();
    for (const [done, failing] of STEPS.entries()) {
      const { vault } = await started(LATER, {
        beforeJournalStep: (step) => (step === failing ? Promise.reject(new Error('ENOSPC')) : Promise.resolve()),
      });
      expect([failing, vault.status().gateWords]).toEqual([failing, 'open']);
      // The new file has its name from the last step on.
      expect([failing, (await shape()).length]).toEqual([failing, done + (failing === 'sync-folder' ? 1 : MANY)]);
      const { record } = must(await vault.put(recordOf(), OFFICER));
      const { id } = must(await vault.give(consentTo(BEN, { from: LATER, until: LATER + DAY_MS }), AROHA));
      must(await vault.takeBack(id, AROHA));
      expect((await inJournal(folder)).at(-1)).toMatchObject({ do: 'take-back', consent: id });
      expect((await vault.view(look(record))).ok).toBe(false);
      await stopped();
      // As SQL has it that had not heard of this one.
      await putBack([id]);
      expect((await (await started(LATER, { settleAbove: Infinity })).vault.view(look(record))).ok).toBe(false);
    }
  });
});
