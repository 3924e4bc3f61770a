/** Records as pictures over real SQL, files and HTTP: seen and not had, marked, traced, and gone from memory. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConsentDraft } from '@cityward/contracts';
import { damaged } from '@cityward/pictures/testing';
import { fetchAs, openDoor, openPage, type TestDoor } from '../lease/testing-views.ts';
import { AROHA, BEN, codeOf, must, NOW, OFFICER, person } from '../testing.ts';
import { gate, look, useVault } from '../testing-rig.ts';

const rig = useVault();
let door: TestDoor;
beforeEach(async () => {
  door = await openDoor(rig.at.vault);
});
afterEach(() => door.listener.stop());

const CAT = 'per-cat';
const SEE: Partial<ConsentDraft> = { rights: ['view'] };
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);
const seen = (record: string, change: { who?: string; page?: number; version?: number } = {}) =>
  rig.at.vault.picture({
    look: { record, version: change.version, purpose: 'TREAT', principal: person(change.who ?? BEN) },
    page: change.page ?? 1,
    session: `ses-${change.who ?? BEN}`,
  });
const get = (path: string, who = BEN): Promise<Response> => fetchAs(who)(`${door.base}${path}`);
/** The city's clock goes on, as the proofs of an open page want it. */
function onTime(): void {
  const began = performance.now();
  Object.defineProperty(rig.at.clock, 'now', { get: () => NOW + Math.trunc(performance.now() - began) });
}

describe('the right to view, without that to read as text', () => {
  it('shows pages as pictures, and content in no way', async () => {
    onTime();
    const record = await rig.put();
    expect(codeOf(await seen(record))).toBe('RECORD_NOT_SEEN');
    await rig.give(SEE);
    const answer = await get(`/api/records/${record}/pages/1?purpose=TREAT`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(answer.headers.get('etag')).toBeNull();
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(0, 3)).toEqual(JPEG);
    expect(bytes.includes('4711')).toBe(false);
    expect((await get(`/api/records/${record}/content?purpose=TREAT`)).status).toBe(404);
    const wish = { record, purpose: 'TREAT' };
    await expect(openPage(door, wish, fetchAs(BEN))).rejects.toMatchObject({ code: 'RECORD_NOT_SEEN' });
    for (const page of ['0', '2', 'x', '1e1'])
      expect((await get(`/api/records/${record}/pages/${page}?purpose=TREAT`)).status).toBeGreaterThanOrEqual(400);
  }, 60_000);

  it('opens a record on a page as pictures too, which go dark with it', async () => {
    onTime();
    const lines = Array.from({ length: 120 }, (_, at) => at);
    const json = { media: 'application/json', content: Buffer.from(JSON.stringify(lines)).toString('base64') } as const;
    const record = await rig.put(json);
    const consent = await rig.give(SEE);
    const page = await openPage(door, { record, purpose: 'TREAT', as: 'pictures' }, fetchAs(BEN));
    expect([page.media, page.pages]).toEqual(['image/jpeg', 4]);
    for (const at of [0, 1, 0]) expect(Buffer.from(await page.page(at)).subarray(0, 3)).toEqual(JPEG);
    must(await rig.at.vault.takeBack(consent, AROHA));
    expect(await page.dark).toBe('told');
    await expect(page.page(2)).rejects.toMatchObject({ code: 'VIEW_OVER' });
    expect(rig.at.vault.status().drawnPages).toBe(0);
  }, 60_000);
});

describe('a look at a page', () => {
  it('is in the ledger with the page and the mark, counts as a use, and each version is drawn anew', async () => {
    const record = await rig.put();
    const consent = await rig.give({ ...SEE, uses: 2 });
    const first = must(await seen(record));
    must(
      await rig.at.vault.put(
        {
          subject: AROHA,
          category: 'blood-tests',
          media: 'application/json',
          content: Buffer.from('"other"').toString('base64'),
          record,
        },
        OFFICER,
      ),
    );
    expect(must(await seen(record)).jpeg.equals(first.jpeg)).toBe(false);
    expect(codeOf(await seen(record))).toBe('RECORD_NOT_SEEN');
    const mark = rig.at.ledger.of('record.viewed')[0]?.data['mark'];
    const session = `ses-${BEN}`;
    expect(rig.at.ledger.of('record.viewed').map(({ data }) => data)).toEqual([
      { record, purpose: 'TREAT', version: 1, consent, page: 1, mark, session },
      { record, purpose: 'TREAT', version: 2, consent, page: 1, mark, session },
    ]);
    expect(mark).toMatch(/^mark-/);
  }, 60_000);

  it('is not let see what cannot be drawn, says why, and that is recorded', async () => {
    const record = await rig.put({
      media: 'application/pdf',
      content: Buffer.from('%PDF-1.7 damaged').toString('base64'),
    });
    await rig.give(SEE);
    expect(codeOf(await seen(record))).toBe('NOT_DRAWN');
    expect(rig.at.ledger.of('record.refused').map(({ data }) => data['why'])).toEqual(['not-drawn']);
    expect(rig.at.ledger.of('record.viewed')).toEqual([]);
  }, 60_000);

  it('hands out nothing where it cannot be recorded, or where the consent is taken back meanwhile', async () => {
    const record = await rig.put();
    const consent = await rig.give(SEE);
    const disk = gate();
    rig.at.ledger.disk = disk.pass;
    const waiting = seen(record);
    await disk.isReached;
    must(await rig.at.vault.takeBack(consent, AROHA));
    disk.open();
    expect(codeOf(await waiting)).toBe('RECORD_NOT_SEEN');
    rig.at.ledger.disk = () => Promise.resolve();
    await rig.give(SEE);
    rig.at.ledger.isFull = true;
    await expect(seen(record)).rejects.toThrow('ENOSPC');
    rig.at.ledger.isFull = false;
    expect(codeOf(await seen(record))).toBe('done');
  }, 60_000);
});

