/** What was taken back or destroyed is gone at once, for views under way too, and stays gone whatever fails. */
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '@cityward/kernel';
import { AROHA, codeOf, keysInTheClear, must, NOW, OFFICER, person, recordOf, TEXT, watchedFile } from './testing.ts';
import { deaf, gate, look, useVault } from './testing-rig.ts';

const rig = useVault();

describe('taking a consent back', () => {
  it('is in force at once, answered once it is on disk, and told once', async () => {
    const record = await rig.put();
    const consent = await rig.give();
    const disk = gate();
    await rig.restart({ openJournalFile: watchedFile((path) => open(path, 'a+', 0o600), disk.pass) });
    expect(await rig.seen(record)).toBe(TEXT);
    let answered = false;
    const taking = rig.at.vault.takeBack(consent, AROHA).then((answer) => ((answered = true), must(answer)));
    const again = rig.at.vault.takeBack(consent, AROHA).then((answer) => ((answered = true), answer));
    await disk.isReached;
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
    expect(answered).toBe(false);
    expect(readFileSync(join(rig.folder, 'journal', 'vault.journal'), 'utf8')).toBe('');
    disk.open();
    expect((await taking).state).toBe('taken-back');
    expect(must(await again).takenBack).toEqual({ at: NOW, by: AROHA });
    await rig.restart();
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
    expect((await rig.outbox()).filter(({ type }) => type === 'consent.taken-back')).toHaveLength(1);
    expect(codeOf(await rig.at.vault.takeBack('con-0000', AROHA))).toBe('CONSENT_UNKNOWN');
  });

  it('is synced, not only written, before it is answered', async () => {
    const consent = await rig.give();
    const calls: string[] = [];
    await rig.restart({
      openJournalFile: watchedFile(
        (path) => open(path, 'a+', 0o600),
        (call) => (calls.push(call), Promise.resolve()),
      ),
    });
    must(await rig.at.vault.takeBack(consent, AROHA).finally(() => calls.push('answered')));
    expect(calls).toEqual(['append', 'datasync', 'answered']);
  });

  it('holds where SQL never heard of it, and the ledger hears of it at the next start', async () => {
    const record = await rig.put();
    const consent = await rig.give();
    await rig.restartOver(deaf(rig.sql));
    must(await rig.at.vault.takeBack(consent, AROHA));
    await rig.restartOver(rig.sql);
    expect(rig.at.vault.status().replayed).toBe(1);
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
    await rig.restart();
    expect(rig.at.vault.status().replayed).toBe(0);
    expect((await rig.outbox()).filter(({ type }) => type === 'consent.taken-back')).toHaveLength(1);
  });

  it('on a full disk is not answered for, stays dark, and is written when asked again', async () => {
    const record = await rig.put();
    const consent = await rig.give();
    let isFull = true;
    const full = () => (isFull ? Promise.reject(new Error('ENOSPC')) : Promise.resolve());
    await rig.restart({ openJournalFile: watchedFile((path) => open(path, 'a+', 0o600), full) });
    await expect(rig.at.vault.takeBack(consent, AROHA)).rejects.toThrow('ENOSPC');
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
    isFull = false;
    must(await rig.at.vault.takeBack(consent, AROHA));
    await rig.restart();
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
  });

  it('stops a view that is under way: what the disk was asked to record is not handed out', async () => {
    const record = await rig.put();
    const consent = await rig.give();
    const disk = gate();
    rig.at.ledger.disk = disk.pass;
    const view = rig.at.vault.view(look(record));
    await disk.isReached;
    must(await rig.at.vault.takeBack(consent, AROHA));
    disk.open();
    expect(codeOf(await view)).toBe('RECORD_NOT_SEEN');
    expect(rig.at.ledger.facts.map(({ type, data }) => [type, data['why']])).toEqual([
      ['record.viewed', undefined],
      ['record.refused', 'taken-back'],
    ]);
  });

  it('is never followed by a view, in 400 random interleavings', async () => {
    const record = await rig.put();
    const random = seeded('vault/interleavings');
    const turns = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await new Promise((done) => setImmediate(done));
    };
    let [served, refused] = [0, 0];
    for (let round = 0; round < 100; round++) {
      const consent = await rig.give();
      let acknowledged = false;
      // Asked of the disk in this round: the taking back begins after some of the views have come that far.
      let asked = 0;
      rig.at.ledger.disk = () => (asked++, turns(random.int(6)));
      const viewing = Array.from({ length: 4 }, async () => {
        await turns(random.int(20));
        const answer = await rig.at.vault.view(look(record));
        if (answer.ok && acknowledged) throw new Error(`round ${round}: served after it was acknowledged`);
        if (answer.ok) served++;
        else refused++;
      });
      const taking = (async () => {
        for (const wanted = random.int(5); asked < wanted;) await turns(1);
        await turns(random.int(4));
        must(await rig.at.vault.takeBack(consent, AROHA));
        acknowledged = true;
      })();
      await Promise.all([...viewing, taking]);
    }
    expect(served + refused).toBe(400);
    expect(Math.min(served, refused)).toBeGreaterThan(20);
  }, 60_000);
});

