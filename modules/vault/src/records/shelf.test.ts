/** What is at hand is what SQL has: nothing that has changed is given out, however reads and changes meet. */
import { describe, expect, it } from 'vitest';
import { AROHA, must, OFFICER, person, recordOf } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { Shelf } from './shelf.ts';

const rig = useVault();
const versionOf = (found: Awaited<ReturnType<Shelf['version']>>) =>
  typeof found === 'object' ? found?.version : found;
const own = { principal: person(AROHA) };
const db = () => rig.sql.for<{ 'vault.version': { record: string; content: Buffer | null } }>();

describe('records at hand', () => {
  it('are asked of SQL once', async () => {
    const record = await rig.put();
    const first = await rig.seen(record, own);
    await db().updateTable('vault.version').set({ content: null }).where('record', '=', record).execute();
    expect(await rig.seen(record, own)).toBe(first);
    // An older version by its number is not at hand.
    expect(await rig.seen(record, { ...own, version: 1 })).toBe('RECORD_NOT_SEEN');
  });

  it('give way to a new version', async () => {
    const record = await rig.put();
    await rig.seen(record, own);
    must(await rig.at.vault.put(recordOf('second', { record }), OFFICER));
    expect(await rig.seen(record, own)).toBe('second');
  });

  it('never put back what was read before it changed', async () => {
    const record = await rig.put();
    const shelf = new Shelf(rig.sql);
    const head = (await shelf.head(record))!;
    const reading = shelf.version(head);
    shelf.forget(record);
    expect(versionOf(await reading)).toBe(1);
    await db().deleteFrom('vault.version').where('record', '=', record).execute();
    expect(await shelf.version(head)).toBeNull();
  });

  it('take no more room than they may', async () => {
    const shelf = new Shelf(rig.sql, { maxBytes: 3_000 });
    for (let i = 0; i < 10; i++) {
      const head = await shelf.head(await rig.put({}, 'x'.repeat(500)));
      expect(versionOf(await shelf.version(head!))).toBe(1);
      expect(shelf.bytes).toBeLessThanOrEqual(3_000);
    }
    const head = await shelf.head(await rig.put({}, 'x'.repeat(5_000)));
    expect(versionOf(await shelf.version(head!))).toBe(1);
    expect(shelf.bytes).toBe(0);
  });
});
