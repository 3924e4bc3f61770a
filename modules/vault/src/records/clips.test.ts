/** Clips of cameras: taken only as what they are and where they end by themselves, seen in pieces, gone when their time is over. */
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { RECORD_MAX_BYTES, type ConsentDraft, type RecordDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { createCanvas, likeness } from '@cityward/pictures/testing';
import { fetchAs, openDoor, openPage } from '../lease/testing-views.ts';
import { retentionLaw } from '../law/classes.ts';
import { BEN, codeOf, consentTo, keysInTheClear, must, NOW, OFFICER, person, recordOf } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { CAMERA, clipOf, mp4, webm } from './testing-clips.ts';

const rig = useVault();
const retention = retentionLaw();
const LONG_BYTES = 100_000;
beforeEach(() => rig.restart({ retention }));

const put = (draft: RecordDraft) => rig.at.vault.put(draft, OFFICER);
const letSee = async (rights: ConsentDraft['rights'] = ['view', 'text']): Promise<void> =>
  void must(
    await rig.at.vault.give(
      consentTo(BEN, { subject: CAMERA, rights, scope: { of: 'categories', categories: ['street-camera'] } }),
      OFFICER,
    ),
  );

describe('a clip', () => {
  it('is refused where it is something else, too long, or nothing says when it ends; and leaves nothing', async () => {
    const refused: readonly (readonly [string, RecordDraft])[] = [
      ['RECORD_NOT_AS_SAID', clipOf(Buffer.from('<html>no film</html>'))],
      ['RECORD_NOT_AS_SAID', clipOf(mp4(4_000, 'heic'))],
      ['RECORD_NOT_AS_SAID', clipOf(mp4(4_000).subarray(0, 24))],
      ['RECORD_NOT_AS_SAID', clipOf(webm())],
      ['RECORD_NOT_AS_SAID', clipOf(mp4(), { media: 'video/webm' })],
      ['RECORD_NOT_AS_SAID', clipOf(webm('matroska'), { media: 'video/webm' })],
      ['RECORD_TOO_LARGE', clipOf(mp4(RECORD_MAX_BYTES + 1))],
      ['CLIP_WITHOUT_END', clipOf(mp4(), { category: 'library' })],
      ['CLIP_WITHOUT_END', clipOf(mp4(), { category: 'blood-tests' })],
    ];
    for (const [code, draft] of refused) {
      expect(codeOf(await put(draft))).toBe(code);
      const inBulk = code === 'RECORD_TOO_LARGE' ? 'BULK_TOO_LARGE' : code;
      expect(codeOf(await rig.at.vault.putMany([recordOf(), draft], OFFICER))).toBe(inBulk);
    }
    expect(await rig.at.vault.records(CAMERA)).toEqual([]);
    expect(await keysInTheClear(join(rig.folder, 'keys'))).toHaveLength(1); // the root's
  });

  it('is seen in pieces, whole, by whom a consent lets have it, and never as pictures', async () => {
    const film = mp4(LONG_BYTES);
    const { record } = must(await put(clipOf(film)));
    must(await put(clipOf(webm(), { media: 'video/webm' })));
    const door = await openDoor(rig.at.vault);
    try {
      const wish = { record, purpose: 'TREAT' };
      await expect(openPage(door, wish, fetchAs(BEN))).rejects.toMatchObject({ code: 'RECORD_NOT_SEEN' });
      await letSee();
      const page = await openPage(door, wish, fetchAs(BEN));
      expect(page.media).toBe('video/mp4');
      expect(Buffer.from(await page.page(0)).equals(film)).toBe(true);
      await page.close();
      await expect(openPage(door, { ...wish, as: 'pictures' }, fetchAs(BEN))).rejects.toMatchObject({
        code: 'CLIP_NOT_DRAWN',
      });
    } finally {
      await door.listener.stop();
    }
  });

  it('as Motion JPEG is looked at still by still with marks by whom a consent lets look alone', async () => {
    const frame = (colour: string): Buffer => {
      const canvas = createCanvas(64, 48);
      const pen = canvas.getContext('2d');
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 64, 48);
      return canvas.toBuffer('image/jpeg');
    };
    const film = Buffer.concat(['black', 'white', 'black'].map(frame));
    const { record } = must(await put(clipOf(film, { media: 'video/x-motion-jpeg' })));
    await letSee(['view']);
    const door = await openDoor(rig.at.vault);
    try {
      const wish = { record, purpose: 'TREAT' } as const;
      await expect(openPage(door, wish, fetchAs(BEN))).rejects.toMatchObject({ code: 'RECORD_NOT_SEEN' });
      const page = await openPage(door, { ...wish, as: 'pictures' }, fetchAs(BEN));
      expect([page.media, page.pages]).toEqual(['image/jpeg', 3]);
      const stills = await Promise.all([0, 1, 2].map(async (at) => Buffer.from(await page.page(at))));
      for (const still of stills) expect(still.includes(film.subarray(0, 200))).toBe(false);
      expect(await likeness(stills[0]!, stills[2]!)).toBeGreaterThan(await likeness(stills[0]!, stills[1]!));
      await page.close();
      const seen = (page: number) =>
        rig.at.vault.picture({ look: { ...wish, principal: person(BEN) }, page, session: 'ses-ben' });
      const { jpeg } = must(await seen(2));
      expect(must(await rig.at.vault.trace(jpeg, OFFICER))).toMatchObject({
        copies: [{ record, person: BEN, session: 'ses-ben' }],
      });
      expect(codeOf(await seen(4))).toBe('NO_SUCH_PAGE');
    } finally {
      await door.listener.stop();
    }
  }, 60_000);

  it('is a row of the copy register, and is destroyed when the time of its class is over', async () => {
    const { record } = must(await put(clipOf(mp4())));
    const desk = rig.at.vault.desk();
    const copies = async () => must(await desk.copiesOf(record));
    expect((await copies()).copies.map(({ kind }) => kind)).toContain('primary');
    rig.at.clock.now = NOW + 30 * DAY_MS;
    expect(await desk.tend()).toMatchObject({ destroyed: 0 });
    rig.at.clock.now = NOW + 32 * DAY_MS;
    expect(await desk.tend()).toMatchObject({ destroyed: 1 });
    expect(await copies()).toMatchObject({ category: 'street-camera', state: 'copies-purged' });
  });
});