describe('the ledger', () => {
  it('that takes nothing lets nothing be seen, and no refusal be told', async () => {
    const record = await rig.put();
    await rig.give();
    rig.at.ledger.isFull = true;
    await expect(rig.at.vault.view(look(record))).rejects.toThrow('ENOSPC');
    await expect(rig.at.vault.view(look('rec-0000'))).rejects.toThrow('ENOSPC');
    rig.at.ledger.isFull = false;
    expect(await rig.seen(record)).toBe(TEXT);
  });
});

describe('a destroyed record', () => {
  const versionsOf = (record: string) =>
    rig.sql
      .for<{ 'vault.version': { record: string; content: Buffer | null } }>()
      .selectFrom('vault.version')
      .select('content')
      .where('record', '=', record)
      .execute();

  it('is gone for everybody: its keys from the key file, its ciphertext from SQL', async () => {
    const [record, other] = [await rig.put(), await rig.put({}, 'other')];
    must(await rig.at.vault.put(recordOf('second', { record }), OFFICER));
    await rig.give();
    const before = await keysInTheClear(join(rig.folder, 'keys'));
    const held = must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'asked for' }));
    expect(held.destroyed).toEqual({ at: NOW, by: OFFICER, reason: 'asked for' });
    expect([await rig.seen(record), await rig.seen(record, { principal: person(AROHA) })]).toEqual([
      'RECORD_DESTROYED',
      'RECORD_DESTROYED',
    ]);
    expect(await rig.seen(record, { principal: person('per-cat') })).toBe('RECORD_NOT_SEEN');
    const after = await keysInTheClear(join(rig.folder, 'keys'));
    expect([before.length, after.length]).toEqual([6, 4]);
    expect(await versionsOf(record)).toEqual([{ content: null }, { content: null }]);
    expect(await rig.seen(other)).toBe('other');
    expect(codeOf(await rig.at.vault.put(recordOf('third', { record }), OFFICER))).toBe('RECORD_DESTROYED');
    expect(codeOf(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'again' }))).toBe('RECORD_DESTROYED');
    expect(codeOf(await rig.at.vault.destroy('rec-0000', { by: OFFICER, reason: 'x' }))).toBe('RECORD_UNKNOWN');
    await rig.restart();
    expect(await rig.seen(record)).toBe('RECORD_DESTROYED');
    expect((await rig.outbox()).filter(({ type }) => type === 'record.destroyed')).toHaveLength(1);
  });

  it('is not seen by a view that was under way', async () => {
    const record = await rig.put();
    await rig.give();
    const disk = gate();
    rig.at.ledger.disk = disk.pass;
    const view = rig.at.vault.view(look(record));
    await disk.isReached;
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'asked for' }));
    disk.open();
    expect(codeOf(await view)).toBe('RECORD_DESTROYED');
  });

  it('leaves no version behind that was stored at the same time', async () => {
    const record = await rig.put();
    const storing = Array.from({ length: 5 }, (_, i) => rig.at.vault.put(recordOf(`v${i}`, { record }), OFFICER));
    const destroying = rig.at.vault.destroy(record, { by: OFFICER, reason: 'asked for' });
    const late = Array.from({ length: 5 }, (_, i) => rig.at.vault.put(recordOf(`w${i}`, { record }), OFFICER));
    await Promise.all([...storing, ...late]);
    must(await destroying);
    // The person's, the category's and the root's are left.
    expect(await keysInTheClear(join(rig.folder, 'keys'))).toHaveLength(3);
    expect((await versionsOf(record)).every(({ content }) => content === null)).toBe(true);
  });

  it('that could not be written down is not destroyed', async () => {
    const record = await rig.put();
    const full = () => Promise.reject(new Error('ENOSPC'));
    await rig.restart({ openJournalFile: watchedFile((path) => open(path, 'a+', 0o600), full) });
    await expect(rig.at.vault.destroy(record, { by: OFFICER, reason: 'asked for' })).rejects.toThrow('ENOSPC');
    expect(await rig.seen(record, { principal: person(AROHA) })).toBe(TEXT);
    await rig.restart();
    expect(await rig.seen(record, { principal: person(AROHA) })).toBe(TEXT);
  });

  it('stays destroyed where SQL never heard of it', async () => {
    const record = await rig.put();
    await rig.restartOver(deaf(rig.sql));
    await rig.at.vault.destroy(record, { by: OFFICER, reason: 'asked for' });
    await rig.restartOver(rig.sql);
    expect(rig.at.vault.status().replayed).toBe(1);
    expect(await rig.seen(record, { principal: person(AROHA) })).toBe('RECORD_DESTROYED');
    expect(await versionsOf(record)).toEqual([{ content: null }]);
    expect((await rig.outbox()).filter(({ type }) => type === 'record.destroyed')).toHaveLength(1);
  });
});
