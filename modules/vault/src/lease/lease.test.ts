/** Records open on pages, by the program that a browser runs: seen in pieces, dark when the reason ends. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { AROHA, BEN, CAT, consentTo, HARBOUR, must, NOW, OFFICER, person, TEXT } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { ViewRefused } from './client.ts';
import { VIEWS_PER_PERSON_MAX } from './limits.ts';
import { fetchAs, openDoor, openPage, type TestDoor } from './testing-views.ts';

const rig = useVault();
let door: TestDoor;
let stoppedAt: number | null;
beforeEach(async () => {
  // The city's clock goes on, and is not this machine's.
  const began = performance.now();
  stoppedAt = null;
  Object.defineProperty(rig.at.clock, 'now', {
    get: () => stoppedAt ?? NOW + Math.trunc(performance.now() - began),
  });
  door = await openDoor(rig.at.vault);
});
afterEach(() => door.listener.stop());

const treat = (record: string) => ({ record, purpose: 'TREAT' });
const open = (record: string, call = fetchAs(BEN)) => openPage(door, treat(record), call);
const codeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'done',
    (fault: unknown) => (fault instanceof ViewRefused ? fault.code : String(fault)),
  );
const textIn = (content: Uint8Array): string => (JSON.parse(Buffer.from(content).toString()) as { text: string }).text;

/** A lease has to end, however busy the machine is. */
const PATIENT_MS = 120_000;

describe('a record open on a page', () => {
  it('is seen by whom its owner lets see it, whole, however long', async () => {
    const long = TEXT.repeat(4_000);
    const record = await rig.put({}, long);
    expect(await codeOf(open(record))).toBe('RECORD_NOT_SEEN');
    const consent = await rig.give();
    const page = await open(record);
    expect([page.media, page.pages]).toEqual(['application/fhir+json', 1]);
    expect(textIn(await page.page(0))).toBe(long);
    expect(await codeOf(page.page(1))).toBe('PIECE_UNKNOWN');
    expect(rig.at.ledger.of('record.viewed').map(({ data }) => data)).toEqual([
      { record, purpose: 'TREAT', version: 1, consent },
    ]);
    await page.close();
    expect([await page.dark, rig.at.vault.status().openViews]).toEqual(['closed', 0]);
  });

  it('goes dark with the consent that it was handed on from, and with the post that it was for', async () => {
    const at = { organisation: HARBOUR, role: 'doctor' } as const;
    for (const who of [BEN, CAT]) rig.at.posts.set(who, [at]);
    const record = await rig.put();
    const consent = await rig.give({ ...at, depth: 1, refrains: [] });
    const { from, until, scope } = consentTo(CAT);
    const draft = { person: CAT, scope, rights: ['text' as const], from, until, uses: null, refrains: [] };
    must(await rig.at.vault.grants.handOn(consent, draft, BEN));
    const [his, hers] = [await open(record), await open(record, fetchAs(CAT))];
    rig.at.posts.set(BEN, []);
    rig.at.vault.postsChanged();
    expect([await his.dark, await hers.dark]).toEqual(['told', 'told']);
    rig.at.posts.set(BEN, [at]);
    const again = await open(record, fetchAs(CAT));
    must(await rig.at.vault.takeBack(consent, AROHA));
    expect(await again.dark).toBe('told');
  });

  it('goes dark when its owner takes the consent back', async () => {
    const record = await rig.put();
    const consent = await rig.give();
    const [page, own] = [await open(record), await openPage(door, { record }, fetchAs(AROHA))];
    must(await rig.at.vault.takeBack(consent, AROHA));
    expect(await page.dark).toBe('told');
    expect(await codeOf(page.page(0))).toBe('VIEW_OVER');
    expect(textIn(await own.page(0))).toBe(TEXT);
    await own.close();
  });

  it.each([
    ['destroyed', async (record: string) => must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'asked' }))],
    ['signed out of', () => rig.at.vault.endSignIn(`${BEN}.first`)],
  ])('goes dark when it is %s', async (_what, end) => {
    const record = await rig.put();
    await rig.give();
    const page = await open(record);
    await end(record);
    expect(await page.dark).toBe('told');
  });

  it('goes dark when its consent ends, without anybody saying so', async () => {
    const record = await rig.put();
    await rig.give({ until: NOW + DAY_MS });
    stoppedAt = NOW + DAY_MS - 1_000;
    const page = await open(record);
    stoppedAt = NOW + DAY_MS;
    expect(['told', 'unheard']).toContain(await page.dark);
    expect(await codeOf(open(record))).toBe('RECORD_NOT_SEEN');
  });

  it(
    'goes dark by itself when it does not hear from the city',
    async () => {
      const record = await rig.put();
      await rig.give({ until: NOW + DAY_MS });
      let isCut = false;
      const call = fetchAs(BEN, 'first', (...given) =>
        isCut ? Promise.reject(new Error('cut off')) : fetch(...given),
      );
      stoppedAt = NOW + DAY_MS - 1_000;
      const page = await open(record, call);
      isCut = true;
      expect(await page.dark).toBe('unheard');
      expect(await codeOf(page.page(0))).toBe('VIEW_OVER');
    },
    PATIENT_MS,
  );

  it(
    'is kept open by leases on its stream, where it cannot ask for them',
    async () => {
      const record = await rig.put();
      const consent = await rig.give();
      let heard = '';
      const call = fetchAs(BEN, 'first', async (where, init) => {
        if ((where as string).endsWith('/lease')) throw new Error('cut off');
        const response = await fetch(where, init);
        if (!(where as string).endsWith('/dark')) return response;
        const listening = new TransformStream<Uint8Array, Uint8Array>({
          transform: (bytes, onwards) => {
            heard += Buffer.from(bytes).toString();
            onwards.enqueue(bytes);
          },
        });
        return new Response(response.body!.pipeThrough(listening), response);
      });
      const page = await open(record, call);
      const leases = () => heard.split('event: lease').length - 1;
      while (leases() < 1) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(textIn(await page.page(0))).toBe(TEXT);
      must(await rig.at.vault.takeBack(consent, AROHA));
      expect(await page.dark).toBe('told');
    },
    PATIENT_MS,
  );

  it(
    'goes dark with its sign-in, though nobody says that it has ended',
    async () => {
      let isOver = false;
      await rig.restart({ principalNow: () => (isOver ? null : person(BEN)) });
      await door.listener.stop();
      door = await openDoor(rig.at.vault);
      const record = await rig.put();
      await rig.give();
      const page = await open(record);
      isOver = true;
      expect(await page.dark).toBe('told');
    },
    PATIENT_MS,
  );

  it('is open as often as one person may have records open, and no more', async () => {
    const record = await rig.put();
    await rig.give();
    const pages = await Promise.all(Array.from({ length: VIEWS_PER_PERSON_MAX }, () => open(record)));
    expect(await codeOf(open(record))).toBe('VIEWS_FULL');
    await pages[0]!.close();
    const again = await open(record);
    for (const page of [...pages.slice(1), again]) await page.close();
    expect(rig.at.vault.status().openViews).toBe(0);
  });
});