describe('a picture of a page', () => {
  it('says whose copy it is, after a screenshot, cropped and at half the size; that it was asked is told its owner', async () => {
    const record = await rig.put();
    const consent = await rig.give(SEE);
    const theirs = must(await rig.at.vault.give({ ...consentOf(), person: CAT }, AROHA)).id;
    const [bens, cats] = [must(await seen(record)).jpeg, must(await seen(record, { who: CAT })).jpeg];
    await rig.restart();
    for (const [jpeg, who, by] of [
      [bens, BEN, consent],
      [cats, CAT, theirs],
    ] as const) {
      const crop = { x: 0.3, y: 0.2, width: 0.5, height: 0.5 };
      const traced = must(await rig.at.vault.trace(await damaged(jpeg, { crop, size: 0.5, quality: 70 }), OFFICER));
      const [copy, ...more] = traced.copies;
      expect([traced.among, more]).toEqual([2, []]);
      expect(copy).toMatchObject({ person: who, session: `ses-${who}`, consent: by, record, subject: AROHA, at: NOW });
      expect(rig.at.ledger.of('picture.traced').at(-1)).toMatchObject({
        actor: OFFICER,
        subject: AROHA,
        personal: true,
        data: { mark: copy!.mark, person: who },
      });
    }
    expect((await rig.at.vault.looks.list(AROHA, {}))[0]).toMatchObject({ what: 'traced', by: OFFICER, record });
  }, 120_000);

  it('that is none is refused', async () => {
    expect(codeOf(await rig.at.vault.trace(Buffer.from('no picture'), OFFICER))).toBe('NOT_DRAWN');
  });
});
const consentOf = (): ConsentDraft => ({
  ...{ subject: AROHA, person: BEN, scope: { of: 'categories', categories: ['blood-tests'] }, rights: ['view'] },
  ...{ purpose: 'TREAT', from: NOW, until: NOW + 1_000_000, uses: null, refrains: [] },
});

// Attack A9: what is left of a page once it was shown.
describe('a page that was shown', () => {
  it('is nowhere but in memory, and overwritten there when its record is destroyed or its consent taken back', async () => {
    const text = 'page-canary-4712';
    const record = await rig.put({
      media: 'application/json',
      content: Buffer.from(JSON.stringify({ text })).toString('base64'),
    });
    const consent = await rig.give(SEE);
    const drawn = (): unknown[] => [rig.at.vault.status().drawnPages, rig.at.vault.status().drawnBytes];
    const shown = must(await seen(record)).jpeg;
    expect(drawn()).toEqual([1, expect.any(Number)]);
    must(await rig.at.vault.takeBack(consent, AROHA));
    expect(drawn()).toEqual([0, 0]);
    await rig.give(SEE);
    must(await seen(record));
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'asked for' }));
    expect(drawn()).toEqual([0, 0]);
    expect(codeOf(await seen(record))).toBe('RECORD_DESTROYED');
    const said = JSON.stringify([rig.at.ledger.facts, await rig.outbox()]);
    const held = (what: Buffer | string): boolean => said.includes(String(what)) || filesHold(rig.folder, what);
    expect([held(text), held(shown.subarray(2_000, 2_064))]).toEqual([false, false]);
    // What is looked for would be found.
    writeFileSync(join(rig.folder, 'planted'), shown);
    expect(held(shown.subarray(2_000, 2_064))).toBe(true);
  }, 60_000);

  it('by whom one reads, cannot be told from the answer to whom there is no such record', async () => {
    const record = await rig.put();
    const answers = [await seen(record), await seen('rec-0000000000000000')];
    const told = answers.map((one) => JSON.stringify(one).replace(/rec-[0-9a-z]+/g, 'rec'));
    expect(told[0]).toBe(told[1]);
    expect(codeOf(await rig.at.vault.view(look(record)))).toBe('RECORD_NOT_SEEN');
  });
});
function filesHold(folder: string, what: Buffer | string): boolean {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.some(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(what));
}

describe('the key of the hidden mark', () => {
  it('lies with the keys, wrapped, and does not open with another root key', async () => {
    const file = join(rig.folder, 'keys', 'mark.key');
    const before = readFileSync(file);
    await rig.restart();
    expect(readFileSync(file)).toEqual(before);
    await rig.at.vault.stop();
    const changed = Buffer.from(before);
    changed[20]! ^= 1;
    writeFileSync(file, changed);
    await rig.at.vault.start();
    expect(rig.at.vault.status().gate).toMatchObject({
      is: 'closed',
      why: { is: 'broken', fault: expect.stringContaining('does not belong to this root key') as string },
    });
    await rig.at.vault.stop();
    writeFileSync(file, before);
    await rig.at.vault.start();
  });
});
