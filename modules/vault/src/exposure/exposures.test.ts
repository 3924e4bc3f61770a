/** Whose data was touched, and that each of them is told once. */
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '@cityward/kernel';
import { noticesOf } from '../notices/notices.ts';
import { AROHA, BEN, codeOf, must, NOW, OFFICER, recordOf } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { withExposures } from './told.ts';

const rig = useVault();
const HEMI = 'sub-hemi';
const TEXT = 'Two cameras at the quay were taken over for an hour. Nothing shows that anybody used what they held.';
const around = { sources: [] as string[], datasets: [] as string[], from: NOW, to: NOW + HOUR_MS };
const ask = async (change: Partial<typeof around> = {}) =>
  must(await rig.at.vault.exposures.ask({ ...around, ...change }, 'two cameras were taken over', OFFICER));
const peopleOf = async (id: string, after?: string) => must(await rig.at.vault.exposures.people(id, after));

describe('data sets', () => {
  const found = (query: { q?: string; after?: string }) => {
    const { datasets, total } = rig.at.vault.exposures.datasets(query);
    return [datasets.map(({ id, people }) => `${id} ${people}`), total];
  };
  it('are found by name or id, without anybody in them, and how many there are is told of all pages', () => {
    expect(found({ q: 'ARKIN' })).toEqual([['dat-parking 2'], 1]);
    expect(found({ q: 'no such' })).toEqual([[], 0]);
    expect(found({ q: 'dat-parking', after: 'dat-parking' })).toEqual([[], 1]);
    expect(JSON.stringify(rig.at.vault.exposures.datasets({}))).not.toContain(HEMI);
  });
});

describe('whose data', () => {
  it('is that of the people in the datasets behind the devices', async () => {
    const found = await ask({ sources: ['park-1', 'light-1'] });
    expect(found).toMatchObject({ people: 2, told: 0, state: 'asked' });
    expect(found.groups).toHaveLength(1);
    expect(found.groups[0]!.draft).toContain('"Parking", which the city keeps for this: to find free places');
    expect((await peopleOf(found.id)).map(({ subject }) => subject)).toEqual([AROHA, HEMI]);
    expect((await ask({ datasets: ['dat-parking'] })).people).toBe(2);
    expect((await ask({ sources: ['light-1'] })).people).toBe(0);
  });
  it('is that of the people whose records they stored or looked at then, and of nobody else', async () => {
    await rig.put({ subject: HEMI, category: 'notes' });
    const record = await rig.put();
    await rig.give();
    rig.at.clock.now = NOW + 10;
    await rig.seen(record);
    must(await rig.at.vault.put(recordOf('late', { subject: HEMI, category: 'x-rays' }), 'svc-lab'));
    const waysOf = async (change: Partial<typeof around>) => {
      const people = await peopleOf((await ask(change)).id);
      return people.map(({ subject, touches }) => [
        subject,
        touches.map((one) => (one.of === 'dataset' ? one.dataset : `${one.of} ${one.category}`)),
      ]);
    };
    // Without sources: whatever was done in the time.
    expect(await waysOf({})).toEqual([
      [AROHA, ['stored blood-tests', 'viewed blood-tests']],
      [HEMI, ['stored notes', 'stored x-rays']],
    ]);
    expect(await waysOf({ sources: ['svc-lab'] })).toEqual([[HEMI, ['stored x-rays']]]);
    expect(await waysOf({ sources: [BEN] })).toEqual([[AROHA, ['viewed blood-tests']]]);
    expect(await waysOf({ from: NOW + 11 })).toEqual([]);
    // Who is touched in one way and who in another have drafts of their own.
    expect((await ask()).groups.map(({ people }) => people)).toEqual([1, 1]);
  });
  it.each([
    ['DATASET_UNKNOWN', { datasets: ['dat-none'] }],
    ['TIMES_TURNED', { from: NOW + 1, to: NOW }],
  ])('is refused by %s', async (code, change) => {
    expect(codeOf(await rig.at.vault.exposures.ask({ ...around, ...change }, 'x', OFFICER))).toBe(code);
    expect(await rig.at.vault.exposures.list()).toEqual([]);
  });
});

describe('telling them', () => {
  const toldOf = async (): Promise<string[]> =>
    (await rig.outbox()).filter(({ type }) => type === 'data.exposed').map(({ subject }) => subject);

  it('puts it among who looked, for each of them once', async () => {
    const { id } = await ask({ sources: ['park-1'] });
    expect(await toldOf()).toEqual([]);
    const told = must(await rig.at.vault.exposures.tell(id, TEXT, OFFICER));
    expect(told).toMatchObject({ state: 'told', people: 2, told: 2 });
    expect(await toldOf()).toEqual([AROHA, HEMI]);
    const notices = await noticesOf(rig.sql, AROHA, rig.at.clock.now);
    expect(notices).toMatchObject([{ kind: 'exposed', about: { exposure: id }, readAt: null }]);
    // What is kept of it for each person are ids; they read the words, and what of theirs it was.
    expect(JSON.stringify(notices)).not.toContain('quay');
    const [read] = await withExposures(rig.sql, AROHA, notices);
    expect(read!.about).toEqual({
      ...{ exposure: id, text: TEXT, from: NOW, to: NOW + HOUR_MS },
      ...{ stored: [], viewed: [], exported: [], datasets: ['Parking'] },
    });
    // Asked twice it is told once; with other words it is refused.
    must(await rig.at.vault.exposures.tell(id, TEXT, OFFICER));
    expect(codeOf(await rig.at.vault.exposures.tell(id, `${TEXT}!`, OFFICER))).toBe('EXPOSURE_TOLD');
    expect(codeOf(await rig.at.vault.exposures.tell('exp-none', TEXT, OFFICER))).toBe('EXPOSURE_UNKNOWN');
    expect(await toldOf()).toHaveLength(2);
    expect(await noticesOf(rig.sql, HEMI, rig.at.clock.now)).toHaveLength(1);
  });
  it('goes on after a stop', async () => {
    const { id } = await ask({ sources: ['park-1'] });
    // The first transaction says that they are to be told; SQL is gone before the next.
    let writes = 0;
    await rig.restartOver({
      ...rig.sql,
      transact: (work) => (++writes > 1 ? Promise.reject(new Error('SQL is gone')) : rig.sql.transact(work)),
    });
    writes = 0;
    await expect(rig.at.vault.exposures.tell(id, TEXT, OFFICER)).rejects.toThrow('SQL is gone');
    expect(await toldOf()).toEqual([]);
    await rig.restart();
    await expect.poll(async () => (await rig.at.vault.exposures.list())[0]?.state, { timeout: 30_000 }).toBe('told');
    expect(await toldOf()).toEqual([AROHA, HEMI]);
  });
});
