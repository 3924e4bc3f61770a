/** A consent that is taken back is confirmed by the journal: SQL may take its time, and nobody believes it meanwhile. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Saver } from '@cityward/journal';
import type { Sql } from '@cityward/sql';
import { AROHA, must } from '../testing.ts';
import { gate, useVault } from '../testing-rig.ts';
import type { StoredConsent } from './consent-store.ts';
import { Unsaved } from './unsaved.ts';

/** SQL whose transactions wait from a moment on. */
function slow(over: Sql, held: ReturnType<typeof gate>): Sql & { slowDown(): void } {
  let isSlow = false;
  return {
    ...over,
    slowDown: () => void (isSlow = true),
    transact: async (work) => {
      if (isSlow) await held.pass();
      return over.transact(work);
    },
  };
}

describe('taking a consent back', () => {
  const rig = useVault();
  it('is confirmed while SQL still works, and what is asked then knows it', async () => {
    const record = await rig.put();
    const id = await rig.give();
    const held = gate();
    const sql = slow(rig.sql, held);
    await rig.restartOver(sql);
    expect(await rig.seen(record)).toContain('4711-canary');
    sql.slowDown();
    expect(must(await rig.at.vault.takeBack(id, AROHA)).state).toBe('taken-back');
    await held.isReached;
    expect(rig.at.vault.status().unsaved).toBe(1);
    expect(await rig.seen(record)).not.toContain('4711-canary');
    expect((await rig.at.vault.consents(AROHA)).map(({ state }) => state)).toEqual(['taken-back']);
    expect(must(await rig.at.vault.takeBack(id, AROHA)).state).toBe('taken-back');
    held.open();
    await rig.restart();
    expect((await rig.outbox()).filter(({ type }) => type === 'consent.taken-back')).toHaveLength(1);
  });
});

describe('what SQL says meanwhile', () => {
  const CONSENT = { grant: { id: 'con-1', state: { is: 'standing' } } } as unknown as StoredConsent;
  const taken = { id: 'con-1', at: 5, by: AROHA };
  const saving = () => {
    let onSaved = (): void => undefined;
    const saver = { save: (_work: unknown, done: () => void) => ((onSaved = done), Promise.resolve()) };
    const unsaved = new Unsaved();
    unsaved.save(saver as unknown as Saver, taken, () => Promise.resolve());
    return { unsaved, saved: () => onSaved() };
  };
  const stateOf = (consent: StoredConsent | null) => consent?.grant.state.is;

  it('is not believed of what it does not know yet, one by one or in a list', async () => {
    const { unsaved } = saving();
    expect(stateOf(await unsaved.over(Promise.resolve(CONSENT)))).toBe('taken-back');
    expect((await unsaved.over(Promise.resolve([CONSENT]))).map(stateOf)).toEqual(['taken-back']);
    expect(await unsaved.over(Promise.resolve(null))).toBeNull();
  });
  it('is not believed either where it was asked before it knew and answers after', async () => {
    const { unsaved, saved } = saving();
    let answer = (_consent: StoredConsent): void => undefined;
    const late = unsaved.over(new Promise<StoredConsent>((resolve) => (answer = resolve)));
    saved();
    await turn();
    expect(unsaved.has('con-1')).toBe(true);
    answer(CONSENT);
    expect(stateOf(await late)).toBe('taken-back');
    await turn();
    expect(unsaved.has('con-1')).toBe(false);
    expect(stateOf(await unsaved.over(Promise.resolve(CONSENT)))).toBe('standing');
  });
});
